import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, locateCluster } from '../../../src/cluster/locate.ts'
import { clusterStatus, restartCluster, startCluster, stopCluster } from '../../../src/cluster/service.ts'
import { reloadConfiguration } from '../../../src/cluster/settings.ts'
import { sql } from '../../../src/cluster/sql.ts'
import type { Connection, Session } from '../../../src/host/connection.ts'
import { openConnection } from '../../../src/host/open.ts'
import info from '../../../src/modules/postgresql/postgresql_info.ts'
import query from '../../../src/modules/postgresql/postgresql_query.ts'
import set from '../../../src/modules/postgresql/postgresql_set.ts'
import switchWal from '../../../src/modules/postgresql/postgresql_switch_wal.ts'
import { bootHosts, type HostFleet } from '../../fleet/hosts/index.ts'
import { RELEASES } from '../../fleet/hosts/releases.ts'
import { type ContextOptions, converge, predict, run } from '../harness.ts'

let fleet: HostFleet
const connections = new Map<number, Connection>()

beforeAll(async () => {
  fleet = await bootHosts(
    RELEASES.map(([suite, major]) => ({ name: `db${major}`, suite, ...(major === 15 ? { walSegmentSizeMB: 1 } : {}) })),
  )
  for (const [, major] of RELEASES) {
    const host = fleet.host(`db${major}`)
    // Debian's own clusters include conf.d; those of a fleet whose createcluster.conf was replaced do not.
    await host.exec(`cd /etc/postgresql/${major}/main && mkdir -p conf.d && chown postgres conf.d &&
      { grep -q ^include_dir postgresql.conf || echo "include_dir = 'conf.d'" >>postgresql.conf; }`)
    connections.set(
      major,
      openConnection(`db${major}`, {
        ansible_host: host.address,
        ansible_user: 'admin',
        ansible_ssh_private_key_file: fleet.privateKeyFile,
        ansible_ssh_common_args: `-o UserKnownHostsFile=${fleet.knownHostsFile}`,
      }),
    )
  }
})
afterAll(async () => {
  for (const connection of connections.values()) await connection.close()
  await fleet?.close()
})

const sessionOf = (major: number, user?: string): Promise<Session> => {
  const connection = connections.get(major)
  if (connection === undefined) throw new Error(`no connection to db${major}`)
  return connection.session(user === undefined || user === 'admin' ? undefined : { user, method: 'sudo' })
}
const as = async (major: number, user: string): Promise<ContextOptions> => ({
  session: await sessionOf(major, user),
  sessionAs: (other) => sessionOf(major, other),
})

describe.each(RELEASES)("Debian %s, PostgreSQL %i: Debian's layout", (_suite, major) => {
  const layout = {
    name: `${major}/main`,
    version: String(major),
    layout: 'debian',
    owner: 'postgres',
    port: 5432,
    socket_directory: '/var/run/postgresql',
    data_directory: `/var/lib/postgresql/${major}/main`,
    config_file: `/etc/postgresql/${major}/main/postgresql.conf`,
    hba_file: `/etc/postgresql/${major}/main/pg_hba.conf`,
    ident_file: `/etc/postgresql/${major}/main/pg_ident.conf`,
    bin_directory: `/usr/lib/postgresql/${major}/bin`,
    segment_size: major === 15 ? 1 << 20 : 16 << 20,
    timeline: 1,
    in_recovery: false,
  }

  test.each(['admin', 'root', 'postgres'])('A13: is described, when asked as %s', async (user) => {
    const { fields } = await run(info, {}, await as(major, user))
    expect(fields?.clusters).toHaveLength(1)
    expect(fields?.cluster).toMatchObject({ ...layout, running: true })
  })

  test('settings are written by ALTER SYSTEM or to conf.d, and converge', async () => {
    const options = await as(major, 'root')
    await converge(
      set,
      { settings: { work_mem: '16MB', wal_compression: true, log_min_duration_statement: '1min' } },
      options,
    )
    await converge(
      set,
      { settings: { work_mem: '16384kB', log_min_duration_statement: '60s' } },
      { ...options, ok: true },
    )
    const { fields } = await converge(
      set,
      { settings: { archive_timeout: '60s' }, destination: 'archive.conf' },
      options,
    )
    expect(fields.destination).toBe(`/etc/postgresql/${major}/main/conf.d/archive.conf`)
  })

  test('A12: ALTER SYSTEM beats conf.d, and the file would not count', async () => {
    const shadowed = predict(set, { settings: { work_mem: '8MB' }, destination: 'x.conf' }, await as(major, 'root'))
    await expect(shadowed).rejects.toMatchObject({ code: 'postgres/shadowed' })
  })

  test('A11: a restart is told, made through systemd, and then no longer told', async () => {
    const options = await as(major, 'root')
    const changed = await converge(set, { settings: { max_connections: 123 } }, options)
    expect(changed.fields).toMatchObject({ restart_required: true, pending_restart: ['max_connections'] })
    const root = await sessionOf(major, 'root')
    const cluster = await locateCluster(root)
    await restartCluster(root, cluster)
    const unit = await root.run(`systemctl is-active postgresql@${major}-main`)
    expect(unit.stdout).toBe('active\n')
    const after = await converge(set, { settings: { max_connections: 123 } }, { ...options, ok: true })
    expect(after.fields).toMatchObject({ restart_required: false, pending_restart: [] })
  })

  test('rows are typed, parameters safe', async () => {
    const rows = { query: 'SELECT 1 AS i, true AS b, array[1,2] AS l, $1::text AS t', params: ["it's \\ ä"] }
    const { fields } = await run(query, rows, await as(major, 'admin'))
    expect(fields?.query_result).toEqual([{ i: 1, b: true, l: [1, 2], t: "it's \\ ä" }])
    await expect(run(query, { query: 'SELECT nope' }, await as(major, 'admin'))).rejects.toMatchObject({
      data: { sqlstate: '42703' },
    })
  })

  test('A20, A21: a switched segment is archived under the computed name', async () => {
    const root = await sessionOf(major, 'root')
    await root.run('mkdir -p /srv/arch && chown postgres /srv/arch')
    const options = await as(major, 'root')
    await converge(set, { settings: { archive_mode: true, archive_command: 'cp %p "/srv/arch/%f"' } }, options)
    await restartCluster(root, await locateCluster(root))
    await run(query, { query: "SELECT pg_logical_emit_message(true, 'x', 'x')" }, options)
    const { fields } = await run(switchWal, { wait_archived: true }, options)
    const { stdout } = await root.run('ls /srv/arch | tail -n 1')
    expect(stdout.trim()).toBe(fields?.segment)
    expect((await run(switchWal, {}, options)).changed).toBe(false)
  })

  test('it is stopped and started, by root and by its owner', async () => {
    for (const user of ['root', 'postgres']) {
      const session = await sessionOf(major, user)
      const cluster: Cluster = await locateCluster(session)
      await stopCluster(session, cluster)
      expect(await clusterStatus(session, cluster)).toMatchObject({ state: 'stopped', crashed: false })
      const stopped = await run(info, {}, await as(major, 'admin'))
      expect(stopped.fields?.cluster).toMatchObject({ name: `${major}/main`, running: false, state: 'shut down' })
      await startCluster(session, cluster)
      expect(await clusterStatus(session, cluster)).toMatchObject({ state: 'running' })
    }
  })
})

test('A12: where PostgreSQL 17 forbids ALTER SYSTEM, conf.d is written', async () => {
  const options = await as(17, 'root')
  const root = await sessionOf(17, 'root')
  await converge(set, { settings: { work_mem: null } }, options)
  const file = '/etc/postgresql/17/main/conf.d/no.conf'
  await root.run(`echo 'allow_alter_system = off' >${file}; chmod 644 ${file}`)
  const owner = await sessionOf(17, 'postgres')
  await reloadConfiguration(sql(owner, await locateCluster(owner)))
  const { fields } = await converge(set, { settings: { work_mem: '32MB' } }, options)
  expect(fields.destination).toBe('/etc/postgresql/17/main/conf.d/lifeboat.conf')
})

test('R21: after a power cut the cluster is found as it is', async () => {
  const host = fleet.host('db15')
  await host.kill()
  await connections.get(15)?.close()
  await host.start()
  connections.set(
    15,
    openConnection('db15', {
      ansible_host: host.address,
      ansible_user: 'admin',
      ansible_ssh_private_key_file: fleet.privateKeyFile,
      ansible_ssh_common_args: `-o UserKnownHostsFile=${fleet.knownHostsFile}`,
    }),
  )
  const root = await sessionOf(15, 'root')
  const cluster = await locateCluster(root)
  await startCluster(root, cluster)
  expect(await clusterStatus(root, cluster)).toMatchObject({ state: 'running', stalePidFile: false })
})
