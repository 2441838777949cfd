import { expect, test } from 'vitest'
import { proveReached } from '../../../src/cluster/restore/prove-reached.ts'
import { EMPTY_LOG, readRecoveryLog } from '../../../src/cluster/restore/recovery-log.ts'
import { parseLsn } from '../../../src/postgres/lsn.ts'

const stopped = { ...EMPTY_LOG, stopped: 'recovery stopping after commit of transaction 740' }
const point = (lsn: string, log = stopped) => ({ state: 'paused', lsn: parseLsn(lsn), time: undefined, log }) as never
const resolution = (target: object, inclusive = true) =>
  ({
    goal: { target, inclusive, timeline: 'current', action: 'promote' },
    stop: { lsn: parseLsn('0/900090'), kind: 'commit', xid: 740, at: undefined },
    reach: parseLsn('0/900090'),
    backup: { stop_lsn: '0/700100' },
  }) as never

test('behind the record that was to be the last', () => {
  expect(() => proveReached(resolution({ kind: 'xid', xid: 740 }), point('0/9000B8'))).not.toThrow()
  expect(() => proveReached(resolution({ kind: 'xid', xid: 740 }), point('0/900090'))).toThrow(
    'recovery to xid 740 ended at 0/900090: it should end behind the record at 0/900090',
  )
})

test('right before the record at which it was to stop', () => {
  const before = resolution({ kind: 'xid', xid: 740 }, false)
  expect(() => proveReached(before, point('0/900090'))).not.toThrow()
  expect(() => proveReached(before, point('0/900068'))).not.toThrow()
  expect(() => proveReached(before, point('0/8FF000'))).toThrow('it should end right before the record at 0/900090')
  expect(() => proveReached(before, point('0/9000B8'))).toThrow('it should end right before')
})

test('R5: a server that promoted by itself too early is caught', () => {
  const early = { state: 'promoted', lsn: parseLsn('0/800000'), time: undefined, log: EMPTY_LOG } as never
  expect(() => proveReached(resolution({ kind: 'lsn', lsn: parseLsn('0/900090') }), early)).toThrow(
    'recovery to lsn 0/900090 ended at 0/800000',
  )
})

test('immediate: not before the end of the backup', () => {
  expect(() => proveReached(resolution({ kind: 'immediate' }), point('0/700100'))).not.toThrow()
  expect(() => proveReached(resolution({ kind: 'immediate' }), point('0/7000FF'))).toThrow(
    'it is before the end of the backup at 0/700100',
  )
})

test('the log of a recovery tells its segments, its stop and its faults', () => {
  const log = readRecoveryLog(
    EMPTY_LOG,
    `2026-11-22 12:00:00.000 UTC [10] LOG:  restored log file "000000010000000000000007" from archive
2026-11-22 12:00:00.100 UTC [11] FATAL:  the database system is starting up
2026-11-22 12:00:00.100 UTC [12] FATAL:  the database system is not yet accepting connections
2026-11-22 12:00:00.200 UTC [10] LOG:  recovery stopping before commit of transaction 740, time 2026-11-22 11:00:00+00
lifeboat get: /repository/db1 has no readable identity.json: is the share mounted?
2026-11-22 12:00:01.000 UTC [10] FATAL:  could not restore file "000000010000000000000008" from archive: child process exited with exit code 200
`,
  )
  expect(log).toEqual({
    segments: 1,
    stopped: 'recovery stopping before commit of transaction 740, time 2026-11-22 11:00:00+00',
    consistent: false,
    fatal: [
      'lifeboat get: /repository/db1 has no readable identity.json: is the share mounted?',
      'FATAL: could not restore file "000000010000000000000008" from archive: child process exited with exit code 200',
    ],
  })
})
