import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { ControlData } from '../../postgres/control-data.ts'
import type { Cluster } from '../locate.ts'

/** What pg_checksums found in the files of a cluster. */
export interface PageChecksums {
  readonly checked: boolean
  readonly files: number | null
  readonly blocks: number | null
  readonly bad: number | null
  /** Blocks with a wrong checksum in the words of pg_checksums, the first twenty. */
  readonly problems: readonly string[]
  /** Why nothing was checked. */
  readonly why: string | null
}

/**
 * Reads all pages of a cluster and compares their checksums. pg_checksums does so only where the server was shut down:
 * under a running one half of a page may be on its way to the disk.
 *
 * @param session of the cluster's owner
 */
export const checkPages = async (
  session: Session,
  { binDirectory, dataDirectory, running }: Cluster,
  { checksums, state }: ControlData,
  signal?: AbortSignal,
): Promise<PageChecksums> => {
  const why = running
    ? 'the server runs; pg_checksums needs it shut down'
    : !checksums
      ? 'the cluster has no data checksums'
      : state === 'shut down' || state === 'shut down in recovery'
        ? null
        : `the server was not shut down cleanly, its state is "${state}"`
  if (why !== null) return { checked: false, files: null, blocks: null, bad: null, problems: [], why }
  const { status, stdout, stderr } = await session.run(
    sh`LC_ALL=C ${`${binDirectory}/pg_checksums`} --check -D ${dataDirectory}`.text,
    { signal },
  )
  const count = (name: string): number | null => {
    const found = new RegExp(`^${name}: +(\\d+)$`, 'm').exec(stdout)?.[1]
    return found === undefined ? null : Number(found)
  }
  const problems = messages(stderr)
  return {
    checked: count('Bad checksums') !== null,
    files: count('Files scanned'),
    blocks: count('Blocks scanned'),
    bad: count('Bad checksums'),
    problems: status === 0 ? [] : problems.slice(0, 20),
    why: null,
  }
}

const messages = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^\S*pg_checksums: (error|warning): /, ''))
