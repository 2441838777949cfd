import { describe, expect, test } from 'vitest'
import { planSettings, type SettingsWish, waitingForRestart } from '../../../src/cluster/settings/plan.ts'
import type { FileLine, Setting, SettingsReading } from '../../../src/cluster/settings/read.ts'
import { alterSystem } from '../../../src/cluster/settings/write.ts'

const CONF = '/etc/postgresql/15/main/postgresql.conf'
const AUTO = '/srv/pg/postgresql.auto.conf'
const OURS = '/etc/postgresql/15/main/conf.d/50-ours.conf'

const setting = (name: string, more: Partial<Setting> = {}): Setting => ({
  name,
  vartype: 'string',
  unit: null,
  enumvals: null,
  min: null,
  max: null,
  value: '',
  context: 'sighup',
  source: 'default',
  sourceFile: null,
  sourceLine: null,
  pendingRestart: false,
  resetValue: '',
  bootValue: '',
  ...more,
})
const memory = {
  vartype: 'integer',
  unit: 'kB',
  min: '64',
  max: '2147483647',
  value: '4096',
  bootValue: '4096',
} as const

let order = 0
const line = (file: string, name: string, value: string, more: Partial<FileLine> = {}): FileLine => ({
  file,
  line: 7,
  order: ++order,
  name,
  value,
  applied: true,
  error: null,
  unread: false,
  ...more,
})

const reading = (
  settings: Setting[],
  lines: FileLine[] = [],
  more: Partial<SettingsReading> = {},
): SettingsReading => ({
  majorVersion: 15,
  settings: new Map(settings.map((one) => [one.name.toLowerCase(), one])),
  lines,
  configFile: CONF,
  autoFile: AUTO,
  pendingRestart: [],
  alterSystem: true,
  ...more,
})
const wish = (values: SettingsWish['values'], destination = 'auto'): SettingsWish => ({ values, destination })

describe('a value', () => {
  test('that is there in other units needs nothing', () => {
    const state = reading(
      [setting('work_mem', { ...memory, value: '1048576', source: 'configuration file' })],
      [line(CONF, 'work_mem', '1GB')],
    )
    expect(planSettings(state, wish({ work_mem: '1048576kB' }))).toEqual([])
  })

  test('that differs is shown as the user writes it', () => {
    expect(planSettings(reading([setting('work_mem', memory)]), wish({ work_mem: '8MB' }))).toEqual([
      { subject: 'work_mem', before: '4MB', after: '8MB' },
    ])
  })

  test('that was written by hand and never loaded is loaded', () => {
    const state = reading(
      [setting('work_mem', { ...memory, source: 'configuration file' })],
      [line(CONF, 'work_mem', '8MB', { unread: true })],
    )
    expect(planSettings(state, wish({ work_mem: '8MB' }))).toEqual([
      { subject: 'work_mem', before: '4MB', after: '8MB' },
    ])
  })

  test('that the server tunes itself is not compared with what it made of it', () => {
    const tuned = setting('wal_buffers', {
      vartype: 'integer',
      unit: '8kB',
      value: '512',
      source: 'override',
      bootValue: '-1',
    })
    expect(
      planSettings(reading([tuned], [line(CONF, 'wal_buffers', '-1', { unread: true })]), wish({ wal_buffers: '-1' })),
    ).toEqual([])
  })

  test('taken back leaves what the other files say', () => {
    const lines = [line(CONF, 'work_mem', '6MB'), line(AUTO, 'work_mem', '8MB')]
    expect(planSettings(reading([setting('work_mem', memory)], lines), wish({ work_mem: null }))).toEqual([
      { subject: 'work_mem', before: '8MB', after: '6MB' },
    ])
    expect(planSettings(reading([setting('work_mem', memory)], lines.slice(0, 1)), wish({ work_mem: null }))).toEqual(
      [],
    )
  })

  test('with a password in it is not shown', () => {
    const [change] = planSettings(reading([setting('primary_conninfo')]), wish({ primary_conninfo: 'password=x' }))
    expect(change?.sensitive).toBe(true)
  })

  test('of something fixed is refused', () => {
    expect(() =>
      planSettings(reading([setting('block_size', { context: 'internal', value: '8192' })]), wish({ block_size: '1' })),
    ).toThrow('block_size cannot be set: it is fixed at 8192')
  })
})

describe('A12: one place is written, and no other may beat it', () => {
  const state = (...lines: FileLine[]): SettingsReading => reading([setting('work_mem', memory)], lines)

  test('ALTER SYSTEM beats conf.d', () => {
    expect(() => planSettings(state(line(AUTO, 'work_mem', '16MB')), wish({ work_mem: '8MB' }, OURS))).toThrow(
      `work_mem in ${OURS} would not count: ${AUTO} line 7 beats it`,
    )
  })

  test('a file of a later name beats ours, one of an earlier name does not', () => {
    const other = (name: string): FileLine => line(OURS.replace('50-ours', name), 'work_mem', '16MB')
    expect(() => planSettings(state(other('90-theirs')), wish({ work_mem: '8MB' }, OURS))).toThrow(
      '90-theirs.conf line 7 beats it',
    )
    expect(planSettings(state(other('10-theirs')), wish({ work_mem: '8MB' }, OURS))).toHaveLength(1)
  })

  test('a line behind the include beats ours', () => {
    const lines = [line(OURS, 'work_mem', '6MB'), line(CONF, 'work_mem', '16MB')]
    expect(() => planSettings(state(...lines), wish({ work_mem: '8MB' }, OURS))).toThrow(`${CONF} line 7 beats it`)
  })

  test('the command line beats every file', () => {
    const given = reading([setting('work_mem', { ...memory, source: 'command line' })])
    expect(() => planSettings(given, wish({ work_mem: '8MB' }))).toThrow(
      'work_mem is given on the command line of the server: 4096',
    )
    expect(planSettings(given, wish({ work_mem: '4MB' }))).toEqual([])
  })

  test('PostgreSQL 17 may forbid ALTER SYSTEM', () => {
    const forbidden = reading([setting('work_mem', memory)], [], { alterSystem: false })
    expect(() => planSettings(forbidden, wish({ work_mem: '8MB' }))).toThrow(
      'work_mem cannot be set by ALTER SYSTEM: allow_alter_system is off',
    )
    expect(planSettings(forbidden, wish({ work_mem: '4MB' }))).toEqual([])
    expect(planSettings(forbidden, wish({ work_mem: '8MB' }, OURS))).toHaveLength(1)
  })
})

describe('A7: archive_command and archive_library', () => {
  const both = (...lines: FileLine[]): SettingsReading =>
    reading([setting('archive_command'), setting('archive_library')], lines)

  test('are never both set', () => {
    const state = both(line(CONF, 'archive_library', 'basic_archive'))
    expect(() => planSettings(state, wish({ archive_command: 'cp %p /x/%f' }))).toThrow(
      'archive_command and archive_library cannot both be set',
    )
  })

  test('one may take the place of the other', () => {
    const state = both(line(CONF, 'archive_library', 'basic_archive'))
    const changes = planSettings(state, wish({ archive_command: 'cp %p /x/%f', archive_library: '' }))
    expect(changes.map((change) => change.subject)).toEqual(['archive_command', 'archive_library'])
  })
})

test('A11: what waits for a restart is what differs, not what was once flagged', () => {
  const flagged = { context: 'postmaster', pendingRestart: true, vartype: 'integer' } as const
  const state = reading(
    [setting('max_connections', { ...flagged, value: '100' }), setting('max_wal_senders', { ...flagged, value: '10' })],
    [line(AUTO, 'max_connections', '200'), line(AUTO, 'max_wal_senders', '10')],
  )
  expect(waitingForRestart(state, wish({ max_connections: '200', max_wal_senders: '10' }))).toEqual(['max_connections'])
})

test('the statement that writes a setting', () => {
  expect(alterSystem('work_mem', '8MB')).toBe(`ALTER SYSTEM SET "work_mem" = '8MB'`)
  expect(alterSystem('work_mem', null)).toBe('ALTER SYSTEM RESET "work_mem"')
  expect(alterSystem('x.y', "it's")).toBe(`ALTER SYSTEM SET "x"."y" = 'it''s'`)
  expect(alterSystem('shared_preload_libraries', 'a, "b,c"')).toBe(
    `ALTER SYSTEM SET "shared_preload_libraries" = 'a', 'b,c'`,
  )
  expect(alterSystem('shared_preload_libraries', '')).toBe('ALTER SYSTEM RESET "shared_preload_libraries"')
  expect(alterSystem('listen_addresses', 'a, b')).toBe(`ALTER SYSTEM SET "listen_addresses" = 'a, b'`)
})
