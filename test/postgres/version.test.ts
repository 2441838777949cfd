import { expect, test } from 'vitest'
import { featuresOf, majorOfVersionNumber, majorOfVersionText } from '../../src/postgres/version.ts'

test('the major version', () => {
  expect(majorOfVersionNumber(150020)).toBe(15)
  expect(majorOfVersionNumber(100000)).toBe(10)
  expect(
    ['15', '15.20', 'PostgreSQL 15.20 (Debian 15.20-1)', 'postgres (PostgreSQL) 17.6', '18beta1', '19devel'].map(
      majorOfVersionText,
    ),
  ).toEqual([15, 15, 15, 17, 18, 19])
})

test.each(['9.6.24', '', 'x', '8'])('"%s" is refused', (text) => {
  expect(() => majorOfVersionText(text)).toThrow('is not a version of PostgreSQL from 10 on')
})

test('B7: the functions of a low-level backup were renamed in 15', () => {
  expect(featuresOf(14).backupStart).toBe('pg_start_backup($1, $2, false)')
  expect(featuresOf(15).backupStart).toBe('pg_backup_start($1, $2)')
  expect(featuresOf(14).backupStop).toBe('pg_stop_backup(false, $1)')
})

test('what came with which version', () => {
  const since = (name: keyof ReturnType<typeof featuresOf>): number =>
    [10, 11, 12, 13, 14, 15, 16, 17, 18].find((major) => featuresOf(major)[name] === true) ?? 0
  expect(since('recoverySignal')).toBe(12)
  expect(since('manifest')).toBe(13)
  expect(since('unreachedTargetIsFatal')).toBe(13)
  expect(since('syncMethod')).toBe(14)
  expect(since('serverCompression')).toBe(15)
  expect(since('archiveConflictIsError')).toBe(16)
  expect(since('incremental')).toBe(17)
  expect(since('verifyTar')).toBe(18)
})
