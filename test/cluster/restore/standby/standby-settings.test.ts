import { expect, test } from 'vitest'
import {
  type StandbySettingsRequest,
  standbySettings,
  writeSettings,
} from '../../../../src/cluster/restore/standby/standby-settings.ts'
import { parseConninfo } from '../../../../src/postgres/conninfo.ts'

const request = (more: Partial<StandbySettingsRequest> = {}): StandbySettingsRequest => ({
  wish: {
    primary: parseConninfo('host=db1 port=5432 user=replicator password=hidden'),
    slot: 'db2',
    createSlot: false,
    patience: 60,
    successorOf: undefined,
  },
  restoreCommand: '/home/.lifeboat/get /repository/db1 "%f" "%p"',
  follow: 'latest',
  passfile: '/home/.lifeboat/standby.pgpass',
  required: {
    max_connections: 100,
    max_worker_processes: 8,
    max_wal_senders: 10,
    max_prepared_transactions: 0,
    max_locks_per_transaction: 64,
  },
  effective: new Map([
    ['max_connections', '100'],
    ['max_worker_processes', '16'],
    ['max_wal_senders', '10'],
    ['max_prepared_transactions', '0'],
    ['max_locks_per_transaction', '64'],
  ]),
  archive: undefined,
  ...more,
})
const settings = (more: Partial<StandbySettingsRequest> = {}) => new Map(standbySettings(request(more)))

test('a standby streams with its password in a file, and looks into the archive without depending on it', () => {
  expect(Object.fromEntries(settings())).toEqual({
    restore_command: '/home/.lifeboat/get /repository/db1 "%f" "%p" || exit 1',
    recovery_target_timeline: 'latest',
    primary_conninfo: 'host=db1 port=5432 user=replicator passfile=/home/.lifeboat/standby.pgpass',
    primary_slot_name: 'db2',
    hot_standby: 'on',
    archive_mode: 'off',
  })
})

test('one that has the archive alone waits for it, and ends no earlier than it does', () => {
  const wish = { ...request().wish, primary: undefined, slot: undefined }
  const found = settings({ wish, passfile: undefined, follow: 3 })
  expect(found.get('restore_command')).toMatch(/^until .*; do s=\$\?; \[ \$s -ge 126 \] && .*; sleep 5; done$/)
  expect(found.get('primary_conninfo')).toBe('')
  expect(found.get('recovery_target_timeline')).toBe('3')
})

test('R15: only what is lower than on the primary is raised', () => {
  const effective = new Map([...request().effective, ['max_connections', '50']])
  const found = settings({ effective })
  expect(found.get('max_connections')).toBe('100')
  expect(found.has('max_worker_processes')).toBe(false)
})

test('R10, R31, R32: what would end its recovery, or delete from the archive, is emptied', () => {
  const effective = new Map([
    ...request().effective,
    ['recovery_target_time', '2026-11-22 01:30:00+00'],
    ['archive_cleanup_command', 'pg_archivecleanup /repository %r'],
    ['recovery_end_command', 'rm -rf %r'],
  ])
  const found = settings({ effective })
  for (const name of ['recovery_target_time', 'archive_cleanup_command', 'recovery_end_command']) {
    expect(found.get(name)).toBe('')
  }
  expect(found.has('recovery_target_xid')).toBe(false)
})

test('D1: archiving is off, or that of the primary for one that takes its place', () => {
  const effective = new Map([...request().effective, ['archive_timeout', '0'], ['archive_library', 'basic_archive']])
  const found = settings({ effective, archive: { command: 'push', settled: false } })
  expect([...found].filter(([name]) => name.startsWith('archive'))).toEqual([
    ['archive_mode', 'on'],
    ['archive_command', 'push'],
    ['archive_library', ''],
    ['archive_timeout', '60s'],
  ])
  const right = new Map([...request().effective, ['archive_mode', 'on']])
  expect(settings({ effective: right, archive: { command: 'push', settled: true } }).has('archive_mode')).toBe(false)
})

test('each setting stands once in the file, and what is not ours stays', () => {
  const text = "# by hand\nwork_mem = '8MB'\nhot_standby = 'off'\nhot_standby = 'off'\n"
  expect(writeSettings(text, [['hot_standby', 'on']])).toBe("# by hand\nwork_mem = '8MB'\nhot_standby = 'on'\n")
})
