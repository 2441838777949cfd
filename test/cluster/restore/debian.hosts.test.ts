import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LifeboatError } from '../../../src/base/errors.ts'
import type { PlainValue } from '../../../src/base/value.ts'
import type { Connection, Session } from '../../../src/host/connection.ts'
import { openConnection } from '../../../src/host/open.ts'
import { parseArguments } from '../../../src/modules/arguments.ts'
import type { ModuleContext, StateModule } from '../../../src/modules/contract.ts'
import postgresql_archive from '../../../src/modules/postgresql/postgresql_archive.ts'
import postgresql_backup from '../../../src/modules/postgresql/postgresql_backup.ts'
import postgresql_restore from '../../../src/modules/postgresql/postgresql_restore.ts'
import postgresql_verify from '../../../src/modules/postgresql/postgresql_verify.ts'
import { bootHosts, type HostFleet } from '../../fleet/hosts/index.ts'
import { RELEASES } from '../../fleet/hosts/releases.ts'
import { context, run } from '../../modules/harness.ts'
import { NOW } from './restore-fleet.ts'

let fleet: HostFleet
let runs = 0
const connections = new Map<string, Connection>()

beforeAll(async () => {
  const hosts = RELEASES.flatMap(([suite, major]) => [
    { name: `db${major}`, suite, walSegmentSizeMB: 1 },
    { name: `spare${major}`, suite, walSegmentSizeMB: 1 },
  ])
  fleet = await bootHosts(hosts)
  for (const { name } of hosts) {
    await fleet.host(name).exec('systemctl is-system-running --wait', { stdin: '' })
    const connection = openConnection(name, {
      ansible_host: fleet.host(name).address,
      ansible_user: 'admin',
      ansible_ssh_private_key_file: fleet.privateKeyFile,
      ansible_ssh_common_args: `-o UserKnownHostsFile=${fleet.knownHostsFile}`,
    })
    connections.set(name, connection)
  }
})
afterAll(async () => {
  for (const connection of connections.values()) await connection.close()
  await fleet?.close()
})

const as = (name: string, user: string): Promise<Session> => {
  const connection = connections.get(name)
  if (!connection) throw new Error(`there is no connection to ${name}`)
  return connection.session({ user, method: 'sudo' })
}

const contextOf = async (name: string): Promise<ModuleContext> => ({
  ...context({ session: await as(name, 'root'), sessionAs: (user) => as(name, user), runId: `run-${runs++}` }),
  host: name,
})

type Module = StateModule<never, never>

const play = async (name: string, module: unknown, wish: Record<string, PlainValue>) => {
  const { inspect, diff, apply, result } = module as Module
  const ctx = await contextOf(name)
  const params = parseArguments('module', module as never, { repository: '/mnt/shared/lifeboat', ...wish }) as never
  const before = await inspect(ctx, params)
  const changes = diff(before, params)
  if (changes.length > 0) await apply(ctx, params, changes, before)
  const after = changes.length > 0 ? await inspect(ctx, params, before) : before
  expect(diff(after, params, before)).toEqual([])
  return { changes, fields: (result?.(after, params, changes) ?? {}) as Record<string, unknown> }
}

const shell = async (name: string, script: string, user = 'postgres'): Promise<string> => {
  const { status, stdout, stderr } = await fleet.host(name).exec(script, { user, stdin: '' })
  if (status !== 0) throw new Error(`${name}: ${script}\n${stderr}`)
  return stdout.trim()
}

const sql = async (name: string, ...statements: string[]): Promise<string> => {
  const stdin = `${statements.join(';\n')};\n`
  const { status, stdout, stderr } = await fleet
    .host(name)
    .exec('psql -XAtq -v ON_ERROR_STOP=1', { user: 'postgres', stdin })
  if (status !== 0) throw new Error(`${name}: ${statements.join('; ')}\n${stderr}`)
  return stdout.trim()
}

describe.each(RELEASES)('%s, PostgreSQL %i', (_suite, major) => {
  const source = `db${major}`
  const spare = `spare${major}`
  const at: Record<string, string> = {}
  const rows = (name: string) => sql(name, "SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")
  const restore = (wish: Record<string, PlainValue>) =>
    play(spare, postgresql_restore, { source, replace: true, ...wish })
  const switchWal = async () => {
    const segment = (await sql(source, 'SELECT pg_walfile_name(pg_current_wal_lsn())', 'SELECT pg_switch_wal()')).split(
      '\n',
    )[0]
    await shell(
      source,
      `n=0; until ls /mnt/shared/lifeboat/${source}/wal/*/${segment}* >/dev/null 2>&1; do n=$((n+1)); [ $n -lt 200 ] || exit 1; sleep 0.05; done`,
    )
  }

  test('a source is archived, backed up and written to', async () => {
    await play(source, postgresql_archive, {})
    await sql(
      source,
      "ALTER SYSTEM SET listen_addresses = '*'",
      "CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'secret'",
    )
    await shell(source, `echo 'host replication replicator all md5' >> /etc/postgresql/${major}/main/pg_hba.conf`)
    await shell(source, `systemctl restart postgresql@${major}-main`, 'root')
    await sql(source, 'CREATE TABLE t (i int)', 'INSERT INTO t VALUES (1)')
    await play(source, postgresql_backup, {})
    await sql(source, 'INSERT INTO t VALUES (2)')
    at.time = (await sql(source, 'SELECT pg_sleep(0.01)', NOW)).split('\n').at(-1) ?? ''
    await sql(source, 'INSERT INTO t VALUES (3)', "SELECT pg_create_restore_point('three')")
    at.lsn = await sql(source, 'SELECT pg_current_wal_insert_lsn()')
    await sql(source, 'INSERT INTO t VALUES (4)')
    await switchWal()
  })

  test('its repository is verified', async () => {
    const found = await run(
      postgresql_verify,
      { repository: '/mnt/shared/lifeboat' },
      {
        session: await as(source, 'root'),
        sessionAs: (user) => as(source, user),
      },
    ).catch((error: LifeboatError) => error)
    // The harness runs as "localhost", under which nothing was archived.
    expect((found as LifeboatError).code).toBe('archive/no-identity')
    const { failed, fields } = await run(
      postgresql_verify,
      { repository: '/mnt/shared/lifeboat', source },
      {
        session: await as(source, 'root'),
        sessionAs: (user) => as(source, user),
      },
    )
    expect(fields?.problems).toEqual([])
    expect(failed).toBeUndefined()
    expect(fields?.files).toMatchObject({ contents: major >= 18 })
  })

  test('another host with a running cluster is refused without replace, and left alone', async () => {
    const before = await shell(spare, `cat /var/lib/postgresql/${major}/main/postmaster.pid`)
    const error = await restore({ replace: false }).catch((thrown: LifeboatError) => thrown)
    expect((error as LifeboatError).code).toBe('restore/cluster-running')
    expect(await shell(spare, `cat /var/lib/postgresql/${major}/main/postmaster.pid`)).toBe(before)
  })

  test.each([
    ['time', '1 2'],
    ['name', '1 2 3'],
    ['lsn', '1 2 3'],
    ['latest', '1 2 3 4'],
  ])('to %s: the rows of that moment, in a cluster that systemd runs', async (kind, expected) => {
    const wish =
      kind === 'latest' ? {} : kind === 'name' ? { target_name: 'three' } : { [`target_${kind}`]: at[kind] ?? '' }
    const { fields } = await restore(wish)
    expect(await rows(spare)).toBe(expected)
    expect(fields.new_timeline).toBe(2)
    // Debian's unit watches the server for two seconds more, which the restore does not wait for.
    const unit = `i=0; until systemctl is-active postgresql@${major}-main || [ $i -ge 50 ]; do sleep 0.1; i=$((i + 1)); done`
    expect((await shell(spare, unit, 'root')).split('\n').at(-1)).toBe('active')
    expect(await sql(spare, 'SHOW config_file', 'SHOW hba_file', 'SHOW archive_mode')).toBe(
      `/etc/postgresql/${major}/main/postgresql.conf\n/etc/postgresql/${major}/main/pg_hba.conf\noff`,
    )
    expect((await restore(wish)).changes).toEqual([])
    expect(await shell(spare, `ls -d ${fields.set_aside}/base`)).toBeTruthy()
  })

  test('a standby streams through its slot, and systemd keeps it one', async () => {
    const primary = `host=${fleet.host(source).address} user=replicator password=secret`
    const wish = { target_action: 'standby', primary, primary_slot: 'spare', create_slot: true }
    const { fields } = await restore(wish)
    expect(fields.standby).toMatchObject({ streaming: true, slot: 'spare' })
    expect(await sql(source, 'SELECT slot_type, active FROM pg_replication_slots')).toBe('physical|t')
    await shell(spare, `systemctl restart postgresql@${major}-main`, 'root')
    await sql(source, 'INSERT INTO t VALUES (5)')
    await expect.poll(() => rows(spare), { timeout: 20_000 }).toBe('1 2 3 4 5')
    expect(await sql(spare, 'SELECT pg_is_in_recovery()', 'SHOW config_file')).toBe(
      `t\n/etc/postgresql/${major}/main/postgresql.conf`,
    )
    await expect.poll(async () => (await restore(wish)).changes, { timeout: 20_000 }).toEqual([])
  })
})
