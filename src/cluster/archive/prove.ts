import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { formatLsn, parseLsn } from '../../postgres/lsn.ts'
import { formatSegment, segmentBeforeLsn } from '../../postgres/wal-segment.ts'
import { HELPER_FOLDER_SCRIPT } from '../helper-folder.ts'
import type { Cluster } from '../locate.ts'
import { openAccess, type RepositoryAccess } from '../repository/access.ts'
import type { RepositoryLayout } from '../repository/layout.ts'
import { sql } from '../sql.ts'
import { type ArchiverStatistics, readArchiver } from './archiver.ts'

export interface ArchiveProof {
  /** The segment that was filled, switched and found in the repository. */
  readonly segment: string
  readonly lsn: string
  /** Seconds from the switch until it was there. */
  readonly seconds: number
  /** Its path in the repository, and bytes as stored. */
  readonly path: string
  readonly storedSize: number
  /** It was compared byte by byte with the segment in `pg_wal`; false where the server had recycled that already. */
  readonly compared: boolean
}

export interface ProveOptions {
  readonly layout: RepositoryLayout
  /** Seconds to wait for the segment. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
  /** Called every second or so while waiting. */
  readonly onWait?: ((seconds: number) => void) | undefined
}

/**
 * Proves that archiving works from end to end: writes a little WAL, switches the segment, waits until that very segment
 * is in the repository and fetches it as a restore would: whole, ours, and equal to what is in `pg_wal`.
 *
 * @param session of the cluster's owner
 * @throws archive/not-active, archive/failing, archive/not-in-time, archive/not-whole
 */
export const proveArchiving = async (
  session: Session,
  cluster: Cluster,
  options: ProveOptions,
): Promise<ArchiveProof> => {
  const before = await readArchiver(session, cluster)
  requireActive(before)
  const begin = performance.now()
  const { segment, lsn } = await switchWal(session, cluster, before.wal_segment_size)
  const access = await openAccess(session, options.layout)
  const wal = `${options.layout.place}/wal/${segment.slice(0, 8)}`
  for (;;) {
    const seconds = (performance.now() - begin) / 1000
    const found = await waitForFile(session, access, `${wal}/${segment}`, options.signal)
    if (found) {
      const compared = await fetchWhole(session, cluster, options.layout, segment)
      return { segment, lsn, seconds: (performance.now() - begin) / 1000, ...found, compared }
    }
    const now = await readArchiver(session, cluster)
    if (now.failed_count - before.failed_count >= 2) throw failing(now, segment)
    if (seconds > options.timeout) throw late(now, segment, options)
    options.onWait?.(seconds)
  }
}

const requireActive = (archiver: ArchiverStatistics): void => {
  if (archiver.in_recovery) {
    throw new LifeboatError('archive/not-active', 'this cluster is in recovery: its primary archives the WAL')
  }
  if (archiver.archive_mode !== 'off') return
  const waits = archiver.pending.filter((name) => name === 'archive_mode' || name === 'wal_level')
  throw new LifeboatError('archive/not-active', 'archive_mode is off in the running server', {
    hints: [
      waits.length > 0
        ? `${waits.join(' and ')} wait for a restart: restart the cluster (postgresql_restart)`
        : 'set archiving up first (postgresql_archive, playbook archive.yml)',
    ],
  })
}

/** Writes a message into the WAL, so that there is something to switch even on an idle server, and switches. */
const switchWal = async (
  session: Session,
  cluster: Cluster,
  segmentSize: number,
): Promise<{ segment: string; lsn: string }> => {
  const [written] = await sql(session, cluster).queries([
    `SELECT m.lsn::text AS lsn, left(pg_walfile_name(m.lsn), 8) AS timeline
       FROM pg_logical_emit_message(false, 'lifeboat', 'archive check') AS m(lsn)`,
    'SELECT pg_switch_wal()',
  ])
  const { lsn, timeline } = (written?.rows[0] ?? {}) as { lsn: string; timeline: string }
  // The position is that behind the message, which may be the first byte of the next segment.
  const number = segmentBeforeLsn(parseLsn(lsn), segmentSize)
  const id = Number.parseInt(timeline, 16)
  return { segment: formatSegment({ timeline: id, number }, segmentSize), lsn: formatLsn(parseLsn(lsn)) }
}

/** Waits up to two seconds on the host for a file of the archive under any of its endings. */
const waitForFile = async (
  session: Session,
  access: RepositoryAccess,
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ path: string; storedSize: number } | undefined> => {
  const script = `i=0
while [ $i -lt 20 ]; do
  found=$(${access.find(path.slice(path.lastIndexOf('/') + 1))}) || exit $?
  [ -z "$found" ] || { echo "$found"; exit 0; }
  sleep 0.1 2>/dev/null || { sleep 1; i=$((i + 9)); }
  i=$((i + 1))
done
exit 1
`
  const result = await session.run(script, { signal })
  access.check(result)
  const match = /^(\d+) (\S*)$/m.exec(result.stdout)
  return result.status === 0 && match ? { path: `${path}${match[2]}`, storedSize: Number(match[1]) } : undefined
}

const fetchWhole = async (
  session: Session,
  cluster: Cluster,
  layout: RepositoryLayout,
  segment: string,
): Promise<boolean> => {
  const script = `umask 077
${HELPER_FOLDER_SCRIPT}
scratch=$(mktemp -d) || exit 3
trap 'rm -rf "$scratch"' EXIT
${
  sh`cd ${cluster.dataDirectory} || exit 3
"$helpers/get" ${layout.place} ${segment} "$scratch/segment" || exit 4
`.text
}
[ -f pg_wal/${segment} ] || { echo recycled; exit 0; }
cmp -s "$scratch/segment" pg_wal/${segment} || [ ! -f pg_wal/${segment} ] || exit 5
echo compared
`
  const { status, stdout, stderr } = await session.run(script)
  if (status === 0) return stdout.includes('compared')
  const why = status === 5 ? 'its bytes are not those of the segment in pg_wal' : stderr.trim()
  throw new LifeboatError('archive/not-whole', `${segment} is in the repository and cannot be used: ${why}`, {
    hints: [`look at ${layout.place}/wal; the file must be removed by hand before it can be archived again`],
  })
}

const failing = (archiver: ArchiverStatistics, segment: string): LifeboatError =>
  new LifeboatError(
    'archive/failing',
    `the archiver fails: ${archiver.last_failed_wal} was refused ${archiver.failed_count} times`,
    {
      hints: [`${segment} waits behind it`, "archive_command's own words are in the server's log"],
      data: { segment, last_failed_wal: archiver.last_failed_wal },
    },
  )

const late = (archiver: ArchiverStatistics, segment: string, options: ProveOptions): LifeboatError =>
  new LifeboatError(
    'archive/not-in-time',
    `${segment} is not in ${options.layout.place}/wal after ${options.timeout} s`,
    {
      hints: [
        `the last one that was archived is ${archiver.last_archived_wal ?? 'none'}; ${archiver.ready} wait`,
        archiver.last_failed_wal === null
          ? 'no failure was counted'
          : `the last failure was ${archiver.last_failed_wal}`,
        "see the server's log, and archive_command",
      ],
    },
  )
