import type { Session } from '../../host/connection.ts'
import type { Lsn } from '../../postgres/lsn.ts'
import { lsnOfSegment, segmentBeforeLsn, segmentOfLsn } from '../../postgres/wal-segment.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import { type ChainProblem, checkSegment, placeOfComplaint, wordsOfComplaint } from './problem.ts'
import { type ProvenMemory, readingOf } from './proven-pieces.ts'
import { highest, type Reading, readSegments, type WalMark } from './read-segments.ts'
import type { Seek } from './seek.ts'
import type { SegmentSource } from './segment-source.ts'
import type { WalRoute } from './wal-route.ts'

export interface ChainRequest {
  /** To the archive. */
  readonly access: RepositoryAccess
  readonly binDirectory: string
  readonly systemIdentifier: string
  readonly route: WalRoute
  /** Where the first record begins: the start of the backup. */
  readonly from: Lsn
  /** A record to look for; reading ends when it is found. */
  readonly seek?: Seek | undefined
  /** Reading ends when all before it was read. */
  readonly until?: Lsn | undefined
  /** Nothing at or behind it is read: a fork beyond which several futures lie. */
  readonly limit?: Lsn | undefined
  /** What was proven before and need not be read again; of no use with a record to look for or a limit. */
  readonly memory?: ProvenMemory | undefined
  /** Whether it is looked how full pages are compressed. */
  readonly images?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Called after each piece with the segments that were read and those on the whole way. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** What is proven of a chain of WAL: that recovery can read every record from its start to `last`. */
export interface ChainProof {
  readonly from: Lsn
  /** Position of the last record that is whole; undefined where not even the first is. */
  readonly last: Lsn | undefined
  /** Every byte before it was read and is good; a record that was only begun may stand at its end. */
  readonly readTo: Lsn
  /** Segments that were read, and their names at both ends. */
  readonly segments: number
  /** How many of them were not read this time, for their proof was remembered. */
  readonly recalled: number
  readonly firstSegment: string | undefined
  readonly lastSegment: string | undefined
  readonly latestCommit: WalMark | undefined
  /** What was sought, and where it stands before the backup's end, from which it cannot be reached. */
  readonly found: WalMark | undefined
  readonly early: WalMark | undefined
  readonly restorePoints: Reading['restorePoints']
  /** Tablespaces that replay would create, at the very paths in the WAL (trap R25). */
  readonly tablespaces: Reading['tablespaces']
  readonly copies: Reading['copies']
  /** Highest value of each setting that the WAL demands of the server that replays it (trap R15). */
  readonly needs: Reading['needs']
  /** Methods by which full pages are compressed; empty unless asked for (trap R38). */
  readonly images: readonly string[]
  /** Why the chain ends before its end. */
  readonly problem: ChainProblem | undefined
}

const BATCH_BYTES = 256 * 1024 * 1024

/**
 * Proves a chain of WAL with pg_waldump, in pieces that bound the space and the time of each: every segment is there,
 * has its full size, was written by this cluster, and every record follows on the one before (traps R1, R3, R4).
 * WAL that lies only in `pg_wal` may end anywhere; archived WAL may end only with the newest segment.
 */
export const proveChain = async (session: Session, request: ChainRequest): Promise<ChainProof> => {
  const { route, limit, seek } = request
  const size = route.segmentSize
  const batch = BigInt(Math.max(2, Math.floor(BATCH_BYTES / size)))
  const memory = seek === undefined && limit === undefined ? request.memory : undefined
  const end = limit === undefined ? undefined : segmentOfLsn(limit - 1n, size)
  let proof = emptyProof(request.from)
  let from = request.from
  let next = segmentOfLsn(from, size)
  const begin = next
  for (;;) {
    // Pieces end at the same segments wherever the chain begins, so that what was proven from elsewhere fits.
    const piece = takePiece(route, segmentOfLsn(from, size), (next / batch + 1n) * batch, end)
    const known = recallPiece(memory, from, piece.segments, next, size)
    const segments = known?.segments ?? piece.segments
    const newest = segments.at(-1)
    if (newest === undefined || newest.number < next) return { ...proof, problem: piece.problem }
    const read = known?.read ?? (await readPiece(session, request, segments, from))
    if (!known && !read.ended && read.reading) memory?.remember(from, segments, read.reading)
    const before = proof.segments
    proof = extend(proof, read, route, next)
    if (known) proof = { ...proof, recalled: proof.recalled + proof.segments - before }
    const total = Number((route.lastArchived ?? newest.number) - begin) + 1
    request.onProgress?.(proof.segments, Math.max(proof.segments, total))
    if (proof.found !== undefined) return proof
    if (request.until !== undefined && proof.readTo >= request.until) return { ...proof, problem: read.problem }
    if (read.ended) return { ...proof, problem: read.problem }
    from = proof.last ?? from
    next = newest.number + 1n
  }
}

/** A piece that was proven before, where it leads on beyond what is proven now. */
const recallPiece = (
  memory: ProvenMemory | undefined,
  from: Lsn,
  segments: readonly SegmentSource[],
  next: bigint,
  segmentSize: number,
): { readonly segments: readonly SegmentSource[]; readonly read: PieceRead } | undefined => {
  const piece = memory?.recall(from, segments)
  const proven = segments.slice(0, piece?.segments)
  const newest = proven.at(-1)
  if (!piece || newest === undefined || newest.number < next) return undefined
  const readTo = lsnOfSegment(newest.number + 1n, segmentSize)
  return { segments: proven, read: { reading: readingOf(piece), problem: undefined, ended: false, readTo } }
}

/** The segments from one number up to, and without, another, as far as they are there. */
const takePiece = (
  route: WalRoute,
  first: bigint,
  stop: bigint,
  end: bigint | undefined,
): { segments: SegmentSource[]; problem: ChainProblem | undefined } => {
  const segments: SegmentSource[] = []
  for (let number = first; number < stop && (end === undefined || number <= end); number++) {
    const source = route.at(number)
    if (source) segments.push(source)
    else {
      const later = route.lastArchived !== undefined && number < route.lastArchived
      return { segments, problem: later || number === first ? missing(route, number) : undefined }
    }
  }
  return { segments, problem: undefined }
}

const missing = (route: WalRoute, number: bigint): ChainProblem => ({
  kind: 'missing',
  segment: route.nameOf(number),
  number,
  lsn: lsnOfSegment(number, route.segmentSize),
  message: 'it is not in the archive',
})

interface PieceRead {
  readonly reading: Reading | undefined
  readonly problem: ChainProblem | undefined
  /** Nothing behind `readTo` can be read. */
  readonly ended: boolean
  readonly readTo: Lsn
}

const readPiece = async (
  session: Session,
  request: ChainRequest,
  segments: readonly SegmentSource[],
  from: Lsn,
): Promise<PieceRead> => {
  const { route, limit } = request
  const read = async (upTo: readonly SegmentSource[]): Promise<PieceRead> => {
    const stop = lsnOfSegment((upTo.at(-1)?.number ?? 0n) + 1n, route.segmentSize)
    const to = limit !== undefined && limit < stop ? limit : stop
    const { timeline, segmentSize } = route
    const reading = await readSegments(session, { ...request, timeline, segmentSize, segments: upTo, from, to })
    return { reading, ...ending(route, reading, from, to) }
  }
  const whole = await read(segments)
  const problems = whole.reading?.segments.map((segment) =>
    checkSegment(segment, { ...request, segmentSize: route.segmentSize }),
  )
  const problem = problems?.find((candidate) => candidate !== undefined)
  if (problem === undefined) return whole
  // What lies before the bad segment still counts: it tells how far a restore can go.
  const good = segments.filter((segment) => segment.number < problem.number)
  const before = good.length > 0 ? await read(good) : undefined
  if (before?.ended) return before
  const natural = endsNaturally(route, problem.number)
  return { reading: before?.reading, problem: natural ? undefined : problem, ended: true, readTo: problem.lsn }
}

/** What the end of a reading means: that of the piece, of the WAL, or a fault in it. */
const ending = (route: WalRoute, reading: Reading, from: Lsn, to: Lsn): Omit<PieceRead, 'reading'> => {
  if (reading.complaint === undefined) return { problem: undefined, ended: false, readTo: to }
  const lsn = placeOfComplaint(reading.complaint, reading.last ?? from, route.segmentSize)
  const number = segmentOfLsn(lsn, route.segmentSize)
  if (endsNaturally(route, number)) return { problem: undefined, ended: true, readTo: lsn }
  const segment = route.at(number)?.name ?? route.nameOf(number)
  const message = wordsOfComplaint(reading.complaint)
  return { problem: { kind: 'corrupt', segment, number, lsn, message }, ended: true, readTo: lsn }
}

/** Whether WAL may end in this segment: it was still being written when its server went, and nothing later is archived. */
const endsNaturally = (route: WalRoute, number: bigint): boolean =>
  route.firstLocal !== undefined &&
  number >= route.firstLocal &&
  (route.lastArchived === undefined || number > route.lastArchived)

const emptyProof = (from: Lsn): ChainProof => ({
  from,
  last: undefined,
  readTo: from,
  segments: 0,
  recalled: 0,
  firstSegment: undefined,
  lastSegment: undefined,
  latestCommit: undefined,
  found: undefined,
  early: undefined,
  restorePoints: [],
  tablespaces: [],
  copies: [],
  needs: {},
  images: [],
  problem: undefined,
})

/** Adds a piece, of which the segments from `fresh` on were not read before. */
const extend = (proof: ChainProof, piece: PieceRead, route: WalRoute, fresh: bigint): ChainProof => {
  const { reading, readTo } = piece
  if (!reading) return { ...proof, readTo }
  const known = new Set(proof.restorePoints.map((point) => point.lsn))
  const spaces = new Set(proof.tablespaces.map((space) => space.lsn))
  const copied = new Set(proof.copies.map((copy) => copy.lsn))
  const newest = segmentBeforeLsn(readTo, route.segmentSize)
  return {
    ...proof,
    last: reading.last ?? proof.last,
    readTo,
    segments: proof.segments + (newest >= fresh ? Number(newest - fresh) + 1 : 0),
    firstSegment: proof.firstSegment ?? route.at(fresh)?.name,
    lastSegment: (newest >= fresh ? route.at(newest)?.name : undefined) ?? proof.lastSegment,
    latestCommit: later(proof.latestCommit, reading.latestCommit),
    found: reading.found,
    early: reading.early ?? proof.early,
    restorePoints: [...proof.restorePoints, ...reading.restorePoints.filter((point) => !known.has(point.lsn))],
    tablespaces: [...proof.tablespaces, ...reading.tablespaces.filter((space) => !spaces.has(space.lsn))],
    copies: [...proof.copies, ...reading.copies.filter((copy) => !copied.has(copy.lsn))],
    needs: highest([...Object.entries(proof.needs), ...Object.entries(reading.needs)]),
    images: [...new Set([...proof.images, ...reading.images])],
  }
}

const later = (a: WalMark | undefined, b: WalMark | undefined): WalMark | undefined =>
  a && b ? ((b.at ?? 0n) > (a.at ?? 0n) ? b : a) : (a ?? b)
