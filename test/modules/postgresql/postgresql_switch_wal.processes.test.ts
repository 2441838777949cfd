import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PlainValue } from '../../../src/base/value.ts'
import info from '../../../src/modules/postgresql/postgresql_info.ts'
import switchWal from '../../../src/modules/postgresql/postgresql_switch_wal.ts'
import { parseLsn } from '../../../src/postgres/lsn.ts'
import { parseWalHeader } from '../../../src/postgres/wal-header.ts'
import { lsnOfSegment, parseSegment, segmentName } from '../../../src/postgres/wal-segment.ts'
import { type LiveHost, startLiveHost } from '../../cluster/live-host.ts'
import { run } from '../harness.ts'

const MB = 1024 * 1024
let live: LiveHost
let archive: string

beforeAll(async () => {
  live = await startLiveHost()
  archive = `${live.host.home}/archive`
  await live.host.exec(`mkdir '${archive}'`)
  await live.sql('ALTER SYSTEM SET archive_mode = on')
  await live.sql(`ALTER SYSTEM SET archive_command = 'cp %p "${archive}/%f"'`)
  await live.host.postgres.stop()
  await live.host.postgres.start()
})
afterAll(() => live?.close())

const act = (params: Record<string, PlainValue> = {}, checkMode = false) =>
  run(switchWal, { cluster: live.host.dataDirectory, ...params }, { session: live.session, checkMode })
const write = (): Promise<string> => live.sql("SELECT pg_logical_emit_message(false, 'test', 'x')")
const archived = async (): Promise<string[]> => (await live.host.exec(`ls '${archive}'`)).stdout.trim().split('\n')

test('A21: the completed segment is in the archive, under the name computed for segments of 1 MB', async () => {
  await write()
  expect(await act({}, true)).toMatchObject({ changed: true })
  const { changed, fields } = await act({ wait_archived: true, timeout: '30s' })
  expect(changed).toBe(true)
  expect(fields).toMatchObject({ archived: true, timeline: 1 })
  const segment = String(fields?.segment)
  expect((await archived()).at(-1)).toBe(segment)

  const head = await live.session.run(`head -c 40 '${archive}/${segment}'`)
  expect(parseWalHeader(head.stdoutBytes)).toMatchObject({
    majorVersion: live.host.postgresVersion,
    timeline: 1,
    segmentSize: MB,
    pageAddress: lsnOfSegment(parseSegment(segment, MB).number, MB),
    systemIdentifier: await live.sql('SELECT system_identifier FROM pg_control_system()'),
  })
})

test('with nothing written since, nothing is switched, and check mode knows', async () => {
  const files = await archived()
  expect(await act({}, true)).toEqual({ changed: false })
  expect(await act({ wait_archived: true })).toMatchObject({ changed: false, fields: { segment: files.at(-1) } })
  expect(await archived()).toEqual(files)
})

test('A20: on a boundary the name is computed, for pg_walfile_name() changed its mind in 17', async () => {
  const boundary = '0/E00000'
  const ours = segmentName(1, parseLsn(boundary), MB)
  expect(ours).toBe('00000001000000000000000E')
  const theirs = await live.sql(`SELECT pg_walfile_name('${boundary}')`)
  expect(theirs).toBe(live.host.postgresVersion >= 17 ? ours : '00000001000000000000000D')
  expect(await live.sql(`SELECT pg_walfile_name('0/E00001')`)).toBe(ours)
})

test('a command that fails is told of', async () => {
  await live.sql("ALTER SYSTEM SET archive_command = 'false'")
  await live.sql('SELECT pg_reload_conf()')
  await expect.poll(() => live.sql('SHOW archive_command')).toBe('false')
  await write()
  await expect(act({ wait_archived: true, timeout: 3 })).rejects.toMatchObject({
    code: 'postgres/archive-timeout',
    message: expect.stringMatching(/^[0-9A-F]{24} is not archived after 3 s$/),
    hints: [expect.stringMatching(/^the archiver failed \d+ times, last at [0-9A-F]{24}/), expect.any(String)],
  })
  await live.sql("ALTER SYSTEM SET archive_command = ''")
  await live.sql('SELECT pg_reload_conf()')
  await expect.poll(() => live.sql('SHOW archive_command')).toBe('')
  await expect(act({ wait_archived: true })).rejects.toMatchObject({ code: 'postgres/not-archiving' })
})

test('A22: on timeline 16 names begin with 00000010', async () => {
  await live.host.postgres.stop()
  const reset = await live.host.exec(`pg_resetwal -f -l 000000100000000000000100 '${live.host.dataDirectory}'`)
  expect(reset.status).toBe(0)
  await live.host.postgres.start()
  await write()
  expect((await act()).fields).toMatchObject({ timeline: 16, segment: '000000100000000000000100' })
  const { fields } = await run(info, { cluster: live.host.dataDirectory }, { session: live.session })
  expect(fields?.cluster).toMatchObject({ timeline: 16 })
})
