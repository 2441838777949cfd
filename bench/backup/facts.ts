import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { $ } from 'zx/core'
import { formatSize } from '../../src/base/size.ts'
import { shell, sql } from '../host.ts'
import { clusterSize } from './cluster.ts'
import type { Stage } from './stage.ts'

const VERSIONS = `for name in pgbackrest barman zstd lz4 gzip; do
  command -v "$name" > /dev/null || continue
  dpkg-query -W -f '\${Package} \${Version}\\n' "$name"
done`

/** What a reader must know of the machine and the programs to judge the figures, a line each. */
export const readFacts = async (stage: Stage): Promise<readonly string[]> => {
  const { db, cores, options } = stage
  const [processor] = cpus()
  const postgres = await sql(db, 'SHOW server_version')
  const durable = await sql(
    db,
    "SELECT string_agg(name || ' ' || setting, ', ' ORDER BY name) FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')",
  )
  const programs = (await shell(db, VERSIONS)).split('\n').join(', ')
  const commit = (await $({ quiet: true, nothrow: true })`git describe --always --dirty`).stdout.trim()
  return [
    `${new Date().toISOString().slice(0, 10)}, Lifeboat ${commit || 'without a commit'}, Node ${process.version}`,
    `PostgreSQL ${postgres}, ${durable}; ${programs}`,
    `${cores} cores (${processor?.model.trim()}), ${formatSize(totalmem())} memory, Linux ${release()}, ${await fileSystem(stage)}; both hosts and the controller share it`,
    `cluster: pgbench at ${options.sizeWords}, ${formatSize(await clusterSize(stage))} without WAL; all of it in the page cache`,
    `bursts of ${options.segments} segments of ${await sql(db, 'SHOW wal_segment_size')}; ${options.best ? 'best' : 'median'} of ${options.rounds}`,
  ]
}

/** One minute's mean of processes that wanted a processor: far above the cores, others used the machine too. */
export const load = (): number => loadavg()[0] ?? 0

const fileSystem = async ({ fleet }: Stage): Promise<string> => {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
  const below = mounts.filter(([, path = '']) => fleet.sharedFolder.startsWith(path))
  const [device, , type] = below.toSorted((a, b) => (b[1]?.length ?? 0) - (a[1]?.length ?? 0))[0] ?? []
  return `${type} on ${device}`
}
