import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareLsn, formatLsn, parseLsn } from '../../src/postgres/lsn.ts'

test('an LSN is two hexadecimal halves of 32 bits', () => {
  expect(parseLsn('0/3000028')).toBe(0x3000028n)
  expect(parseLsn('1/0')).toBe(0x1_0000_0000n)
  expect(parseLsn('ff/0A')).toBe(0xff_0000_000an)
  expect(formatLsn(0xff_0000_000an)).toBe('FF/A')
})

test('what is written is read again', () => {
  fc.assert(fc.property(fc.bigInt(0n, (1n << 64n) - 1n), (lsn) => parseLsn(formatLsn(lsn)) === lsn))
})

test('PostgreSQL 19 pads the second half, and that is the same position', () => {
  expect(parseLsn('0/03000028')).toBe(parseLsn('0/3000028'))
})

test.each(['', '0', '0/', '/0', '0/x', '000000010/0', '0/1/2', '-1/0'])('"%s" is refused', (text) => {
  expect(() => parseLsn(text)).toThrow(`"${text}" is not a WAL position`)
})

test('positions sort by place, not by text', () => {
  const sorted = ['0/A000000', '1/0', '0/9000000'].map(parseLsn).sort(compareLsn).map(formatLsn)
  expect(sorted).toEqual(['0/9000000', '0/A000000', '1/0'])
})
