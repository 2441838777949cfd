import { expect, test } from 'vitest'
import { parseBackupHistory, parseBackupLabel } from '../../src/postgres/backup-label.ts'

const label = `START WAL LOCATION: 0/900028 (file 000000010000000000000009)
CHECKPOINT LOCATION: 0/900060
BACKUP METHOD: streamed
BACKUP FROM: primary
START TIME: 2026-11-22 12:13:14 UTC
LABEL: my label
START TIMELINE: 1
`
const history = label
  .replace('CHECKPOINT', 'STOP WAL LOCATION: 0/900100 (file 000000010000000000000009)\nCHECKPOINT')
  .concat('STOP TIME: 2026-11-22 12:13:15 UTC\nSTOP TIMELINE: 1\n')

test('backup_label tells the first segment that is needed', () => {
  expect(parseBackupLabel(label)).toEqual({
    start: 0x900028n,
    startSegment: '000000010000000000000009',
    checkpoint: 0x900060n,
    method: 'streamed',
    from: 'primary',
    startTime: '2026-11-22 12:13:14 UTC',
    label: 'my label',
    timeline: 1,
    incrementalFrom: undefined,
  })
})

test('a backup history file tells where the backup ended', () => {
  expect(parseBackupHistory(history)).toMatchObject({
    start: 0x900028n,
    stop: 0x900100n,
    stopSegment: '000000010000000000000009',
    stopTime: '2026-11-22 12:13:15 UTC',
    stopTimeline: 1,
  })
})

test('an incremental backup names the one below it', () => {
  const incremental = `${label}INCREMENTAL FROM LSN: 0/700028\nINCREMENTAL FROM TLI: 1\n`
  expect(parseBackupLabel(incremental).incrementalFrom).toEqual({ lsn: 0x700028n, timeline: 1 })
})

test('PostgreSQL 10 writes no timeline', () => {
  expect(parseBackupLabel(label.replace(/START TIMELINE.*\n/, '')).timeline).toBeUndefined()
})

test('a file without its lines is refused', () => {
  expect(() => parseBackupLabel('')).toThrow('backup_label has no line "START WAL LOCATION"')
  expect(() => parseBackupHistory(label)).toThrow('backup history file has no line "STOP WAL LOCATION"')
  expect(() => parseBackupLabel(label.replace(' (file', ' (fil'))).toThrow('is not a location')
})
