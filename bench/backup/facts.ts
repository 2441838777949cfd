import { readFileSync } from 'node:fs'
import { formatSize } from '../../src/base/size.ts'
import { shell, sql } from '../host.ts'
import { machineFacts } from '../machine.ts'
import { clusterSize } from './cluster.ts'
import type { Stage } from './stage.ts'

const VERSIONS = `for name in pgbackrest barman zstd lz4 gzip; do
  command -v "$name" > /dev/null || continue
  dpkg-query -W -f '\${Package} \${Version}\\n' "$name"
done`

/** What a reader must know of the machine and the programs to judge the figures, a line each. */
export const readFacts = async (stage: Stage): Promise<readonly string[]> => {
  const { db, options } = stage
  const postgres = await sql(db, 'SHOW server_version')
  const durable = await sql(
    db,
    "SELECT string_agg(name || ' ' || setting, ', ' ORDER BY name) FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')",
  )
  const programs = (await shell(db, VERSIONS)).split('\n').join(', ')
  return [
    ...(await machineFacts()),
    `PostgreSQL ${postgres}, ${durable}; ${programs}`,
    await fileSystem(stage),
    `cluster: pgbench at ${options.sizeWords}, ${formatSize(await clusterSize(stage))} without WAL; all of it in the page cache`,
    `bursts of ${options.segments} segments of ${await sql(db, 'SHOW wal_segment_size')}; ${options.best ? 'best' : 'median'} of ${options.rounds}`,
  ]
}

const fileSystem = async ({ fleet }: Stage): Promise<string> => {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
  const below = mounts.filter(([, path = '']) => fleet.sharedFolder.startsWith(path))
  const [device, , type] = below.toSorted((a, b) => (b[1]?.length ?? 0) - (a[1]?.length ?? 0))[0] ?? []
  return `${type} on ${device}`
}
