import { afterAll, beforeAll, expect, test } from 'vitest'
import info from '../../../src/modules/postgresql/postgresql_info.ts'
import { type LiveHost, startLiveHost } from '../../cluster/live-host.ts'
import { run } from '../harness.ts'

let live: LiveHost
beforeAll(async () => {
  live = await startLiveHost()
})
afterAll(() => live?.close())

const ask = async (): Promise<Record<string, unknown>> => {
  const { fields } = await run(info, { cluster: live.host.dataDirectory }, { session: live.session })
  return fields?.cluster as Record<string, unknown>
}

test('a running cluster tells everything of itself', async () => {
  const control = await live.host.exec(`LC_ALL=C pg_controldata '${live.host.dataDirectory}'`)
  expect(await ask()).toMatchObject({
    name: live.host.dataDirectory,
    major_version: live.host.postgresVersion,
    version: String(live.host.postgresVersion),
    layout: 'plain',
    running: true,
    port: live.host.port,
    socket_directory: live.host.socketDirectory,
    data_directory: live.host.dataDirectory,
    config_file: `${live.host.dataDirectory}/postgresql.conf`,
    hba_file: `${live.host.dataDirectory}/pg_hba.conf`,
    segment_size: 1024 * 1024,
    system_identifier: /system identifier: +(\d+)/.exec(control.stdout)?.[1],
    timeline: 1,
    in_recovery: false,
    archive_mode: 'off',
    archiver: { archived_count: 0, failed_count: 0, ready_files: 0, oldest_ready_time: null },
    pending_restart: [],
    tablespaces: [],
  })
})

test('A13: files that were moved are asked of the server, not guessed', async () => {
  const { home, dataDirectory } = live.host
  await live.host.exec(`mkdir '${home}/conf' && mv '${dataDirectory}'/pg_hba.conf '${dataDirectory}'/pg_ident.conf '${home}/conf/' &&
    mkdir '${dataDirectory}/parts' && echo "hba_file = '${home}/conf/pg_hba.conf'" >'${dataDirectory}/parts/x.conf' &&
    echo "include_dir = 'parts'" >>'${dataDirectory}/postgresql.conf'`)
  await live.host.exec(
    `pg_ctl -s -w -D '${dataDirectory}' -l /dev/null -o "-c ident_file='${home}/conf/pg_ident.conf'" restart`,
  )
  expect(await ask()).toMatchObject({ hba_file: `${home}/conf/pg_hba.conf`, ident_file: `${home}/conf/pg_ident.conf` })
})

test('settings that wait for a restart, tablespaces and files that wait for the archiver', async () => {
  await live.host.exec(`mkdir '${live.host.home}/ts 1'`)
  await live.sql(`CREATE TABLESPACE ts1 LOCATION '${live.host.home}/ts 1'`)
  await live.sql('ALTER SYSTEM SET max_connections = 42')
  await live.sql('ALTER SYSTEM SET archive_mode = on')
  await live.sql("ALTER SYSTEM SET archive_command = 'false'")
  await live.sql('SELECT pg_reload_conf()')
  await expect.poll(async () => (await ask()).pending_restart).toEqual(['archive_mode', 'max_connections'])
  expect((await ask()).tablespaces).toMatchObject([{ name: 'ts1', location: `${live.host.home}/ts 1` }])

  await live.host.exec(`pg_ctl -s -w -D '${live.host.dataDirectory}' -l /dev/null restart`)
  await live.sql("SELECT pg_logical_emit_message(false, 'x', 'x')")
  await live.sql('SELECT pg_switch_wal()')
  const { pending_restart, archiver } = await ask()
  expect(pending_restart).toEqual([])
  expect(archiver).toMatchObject({ ready_files: 1, oldest_ready_time: expect.stringMatching(/^\d{4}-.*Z$/) })
})

test('a cluster that is stopped is read from its control file', async () => {
  await live.host.postgres.stop()
  const stopped = await ask()
  expect(stopped).toMatchObject({ running: false, state: 'shut down', timeline: 1, segment_size: 1024 * 1024 })
})

test('all clusters of the host, whether they run or not', async () => {
  const mine = async () => {
    const { fields } = await run(info, {}, { session: live.session })
    const clusters = (fields?.clusters ?? []) as { name: string; running: boolean }[]
    return clusters.find((cluster) => cluster.name === live.host.dataDirectory)
  }
  await live.host.postgres.start()
  expect(await mine()).toMatchObject({ running: true, port: live.host.port })
})
