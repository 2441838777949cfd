import { describe, expect, test } from 'vitest'
import { checkSettingValue, type SettingType, sameSettingValue, splitList } from '../../src/postgres/settings.ts'
import { formatNumericSetting, parseNumericSetting } from '../../src/postgres/units.ts'

const type = (vartype: SettingType['vartype'], more: Partial<SettingType> = {}): SettingType => ({
  name: 'x',
  vartype,
  unit: null,
  enumvals: null,
  min: null,
  max: null,
  ...more,
})
const buffers = type('integer', { name: 'shared_buffers', unit: '8kB', min: '16', max: '1073741823' })
const seconds = type('integer', { name: 'archive_timeout', unit: 's', min: '0', max: '1073741823' })
const level = type('enum', { name: 'wal_level', enumvals: ['minimal', 'replica', 'logical'] })

describe('the same value, written in two ways', () => {
  test.each<[string, string, SettingType]>([
    ['1GB', '1048576kB', buffers],
    ['1GB', '131072', buffers],
    ['0.5GB', '512MB', buffers],
    ['128 MB', '128MB', buffers],
    ['0x10', '16', buffers],
    ['60s', '1min', seconds],
    ['60', '60000ms', seconds],
    ['1d', '24h', seconds],
    ['on', 'TRUE', type('bool')],
    ['yes', '1', type('bool')],
    ['off', 'f', type('bool')],
    ['Replica', 'replica', level],
    ['hot_standby', 'replica', level],
    ['true', 'on', type('enum', { name: 'synchronous_commit', enumvals: ['local', 'on', 'off'] })],
    ['on', 'pglz', type('enum', { name: 'wal_compression', enumvals: ['pglz', 'lz4', 'on', 'off'] })],
    ['a, b', 'a,b', type('string', { name: 'shared_preload_libraries' })],
    ['"$user", public', '"$user",public', type('string', { name: 'search_path' })],
    ['1e-1', '0.1', type('real')],
    ['0600', '384', type('integer')],
    ['1.5', '1500us', type('real', { unit: 'ms' })],
  ])('%s is %s', (a, b, setting) => {
    expect(sameSettingValue(a, b, setting)).toBe(true)
    expect(() => checkSettingValue(a, { ...setting, min: null, max: null })).not.toThrow()
  })

  test.each<[string, string, SettingType]>([
    ['1GB', '1GiB', buffers],
    ['1', '1MB', buffers],
    ['1m', '60s', seconds],
    ['on', 'off', type('bool')],
    ['a, b', 'a,b', type('string', { name: 'archive_command' })],
    ['a,b', 'b,a', type('string', { name: 'synchronous_standby_names' })],
  ])('%s is not %s', (a, b, setting) => {
    expect(sameSettingValue(a, b, setting)).toBe(false)
  })
})

describe('a value that PostgreSQL would refuse', () => {
  test.each<[string, SettingType, string]>([
    ['1gb', buffers, 'it must be a whole number, alone (in 8kB) or with a unit: B, kB, MB, GB, TB'],
    ['60m', seconds, 'it must be a whole number, alone (in s) or with a unit: us, ms, s, min, h, d'],
    ['8kB', buffers, 'it must lie between 16 and 1073741823 (in 8kB)'],
    ['maybe', type('bool'), 'it must be on or off'],
    ['o', type('bool'), 'it must be on or off'],
    ['full', level, 'it must be one of minimal, replica, logical'],
    ['5MB', type('integer'), 'it must be a whole number'],
  ])('%s', (value, setting, why) => {
    expect(() => checkSettingValue(value, setting)).toThrow(`"${value}" is not a value for ${setting.name}: ${why}`)
  })
})

test('a fraction is rounded to the next smaller unit, as PostgreSQL does', () => {
  expect(parseNumericSetting('30.1GB', 'kB', true)).toBe(Math.round(30.1 * 1024) * 1024)
})

test('numbers of base units are written for a person', () => {
  expect(formatNumericSetting(131072, '8kB')).toBe('1GB')
  expect(formatNumericSetting(4096, 'kB')).toBe('4MB')
  expect(formatNumericSetting(300, 's')).toBe('5min')
  expect(formatNumericSetting(-1, 'ms')).toBe('-1')
  expect(formatNumericSetting(0, 's')).toBe('0')
  expect(formatNumericSetting(7, undefined)).toBe('7')
})

test('items of a list may be quoted and hold commas', () => {
  expect(splitList(' a , "b, ""c""",d,')).toEqual(['a', 'b, "c"', 'd'])
  expect(splitList('')).toEqual([])
})
