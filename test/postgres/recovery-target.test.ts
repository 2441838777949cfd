import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatUtc, parseMoment } from '../../src/postgres/moment.ts'
import { formatSettings, recoverySettings, recoverySignalFile } from '../../src/postgres/recovery-settings.ts'
import { describeTarget, parseRecoveryGoal } from '../../src/postgres/recovery-target.ts'

describe('R8: a moment', () => {
  test.each([
    ['2026-11-22 09:30:00+08:00', '2026-11-22 01:30:00+00'],
    ['2026-11-22T09:30:00.250+0800', '2026-11-22 01:30:00.25+00'],
    ['2026-11-22 09:30 +08', '2026-11-22 01:30:00+00'],
    ['2026-11-22 01:30:00Z', '2026-11-22 01:30:00+00'],
    ['2026-11-22 01:30:00.000001 UTC', '2026-11-22 01:30:00.000001+00'],
    ['2026-11-21 22:00:00-03:30', '2026-11-22 01:30:00+00'],
    ['2026-11-22 09:30:00 Asia/Shanghai', '2026-11-22 01:30:00+00'],
    ['2026-07-01 12:00:00 Europe/Berlin', '2026-07-01 10:00:00+00'],
    ['2026-12-01 12:00:00 Europe/Berlin', '2026-12-01 11:00:00+00'],
    ['2026-11-22 09:30:00 Etc/GMT-8', '2026-11-22 01:30:00+00'],
    ['2026-11-22 07:15:00 Asia/Kathmandu', '2026-11-22 01:30:00+00'],
  ])('%s is %s', (text, utc) => {
    expect(formatUtc(parseMoment(text))).toBe(utc)
  })

  test('without a zone is refused: the server would read it in its own', () => {
    expect(() => parseMoment('2026-11-22 09:30:00')).toThrow('"2026-11-22 09:30:00" has no time zone')
  })

  test.each(['CST', 'EST5EDT', 'UTC+8', 'PRC', 'local'])('with the ambiguous zone %s is refused', (zone) => {
    expect(() => parseMoment(`2026-11-22 09:30:00 ${zone}`)).toThrow(`has a time zone that is not unambiguous: ${zone}`)
  })

  test.each([
    ['2026-11-22 09:30:00 Asia/Shangai', 'names a time zone that does not exist: Asia/Shangai'],
    ['2026-03-29 02:30:00 Europe/Berlin', 'does not exist in Europe/Berlin: clocks were put forward over it'],
    ['2026-10-25 02:30:00 Europe/Berlin', 'happened twice in Europe/Berlin: clocks were put back'],
    ['2026-02-30 00:00:00Z', 'is not a date and time that exists'],
    ['2026-11-22 25:00:00Z', 'is not a date and time that exists'],
    ['2026-11-22 09:30:61Z', 'is not a date and time that exists'],
    ['2026-11-22 09:30:00+16:00', 'has an impossible offset +16:00'],
    ['yesterday', 'is not a date and a time'],
    ['2026-11-22 09:30:00.1234567Z', 'is not a date and a time'],
  ])('%s is refused', (text, why) => {
    expect(() => parseMoment(text)).toThrow(`"${text}" ${why}`)
  })

  test('is read back from what is written', () => {
    const micros = fc.bigInt(-(10n ** 16n), 10n ** 17n)
    fc.assert(fc.property(micros, (moment) => parseMoment(formatUtc(moment)) === moment))
  })
})

describe('a target', () => {
  test('is the latest point unless said otherwise', () => {
    const goal = parseRecoveryGoal({ target_time: '', target_name: '' })
    expect(goal).toEqual({ target: { kind: 'latest' }, inclusive: true, timeline: 'latest', action: 'promote' })
  })

  test('of each kind', () => {
    expect(parseRecoveryGoal({ target_lsn: '0/3000028' }).target).toEqual({ kind: 'lsn', lsn: 0x3000028n })
    expect(parseRecoveryGoal({ target_name: 'before drop' }).target).toEqual({ kind: 'name', name: 'before drop' })
    expect(parseRecoveryGoal({ target_xid: 726 }).target).toEqual({ kind: 'xid', xid: 726 })
    expect(parseRecoveryGoal({ target: 'immediate' })).toMatchObject({
      target: { kind: 'immediate' },
      timeline: 'current',
    })
    expect(parseRecoveryGoal({ target: 'latest', target_xid: '' }).target).toEqual({ kind: 'latest' })
  })

  test('by transaction is given without its epoch', () => {
    expect(parseRecoveryGoal({ target_xid: '4294968022' }).target).toEqual({ kind: 'xid', xid: 726 })
  })

  test('for people', () => {
    expect(describeTarget(parseRecoveryGoal({ target_time: '2026-11-22 09:30:00+08' }).target)).toBe(
      'time 2026-11-22 01:30:00+00',
    )
    expect(describeTarget({ kind: 'latest' })).toBe('latest')
  })

  test('of two kinds is refused', () => {
    expect(() => parseRecoveryGoal({ target_lsn: '0/1', target_name: 'x' })).toThrow(
      'target_name and target_lsn cannot both be the target',
    )
    expect(() => parseRecoveryGoal({ target: 'immediate', target_xid: 7 })).toThrow(
      'target and target_xid cannot both be the target',
    )
    expect(() => parseRecoveryGoal({ target: 'latest', target_xid: 7 })).toThrow(
      'target and target_xid cannot both be the target',
    )
    expect(() => parseRecoveryGoal({ target_time: 'x', target_name: 'x', target_xid: 7 })).toThrow(
      'target_time and target_name and target_xid cannot all be the target',
    )
  })

  test('R9: only time, xid and lsn know inclusive', () => {
    expect(parseRecoveryGoal({ target_xid: 7, target_inclusive: false }).inclusive).toBe(false)
    expect(() => parseRecoveryGoal({ target_name: 'x', target_inclusive: false })).toThrow(
      'target_inclusive: false means nothing for a target of kind name',
    )
  })

  test.each([
    [{ target_xid: 'abc' }, '"abc" is not the number of a transaction'],
    [{ target_xid: 2 }, '"2" is not the number of a transaction'],
    [{ target_name: 'ä'.repeat(32) }, 'the name of the restore point has 64 bytes; PostgreSQL allows 63'],
    [{ target_lsn: 'x' }, '"x" is not a WAL position'],
    [{ target_timeline: '0' }, '"0" is not a timeline'],
    [{ target_timeline: '010' }, '"010" is not a timeline'],
  ])('%j is refused', (wish, message) => {
    expect(() => parseRecoveryGoal(wish)).toThrow(message)
  })

  test('A22: a timeline is decimal, or hexadecimal as in file names', () => {
    expect(parseRecoveryGoal({ target_timeline: '16' }).timeline).toBe(16)
    expect(parseRecoveryGoal({ target_timeline: '0x10' }).timeline).toBe(16)
  })
})

describe('settings of recovery', () => {
  const goal = parseRecoveryGoal({ target_time: '2026-11-22 09:30:00+08:00', target_inclusive: false })

  test('R10, R35: what is no target is emptied before the target is set', () => {
    expect(recoverySettings(goal, 15)).toEqual([
      ['recovery_target', ''],
      ['recovery_target_name', ''],
      ['recovery_target_xid', ''],
      ['recovery_target_lsn', ''],
      ['recovery_target_time', '2026-11-22 01:30:00+00'],
      ['recovery_target_inclusive', 'off'],
      ['recovery_target_action', 'promote'],
      ['recovery_target_timeline', 'latest'],
    ])
  })

  test('R12: recovery.conf up to 11, a signal file afterwards', () => {
    expect(recoverySignalFile(11)).toBe('recovery.conf')
    expect(recoverySignalFile(12)).toBe('recovery.signal')
    expect(formatSettings(recoverySettings(goal, 11))).toBe(
      "recovery_target_time = '2026-11-22 01:30:00+00'\nrecovery_target_inclusive = 'off'\n" +
        "recovery_target_action = 'promote'\nrecovery_target_timeline = 'latest'\n",
    )
  })

  test('R16: immediate stays on the timeline of the backup', () => {
    const immediate = parseRecoveryGoal({ target: 'immediate' })
    expect(Object.fromEntries(recoverySettings(immediate, 15))).toMatchObject({
      recovery_target: 'immediate',
      recovery_target_timeline: 'current',
    })
    expect(recoverySettings(immediate, 11).map(([name]) => name)).not.toContain('recovery_target_timeline')
  })

  test('the latest point has no target', () => {
    expect(recoverySettings(parseRecoveryGoal({ target_timeline: 3 }), 15).filter(([, value]) => value !== '')).toEqual(
      [['recovery_target_timeline', '3']],
    )
  })
})
