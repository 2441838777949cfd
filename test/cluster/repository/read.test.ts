import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BackupRecord, formatBackupRecord } from '../../../src/cluster/repository/backup-record.ts'
import { formatIdentity } from '../../../src/cluster/repository/identity.ts'
import { layoutOf } from '../../../src/cluster/repository/layout.ts'
import { parseRepository } from '../../../src/cluster/repository/location.ts'
import { readRepository, requireIdentity } from '../../../src/cluster/repository/read.ts'
import { localSession } from '../../modules/local-session.ts'
import { SHELLS } from '../archive/helper-bench.ts'

const IDENTITY = {
  version: 1,
  system_identifier: '7300000000000000001',
  major_version: 15,
  wal_segment_size: 1 << 20,
  created_by: 'db1',
  created: '2026-11-22T01:30:00Z',
} as const

const record = (id: string, files: BackupRecord['files']): BackupRecord => ({
  version: 1,
  id,
  label: 'label',
  type: 'full',
  parent: null,
  run_id: 'run',
  host: 'db1',
  cluster: '15/main',
  system_identifier: IDENTITY.system_identifier,
  postgresql_version: '15.20',
  major_version: 15,
  wal_segment_size: 1 << 20,
  data_checksums: false,
  page_failures: [],
  timeline: 1,
  start_lsn: '0/300028',
  stop_lsn: '0/300100',
  start_time: '2026-11-22T01:30:00Z',
  stop_time: '2026-11-22T01:31:00Z',
  first_segment: '000000010000000000000003',
  last_segment: '000000010000000000000003',
  size: 100,
  stored_size: 10,
  compression: 'none',
  method: 'pg_basebackup',
  wal_method: 'none',
  files,
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
})

const file = (name: string, size: number): BackupRecord['files'][number] => ({
  name,
  contents: 'data',
  size,
  sha256: 'a'.repeat(64),
})

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lb-repository-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const layout = (name = "it's db 1") => layoutOf(parseRepository(root), name)

const write = (path: string, content: string): void => {
  const target = join(layout().folder, path)
  mkdirSync(join(target, '..'), { recursive: true })
  writeFileSync(target, content)
}

test.each(SHELLS)('%s reads everything in one script', async (shell) => {
  write('identity.json', formatIdentity(IDENTITY))
  write('wal/00000001/000000010000000000000003.zst', 'abc')
  write('wal/00000001/000000010000000000000002', 'ab')
  write('wal/00000001/000000010000000000000003.00000028.backup', 'a')
  write('wal/00000002.history', '1\t0/400000\tno recovery target specified\n')
  write('wal/.push/000000010000000000000004.db1.77', 'half')
  write('backup/20261122T013000Z-full/base.tar', 'tar')
  write(
    'backup/20261122T013000Z-full/backup.json',
    formatBackupRecord(record('20261122T013000Z-full', [file('base.tar', 3)])),
  )
  write('backup/20261123T013000Z-full/base.tar', 'tar')
  write('backup/20261124T013000Z-full/backup.json', '{}')
  write('backup/20261125T013000Z-full/base.tar', 'ta')
  write(
    'backup/20261125T013000Z-full/backup.json',
    formatBackupRecord(record('20261125T013000Z-full', [file('base.tar', 3)])),
  )
  write('backup/20261126T013000Z-full.incomplete/base.tar', 'half')
  write('backup/.lock/holder', '')
  const session = localSession(shell === 'busybox' ? ['busybox', 'sh'] : [shell])
  const repository = await readRepository(session, layout())
  expect(requireIdentity(repository)).toEqual(IDENTITY)
  expect(repository.wal.map(({ name, size, compression }) => [name, size, compression])).toEqual([
    ['000000010000000000000002', 2, 'none'],
    ['000000010000000000000003', 3, 'zstd'],
    ['000000010000000000000003.00000028.backup', 1, 'none'],
    ['00000002.history', 40, 'none'],
  ])
  expect([...repository.histories]).toEqual([[2, '1\t0/400000\tno recovery target specified\n']])
  expect(repository.backups.map(({ id }) => id)).toEqual(['20261122T013000Z-full'])
  expect(repository.damaged.map(({ id, reason }) => [id, reason.replace(root, '')])).toEqual([
    ['20261123T013000Z-full', 'it has no backup.json'],
    ['20261124T013000Z-full', expect.stringContaining('/backup.json is not the record of a backup: version')],
    ['20261125T013000Z-full', 'base.tar has 2 bytes instead of 3'],
  ])
  expect(repository.incomplete).toEqual(['20261126T013000Z-full.incomplete'])
  expect(repository.locked).toBe(true)
  expect(Math.abs(repository.now.getTime() - Date.now())).toBeLessThan(5000)
})

test('a folder that is not there is empty and has no identity', async () => {
  const repository = await readRepository(localSession(), layout())
  expect(repository).toMatchObject({ identity: undefined, backups: [], wal: [] })
  expect(Number.isNaN(repository.now.getTime())).toBe(false)
  expect(() => requireIdentity(repository)).toThrow(
    `${root}/it's db 1 has no identity.json: nothing was archived there as "it's db 1"`,
  )
})

test('a backup that was renamed is no backup under its new name', async () => {
  write('backup/20261122T013000Z-full/backup.json', formatBackupRecord(record('20261122T013000Z-full', [])))
  const { backupFolder } = layout()
  renameSync(`${backupFolder}/20261122T013000Z-full`, `${backupFolder}/20270101T000000Z-full`)
  const { damaged } = await readRepository(localSession(), layout())
  expect(damaged).toEqual([{ id: '20270101T000000Z-full', reason: 'its record is that of 20261122T013000Z-full' }])
})

test.skipIf(process.getuid?.() === 0)('a folder that may not be read is told, not taken for empty', async () => {
  write('wal/00000001/000000010000000000000002', 'ab')
  chmodSync(join(layout().walFolder, '00000001'), 0)
  await expect(readRepository(localSession(), layout())).rejects.toThrow('cannot be read by')
  chmodSync(join(layout().walFolder, '00000001'), 0o700)
})
