/**
 * A repository of files below a folder of this machine, for what is decided and removed by names and sizes: 1 MB
 * segments that are none inside, and backups of one small file each.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type BackupRecord, formatBackupRecord } from '../../../src/cluster/repository/backup-record.ts'
import { formatIdentity } from '../../../src/cluster/repository/identity.ts'
import { layoutOf, type RepositoryLayout } from '../../../src/cluster/repository/layout.ts'
import { parseRepository } from '../../../src/cluster/repository/location.ts'
import { formatLsn } from '../../../src/postgres/lsn.ts'
import { formatSegment, lsnOfSegment } from '../../../src/postgres/wal-segment.ts'

const SIZE = 1 << 20

export interface RepositoryFolder {
  readonly folder: string
  readonly layout: RepositoryLayout
  /** Makes a file below the cluster's folder. */
  put(path: string, content?: string): void
  segments(timeline: number, first: number, last: number): void
  /** A backup that begins in one segment and ends in the next, so many days ago; gives its id. */
  backup(days: number, segment: number, timeline?: number, more?: Partial<BackupRecord>): string
  remove(): void
}

export const segmentName = (timeline: number, number: number): string =>
  formatSegment({ timeline, number: BigInt(number) }, SIZE)

export const repositoryFolder = (): RepositoryFolder => {
  const root = mkdtempSync(join(tmpdir(), 'lb-retention-'))
  const layout = layoutOf(parseRepository(root), 'db1')
  const put = (path: string, content = 'x'): void => {
    const file = join(layout.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  const identity = { system_identifier: '7300000000000000001', major_version: 15, wal_segment_size: SIZE }
  put('identity.json', formatIdentity({ version: 1, ...identity, created_by: 'db1', created: '2026-01-01T00:00:00Z' }))
  mkdirSync(layout.walFolder)
  mkdirSync(layout.backupFolder)
  return {
    folder: layout.folder,
    layout,
    put,
    segments: (timeline, first, last) => {
      for (let number = first; number <= last; number++) {
        const name = segmentName(timeline, number)
        put(`wal/${name.slice(0, 8)}/${name}.zst`)
      }
    },
    backup: (days, segment, timeline = 1, more = {}) => {
      const ended = new Date(Math.floor(Date.now() / 1000) * 1000 - days * 86_400_000)
      const time = ended.toISOString().replace('.000Z', 'Z')
      const id = `${time.replaceAll(/[-:]/g, '')}-full`
      const content = `the files of ${id}`
      put(`backup/${id}/base.tar`, content)
      const sha256 = createHash('sha256').update(content).digest('hex')
      const file = { name: 'base.tar', contents: 'data' as const, size: content.length, sha256 }
      put(
        `backup/${id}/backup.json`,
        formatBackupRecord({
          ...RECORD,
          ...identity,
          id,
          timeline,
          start_lsn: formatLsn(lsnOfSegment(BigInt(segment), SIZE) + 40n),
          stop_lsn: formatLsn(lsnOfSegment(BigInt(segment + 1), SIZE) + 40n),
          start_time: time,
          stop_time: time,
          first_segment: segmentName(timeline, segment),
          last_segment: segmentName(timeline, segment + 1),
          files: [file],
          stored_size: content.length,
          ...more,
        }),
      )
      return id
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

const RECORD: BackupRecord = {
  version: 1,
  id: '',
  label: 'label',
  type: 'full',
  parent: null,
  run_id: 'run',
  host: 'db1',
  cluster: '15/main',
  system_identifier: '1',
  postgresql_version: '15.20',
  major_version: 15,
  wal_segment_size: SIZE,
  data_checksums: false,
  page_failures: [],
  timeline: 1,
  start_lsn: '0/0',
  stop_lsn: '0/0',
  start_time: '',
  stop_time: '',
  first_segment: '',
  last_segment: '',
  size: 100,
  stored_size: 10,
  compression: 'none',
  method: 'pg_basebackup',
  wal_method: 'none',
  files: [],
  tablespaces: [],
  data_directory: '/data',
  wal_directory: null,
  config: [],
  settings: {
    max_connections: 100,
    max_worker_processes: 8,
    max_wal_senders: 10,
    max_prepared_transactions: 0,
    max_locks_per_transaction: 64,
    shared_preload_libraries: '',
  },
  databases: [],
  backup_label: 'START …\n',
  backup_history: null,
  timeline_history: null,
}
