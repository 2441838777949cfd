import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, locateCluster } from '../../../src/cluster/locate.ts'
import { applySettings, inspectSettings, planSettings, reloadConfiguration } from '../../../src/cluster/settings.ts'
import { type Sql, sql } from '../../../src/cluster/sql.ts'
import { type LiveHost, startLiveHost } from '../live-host.ts'

let live: LiveHost
let cluster: Cluster
let db: Sql

beforeAll(async () => {
  live = await startLiveHost()
  cluster = await locateCluster(live.session, live.host.dataDirectory)
  db = sql(live.session, cluster)
  await live.host.exec(`mkdir '${live.host.dataDirectory}/conf.d'`)
  appendFileSync(`${live.host.dataDirectory}/postgresql.conf`, "\ninclude_dir = 'conf.d'\n")
})
afterAll(() => live?.close())
afterEach(async () => {
  await db.query('ALTER SYSTEM RESET ALL')
  await live.session.run(`rm -f '${live.host.dataDirectory}'/conf.d/*.conf`)
  await reloadConfiguration(db)
})

const plan = async (values: Record<string, string | null>, destination = 'auto') => {
  const { reading, wish } = await inspectSettings(live.session, db, { values, destination })
  return { reading, wish, changes: planSettings(reading, wish) }
}
const bring = async (values: Record<string, string | null>, destination = 'auto') => {
  const { wish, changes } = await plan(values, destination)
  await applySettings(live.session, db, wish, changes)
  return changes
}
const show = async (name: string): Promise<unknown> =>
  (await db.query('SELECT current_setting($1) AS value', [name])).rows[0]?.value

describe('A12', () => {
  test('A12: ALTER SYSTEM beats conf.d, and a write to conf.d says so before it is made', async () => {
    await bring({ work_mem: '16MB' })
    await expect(plan({ work_mem: '8MB' }, '50-ours.conf')).rejects.toMatchObject({
      code: 'postgres/shadowed',
      message: `work_mem in ${live.host.dataDirectory}/conf.d/50-ours.conf would not count: ${live.host.dataDirectory}/postgresql.auto.conf line 3 beats it`,
    })
    expect(await show('work_mem')).toBe('16MB')
  })

  test('A12: of files in conf.d the later name wins, and is named', async () => {
    await bring({ work_mem: '16MB' }, '90-theirs.conf')
    await expect(plan({ work_mem: '8MB' }, '50-ours.conf')).rejects.toThrow('90-theirs.conf line 2 beats it')
    expect(await bring({ work_mem: '8MB' }, '95-ours.conf')).toHaveLength(1)
    expect(await show('work_mem')).toBe('8MB')
  })

  test('A12: what the command line of the server says cannot be set', async () => {
    const directory = live.host.dataDirectory
    await live.host.exec(`pg_ctl -s -w -D '${directory}' -o '-c work_mem=5MB' -l /dev/null restart`)
    await expect(plan({ work_mem: '8MB' })).rejects.toThrow('work_mem is given on the command line of the server: 5120')
    expect((await plan({ work_mem: '5MB' })).changes).toEqual([])
    await live.host.postgres.stop()
    await live.host.postgres.start()
  })
})

describe('A11', () => {
  test('A11: a setting that needs a restart is loaded, flagged and never restarted for', async () => {
    const before = await db.query('SELECT pg_postmaster_start_time() AS at')
    await bring({ max_connections: '123', work_mem: '8MB' })
    const { reading, changes } = await plan({ max_connections: '123', work_mem: '8MB' })
    expect(changes).toEqual([])
    expect(reading.pendingRestart).toEqual(['max_connections'])
    expect(await show('work_mem')).toBe('8MB')
    expect((await db.query('SELECT pg_postmaster_start_time() AS at')).rows).toEqual(before.rows)
  })

  test('A11: a broken file is found before the reload, which would ignore all files in silence', async () => {
    writeFileSync(`${live.host.dataDirectory}/conf.d/broken.conf`, 'work_mem = 8MB\nthis is no setting at all\n')
    await expect(reloadConfiguration(db)).rejects.toMatchObject({
      code: 'postgres/broken-configuration',
      message: `${live.host.dataDirectory}/conf.d/broken.conf line 2: syntax error`,
    })
    writeFileSync(`${live.host.dataDirectory}/conf.d/broken.conf`, 'work_mem = a lot\n')
    await expect(reloadConfiguration(db)).rejects.toMatchObject({ code: 'postgres/broken-configuration' })
    rmSync(`${live.host.dataDirectory}/conf.d/broken.conf`)
    await reloadConfiguration(db)
  })

  test('A11: after a reload every new connection has the value', async () => {
    for (const value of ['1MB', '2MB', '3MB']) {
      await bring({ work_mem: value })
      expect(await show('work_mem')).toBe(value)
    }
  })

  test('A11: a file that was edited and not loaded is loaded', async () => {
    writeFileSync(`${live.host.dataDirectory}/conf.d/hand.conf`, "work_mem = '7MB'\n")
    expect(await show('work_mem')).toBe('4MB')
    expect(await bring({ work_mem: '7168kB' })).toEqual([{ subject: 'work_mem', before: '4MB', after: '7168kB' }])
    expect(await show('work_mem')).toBe('7MB')
  })
})

describe('A7', () => {
  test('A7: archive_command and archive_library are not set together', async () => {
    await bring({ archive_command: 'cp %p /nowhere/%f' })
    await expect(plan({ archive_library: 'basic_archive' })).rejects.toMatchObject({
      code: 'postgres/archive-conflict',
    })
    expect((await plan({ archive_library: 'basic_archive', archive_command: '' })).changes).toHaveLength(2)
  })
})

test('A6: any text comes back as it was written, by ALTER SYSTEM and in a file', async () => {
  const value = `/a b/push "%p" 'it''s' $HOME \\x %% ä # no comment`
  for (const destination of ['auto', '50-ours.conf']) {
    await bring({ archive_command: value }, destination)
    const { reading } = await plan({ archive_command: value })
    expect(reading.lines.filter((line) => line.name === 'archive_command').at(-1)?.value).toBe(value)
    await bring({ archive_command: null }, destination)
  }
})

test('lists of names keep their items', async () => {
  await bring({ session_preload_libraries: 'auto_explain, pg_prewarm', temp_tablespaces: '' })
  expect(await show('session_preload_libraries')).toBe('auto_explain, pg_prewarm')
  await bring({ session_preload_libraries: '' })
  expect(await show('session_preload_libraries')).toBe('')
})

test('a file keeps its other lines, mode and owner', async () => {
  const path = `${live.host.dataDirectory}/conf.d/50-ours.conf`
  await live.host.exec(
    `umask 077; printf '# mine\\nwork_mem = 8MB # big\\nmaintenance_work_mem = 65MB\\n' >'${path}'; chmod 640 '${path}'`,
  )
  await reloadConfiguration(db)
  await bring({ work_mem: '9MB' }, '50-ours.conf')
  expect(readFileSync(path, 'utf8')).toBe("# mine\nwork_mem = '9MB'\t# big\nmaintenance_work_mem = 65MB\n")
  const { stdout } = await live.host.exec(`stat -c '%a %U' '${path}'; ls '${live.host.dataDirectory}/conf.d'`)
  expect(stdout).toBe(`640 ${live.fleet.user}\n50-ours.conf\n`)
})
