import { LifeboatError } from '../../base/errors.ts'
import { quote, sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { formatLsn, type Lsn, parseLsn } from '../../postgres/lsn.ts'
import { parseMoment } from '../../postgres/moment.ts'
import { CANNOT, type FetchRequest, fetchScript } from './fetch-script.ts'
import { READING_PROGRAM } from './reading-program.ts'
import { type Seek, sortableLsn } from './seek.ts'
import type { SegmentSource } from './segment-source.ts'

/** A transaction's end or another record at which recovery can stop. */
export interface WalMark {
  readonly lsn: Lsn
  readonly kind: 'commit' | 'abort' | 'point' | 'record'
  readonly xid: number | undefined
  /** Microseconds since 1970-01-01 UTC. */
  readonly at: bigint | undefined
}

export interface ReadSegment {
  readonly source: SegmentSource
  /** Bytes after unpacking. */
  readonly size: number
  /** The first bytes, as many as there are up to the length of the long page header. */
  readonly header: Buffer
  /** Why it could not be unpacked; undefined where it could. */
  readonly unreadable: string | undefined
}

/** A database that was made by copying the folder of another one; both by their OIDs. */
export interface DatabaseCopy {
  readonly lsn: Lsn
  readonly template: number
  readonly database: number
}

/** What reading a piece of WAL brought to light. */
export interface Reading {
  readonly segments: readonly ReadSegment[]
  /** Position of the last record that was read whole. */
  readonly last: Lsn | undefined
  readonly records: number
  readonly latestCommit: WalMark | undefined
  readonly early: WalMark | undefined
  readonly found: WalMark | undefined
  readonly restorePoints: readonly { readonly lsn: Lsn; readonly name: string }[]
  readonly tablespaces: readonly { readonly lsn: Lsn; readonly oid: number; readonly path: string }[]
  /** Databases that were made by copying files: replay copies them again, from a template as it is then (trap B18). */
  readonly copies: readonly DatabaseCopy[]
  /** Highest value of each setting of the primary that replay demands as well (trap R15), of those that it changed. */
  readonly needs: Readonly<Record<string, number>>
  /** Methods by which full pages in it are compressed; empty unless asked for. */
  readonly images: readonly string[]
  /** What pg_waldump said when it could not go on; undefined when it came to the end. */
  readonly complaint: string | undefined
}

/** Its segments are in order, without gaps. */
export interface ReadRequest extends FetchRequest {
  readonly binDirectory: string
  /** A record begins here. */
  readonly from: Lsn
  /** Nothing at or behind it is read. */
  readonly to: Lsn
  readonly seek?: Seek | undefined
  /** Whether it is looked how full pages are compressed, which takes longer. */
  readonly images?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a piece of WAL with the server's own pg_waldump: unpacks its segments into a folder that is removed again, all
 * under names of one timeline so that a record may cross a switch, and gives back what is known of them.
 *
 * @throws restore/no-space when the spool does not fit, restore/cannot-read-wal when the host lacks a program,
 *   archive/unreachable when the repository host cannot be reached
 */
export const readSegments = async (session: Session, request: ReadRequest): Promise<Reading> => {
  const result = await session.run(readScript(request), { signal: request.signal })
  request.access.check(result)
  if (result.status !== 0) throw failure(session, result.stderr.trim())
  return parseReading(result.stdout, request.segments)
}

const readScript = (request: ReadRequest): string => {
  const { timeline, seek, binDirectory } = request
  const dump = [
    `${binDirectory}/pg_waldump`,
    '-t',
    timeline,
    '-s',
    formatLsn(request.from),
    '-e',
    formatLsn(request.to),
    ...(request.images ? ['-b'] : []),
  ]
  return `umask 077
LC_ALL=C TZ=UTC; export LC_ALL TZ
base=\${TMPDIR:-/var/tmp}; [ -d "$base" ] && [ -w "$base" ] || base=/tmp
for old in "$base"/lifeboat-chain.*; do
  [ ! -f "$old/pid" ] || kill -0 "$(cat "$old/pid")" 2>/dev/null || rm -rf "$old" 2>/dev/null
done
spool=$(mktemp -d "$base/lifeboat-chain.XXXXXX") || exit ${CANNOT}
trap 'rm -rf "$spool"' EXIT
trap 'exit 143' HUP INT TERM
echo $$ > "$spool/pid" && mkdir "$spool/wal" || exit ${CANNOT}
fail() { cat "$spool/error" >&2; exit ${CANNOT}; }
${fetchScript(request)}
export SEEK_KIND=${quote(seek?.kind ?? '')} SEEK_VALUE=${quote(seek?.value ?? '')}
export SEEK_INCLUSIVE=${seek?.inclusive === false ? 'off' : 'on'} SEEK_FROM=${sortableLsn(seek?.from ?? 0n)}
{ ${sh`${dump}`.text} -p "$spool/wal" 2> "$spool/error"; echo $? > "$spool/status"; } | ${sh`awk ${READING_PROGRAM}`.text} || fail
read -r status < "$spool/status"
case $status in
0) ;;
126 | 127) fail ;;
*) echo "complaint $(tr '\\n' ' ' < "$spool/error")" ;;
esac
exit 0
`
}

const failure = (session: Session, message: string): LifeboatError =>
  /no space/i.test(message)
    ? new LifeboatError('restore/no-space', 'there is no space to unpack WAL for reading it', {
        hints: [message, 'about 256 MB are needed in TMPDIR or /var/tmp'],
      })
    : new LifeboatError('restore/cannot-read-wal', `${session.user} cannot read WAL on this host: ${message}`, {
        hints: ['pg_waldump of the same major version, awk and the program that unpacks the archive are needed'],
      })

const parseReading = (output: string, sources: readonly SegmentSource[]): Reading => {
  const lines = output.split('\n').map((line): [string, string] => {
    const space = line.indexOf(' ')
    return [line.slice(0, space), line.slice(space + 1)]
  })
  const of = (word: string): string[] => lines.filter(([first]) => first === word).map(([, rest]) => rest)
  const one = (word: string): string | undefined => of(word).at(0)
  const last = one('last')
  const commit = one('commit')?.replace(/^(\S+) /, '$1 commit ')
  return {
    segments: of('segment').flatMap((text, index) => {
      const source = sources[index]
      return source ? [parseSegmentLine(text, source)] : []
    }),
    last: last === undefined ? undefined : parseLsn(last),
    records: Number(one('records') ?? 0),
    latestCommit: parseMark(commit),
    early: parseMark(one('early')),
    found: parseMark(one('found')),
    restorePoints: of('point').map((text) => {
      const [lsn = '', name = ''] = divide(text)
      return { lsn: parseLsn(lsn), name }
    }),
    tablespaces: of('space').map((text) => {
      const [lsn = '', rest = ''] = divide(text)
      const [oid = '', path = ''] = divide(rest)
      return { lsn: parseLsn(lsn), oid: Number(oid), path }
    }),
    copies: of('copy').map((text) => {
      const [lsn = '', template, database] = text.split(' ')
      return { lsn: parseLsn(lsn), template: Number(template), database: Number(database) }
    }),
    needs: highest(
      of('need').flatMap((text) =>
        [...text.matchAll(/(max_\w+)=(\d+)/g)].map(([, name = '', value]) => [name, Number(value)] as const),
      ),
    ),
    images: of('image'),
    complaint: one('complaint')?.trim(),
  }
}

/** The highest value of each name. */
export const highest = (values: readonly (readonly [string, number])[]): Readonly<Record<string, number>> => {
  const best = new Map<string, number>()
  for (const [name, value] of values) best.set(name, Math.max(value, best.get(name) ?? 0))
  return Object.fromEntries(best)
}

const divide = (text: string): [string, string] => {
  const space = text.indexOf(' ')
  return [text.slice(0, space), text.slice(space + 1)]
}

const parseSegmentLine = (text: string, source: SegmentSource): ReadSegment => {
  const [size = '', rest = ''] = divide(text)
  const [header = '', complaint = ''] = divide(rest)
  return {
    source,
    size: Number(size),
    header: Buffer.from(header.slice(1), 'hex'),
    unreadable: complaint === '-' ? undefined : complaint,
  }
}

const parseMark = (text: string | undefined): WalMark | undefined => {
  const match = /^(\S+) (commit|abort|point|record) (\d+) (.*)$/.exec(text ?? '')
  if (!match) return undefined
  const xid = Number(match[3])
  return {
    lsn: parseLsn(match[1] ?? ''),
    kind: match[2] as WalMark['kind'],
    xid: xid === 0 ? undefined : xid,
    at: match[4] === '-' ? undefined : parseMoment(`${match[4]}Z`),
  }
}
