import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PlainValue } from '../../../src/base/value.ts'
import set from '../../../src/modules/postgresql/postgresql_set.ts'
import { type LiveHost, startLiveHost } from '../../cluster/live-host.ts'
import { converge, predict } from '../harness.ts'

let live: LiveHost
beforeAll(async () => {
  live = await startLiveHost()
})
afterAll(() => live?.close())

const bring = (params: Record<string, PlainValue>, ok = false) =>
  converge(set, { cluster: live.host.dataDirectory, ...params }, { session: live.session, ok })
const refuse = (params: Record<string, PlainValue>) =>
  predict(set, { cluster: live.host.dataDirectory, ...params }, { session: live.session })

test('settings are set, and a second run finds nothing to do', async () => {
  const { changes, fields } = await bring({
    settings: { work_mem: '16MB', log_connections: true, archive_timeout: 60 },
  })
  expect(changes).toEqual([
    { subject: 'work_mem', before: '4MB', after: '16MB' },
    { subject: 'log_connections', before: 'off', after: 'on' },
    { subject: 'archive_timeout', before: '0', after: '60' },
  ])
  expect(fields).toMatchObject({ restart_required: false, pending_restart: [], destination: 'auto' })
  expect(fields.settings).toMatchObject({
    work_mem: { value: '16384', unit: 'kB', sourcefile: `${live.host.dataDirectory}/postgresql.auto.conf` },
  })
  expect(await live.sql('SHOW work_mem')).toBe('16MB')
})

test('the same values in other words are no change', async () => {
  await bring({ settings: { work_mem: '16384kB', log_connections: 'yes', archive_timeout: '1min' } }, true)
  await bring({ name: 'work_mem', value: '16MB' }, true)
})

describe('A11: a restart that is needed', () => {
  test('is told, before and after, and not made', async () => {
    const started = await live.sql('SELECT pg_postmaster_start_time()')
    const { fields, before } = await bring({ name: 'max_connections', value: 77 })
    expect(fields).toMatchObject({ restart_required: true, pending_restart: ['max_connections'] })
    expect(
      set.result?.(before, {} as never, [{ subject: 'max_connections', before: '100', after: '77' }]),
    ).toMatchObject({
      restart_required: true,
    })
    expect(await live.sql('SELECT pg_postmaster_start_time()')).toBe(started)
    const again = await bring({ name: 'max_connections', value: 77 }, true)
    expect(again.fields).toMatchObject({ restart_required: true })
  })

  test('is no longer told once it happened', async () => {
    await live.host.postgres.stop()
    await live.host.postgres.start()
    const { fields } = await bring({ name: 'max_connections', value: 77 }, true)
    expect(fields).toMatchObject({ restart_required: false, pending_restart: [] })
  })
})

test('a setting is taken back', async () => {
  const { changes } = await bring({ name: 'work_mem', reset: true })
  expect(changes).toEqual([{ subject: 'work_mem', before: '16MB', after: '4MB' }])
  expect(await live.sql('SHOW work_mem')).toBe('4MB')
  await bring({ settings: { log_connections: null, archive_timeout: null } })
})

test('a file in an included folder is written', async () => {
  await live.host.exec(
    `cd '${live.host.dataDirectory}' && mkdir conf.d && echo "include_dir = 'conf.d'" >>postgresql.conf`,
  )
  const { fields } = await bring({ settings: { archive_timeout: '60s' }, destination: '50-archive.conf' })
  expect(fields.destination).toBe(`${live.host.dataDirectory}/conf.d/50-archive.conf`)
  const { stdout } = await live.host.exec(`cat '${live.host.dataDirectory}/conf.d/50-archive.conf'`)
  expect(stdout).toBe("# Written by Lifeboat (postgresql_set).\narchive_timeout = '60s'\n")
  expect(await live.sql('SHOW archive_timeout')).toBe('1min')
})

test('A12: ALTER SYSTEM beats conf.d, and the file would not count', async () => {
  await bring({ settings: { archive_timeout: '2min' } })
  await expect(refuse({ settings: { archive_timeout: '3min' }, destination: '50-archive.conf' })).rejects.toMatchObject(
    {
      code: 'postgres/shadowed',
      data: { file: `${live.host.dataDirectory}/postgresql.auto.conf` },
    },
  )
  expect(await live.sql('SHOW archive_timeout')).toBe('2min')
})

test.each<[Record<string, PlainValue>, string, string]>([
  [{ settings: { work_men: '8MB' } }, 'postgres/unknown-setting', 'knows no setting "work_men"'],
  [{ settings: { work_mem: 'lots' } }, 'postgres/bad-setting', '"lots" is not a value for work_mem'],
  [{ settings: { wal_level: 'full' } }, 'postgres/bad-setting', 'it must be one of minimal, replica, logical'],
  [{ settings: { block_size: 4096 } }, 'postgres/fixed-setting', 'block_size cannot be set: it is fixed at 8192'],
  [{}, 'module/bad-parameter', 'give settings, or name and value'],
  [{ name: 'work_mem' }, 'module/bad-parameter', 'work_mem has no value'],
  [{ settings: { work_mem: '8MB' }, destination: 'x.txt' }, 'module/bad-parameter', 'must be auto, the name of a file'],
])('%j is refused before anything is touched', async (params, code, message) => {
  const before = await live.host.exec(`cat '${live.host.dataDirectory}/postgresql.auto.conf'`)
  const error = await refuse(params).catch((thrown) => thrown.errors?.[0] ?? thrown)
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
  expect((await live.host.exec(`cat '${live.host.dataDirectory}/postgresql.auto.conf'`)).stdout).toBe(before.stdout)
})

test('A7: archive_command beside archive_library is refused', async () => {
  await bring({ settings: { archive_library: 'basic_archive' } })
  await expect(refuse({ settings: { archive_command: 'cp %p /x/%f' } })).rejects.toMatchObject({
    code: 'postgres/archive-conflict',
    hints: expect.arrayContaining(['archive_command = cp %p /x/%f', 'archive_library = basic_archive']),
  })
})

test('a cluster that is not running cannot be asked', async () => {
  await live.host.postgres.stop()
  await expect(refuse({ settings: { work_mem: '8MB' } })).rejects.toMatchObject({ code: 'postgres/not-running' })
  await live.host.postgres.start()
})
