import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isCleanlyShutDown, parseControlData } from '../../src/postgres/control-data.ts'

const output = readFileSync(new URL('fixtures/pg_controldata-15.txt', import.meta.url), 'utf8')

test('pg_controldata of PostgreSQL 15', () => {
  expect(parseControlData(output)).toEqual({
    controlVersion: 1300,
    catalogVersion: 202209061,
    systemIdentifier: '7710967780340221588',
    state: 'in production',
    checkpoint: 0x900060n,
    redo: 0x900028n,
    redoSegment: '000000010000000000000009',
    timeline: 1,
    previousTimeline: 1,
    checkpointTime: new Date('2026-11-22T12:13:12Z'),
    minimumRecoveryEnd: 0n,
    minimumRecoveryTimeline: 0,
    backupStart: 0n,
    endOfBackupRequired: false,
    walLevel: 'replica',
    required: {
      max_connections: 100,
      max_worker_processes: 8,
      max_wal_senders: 10,
      max_prepared_transactions: 0,
      max_locks_per_transaction: 64,
    },
    blockSize: 8192,
    walBlockSize: 8192,
    segmentSize: 1048576,
    checksums: true,
    warnings: [],
  })
})

test('versions before 12 do not know max_wal_senders there', () => {
  expect(parseControlData(output.replace(/max_wal_senders.*\n/, '')).required.max_wal_senders).toBeUndefined()
})

test('B8: a control file with a wrong CRC is warned of', () => {
  const torn = `WARNING: Calculated CRC checksum does not match value stored in file.
Either the file is corrupt, or it has a different layout than this program
is expecting.  The results below are untrustworthy.

${output}`
  expect(parseControlData(torn).warnings).toEqual([
    'WARNING: Calculated CRC checksum does not match value stored in file. Either the file is corrupt, or it has a different layout than this program is expecting. The results below are untrustworthy.',
  ])
})

test('output that is not in English is refused with its cause', () => {
  expect(() => parseControlData('pg_control-Versionsnummer: 1300\n')).toThrow(
    'pg_controldata printed no "pg_control version number"',
  )
})

test('only two states are those of a server that was shut down', () => {
  expect(isCleanlyShutDown('shut down')).toBe(true)
  expect(isCleanlyShutDown('shut down in recovery')).toBe(true)
  expect(isCleanlyShutDown('in production')).toBe(false)
})
