import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootHosts, type FleetHost, type HostFleet } from '../fleet/hosts/index.ts'
import { archiveEverything, shell, sql } from './support/cluster.ts'
import { changedTasks, failuresOf, resultOf } from './support/document.ts'
import { Lifeboat, type Running } from './support/lifeboat.ts'

const repository = '/mnt/shared/lifeboat'
/** Rows that make about 150 MB which do not compress. */
const BIG = `CREATE TABLE big AS SELECT g AS id, (SELECT string_agg(md5(g::text || i), '') FROM generate_series(1, 15) AS i)
  AS noise FROM generate_series(1, 250000) AS g`

let fleet: HostFleet
let lifeboat: Lifeboat

beforeAll(async () => {
  fleet = await bootHosts([
    { name: 'db13', suite: 'bullseye' },
    { name: 'db15', suite: 'bookworm' },
    { name: 'spare', suite: 'bookworm' },
  ])
  lifeboat = new Lifeboat(['-i', fleet.inventoryFile, '-b', '-e', `repository=${repository}`])
  // Before archiving begins, so that these rows are in the backup and not in a hundred segments.
  await Promise.all([fleet.host('db13'), fleet.host('db15')].map((host) => sql(host, BIG)))
  const archive = await lifeboat.playJson('playbooks/archive.yml', '-l', 'db13,db15')
  expect(archive.status, failuresOf(archive.document)).toBe(0)
})

afterAll(async () => {
  lifeboat?.close()
  await fleet?.close()
})

/** Waits until a script on a host succeeds; an error where the run ends before. */
const until = async (run: Running, host: FleetHost, script: string): Promise<void> => {
  for (const began = Date.now(); Date.now() - began < 120_000; await sleep(20)) {
    if ((await host.exec(script)).status === 0) return
    if (run.child.exitCode !== null)
      throw new Error(`it ended too early:\n${JSON.stringify(await run.outcome, undefined, 2)}`)
  }
  throw new Error(`${host.name} never came to: ${script}`)
}

/** kill -9 of the controller: it has no chance to say goodbye. */
const kill = async (run: Running): Promise<void> => {
  run.child.kill('SIGKILL')
  expect((await run.outcome).signal).toBe('SIGKILL')
}

/** Processes that work on a backup or a restore. The brackets keep the pattern from finding itself. */
const workers = (host: FleetHost): Promise<string> =>
  shell(host, `pgrep -af '[p]g_basebackup|[t]ar -|[w]alsender|[p]g_verifybackup|[p]g_receivewal' || true`, {
    user: 'postgres',
  })

describe('a base backup that is cut off', () => {
  const backupsOf = (host: FleetHost): string => `${repository}/${host.name}/backup`
  const half = (host: FleetHost): string => `[ "$(du -sm ${backupsOf(host)}/*.incomplete | cut -f 1)" -ge 20 ]`

  const startSlowly = (host: FleetHost): Running => {
    const playbook = join(fleet.directory, 'slow-backup.yml')
    writeFileSync(
      playbook,
      `- hosts: ${host.name}
  gather_facts: false
  tasks:
    - name: Base backup
      postgresql_backup:
        repository: ${repository}
        max_rate: 16MB
`,
    )
    return lifeboat.startPlay(playbook, '-e', `ansible_ssh_extra_args='-o ServerAliveInterval=1'`)
  }

  /** The next run takes a backup, and then that is all there is. */
  const expectNextToSucceed = async (host: FleetHost): Promise<void> => {
    const { status, document } = await lifeboat.playJson('playbooks/backup.yml', '-l', host.name)
    expect(status, failuresOf(document)).toBe(0)
    expect(changedTasks(document)).toEqual([`${host.name}: Base backup`])
    expect(await shell(host, `ls -A ${backupsOf(host)}`)).toMatch(/^\d{8}T\d{6}Z-full$/)
    expect(await workers(host)).toBe('')
    // The server is not left in a backup, and nothing keeps its WAL back.
    expect(await sql(host, 'SELECT count(*) FROM pg_stat_replication')).toBe('0')
    expect(await sql(host, 'SELECT count(*) FROM pg_replication_slots')).toBe('0')
    const verified = await lifeboat.playJson('playbooks/verify.yml', '-l', host.name)
    expect(verified.status, failuresOf(verified.document)).toBe(0)
  }

  it.each(['db13', 'db15'])(
    'by kill -9 of the controller, on %s: the next run succeeds and nothing is left',
    async (name) => {
      const host = fleet.host(name)
      const run = startSlowly(host)
      await until(run, host, half(host))
      await kill(run)
      await expectNextToSucceed(host)
    },
  )

  it('by a power cut of the host: the next run finds the remains, removes them and succeeds', async () => {
    const host = fleet.host('db15')
    await shell(host, `rm -r ${backupsOf(host)}/*-full`)
    const run = startSlowly(host)
    await until(run, host, half(host))
    await host.kill()
    expect((await run.outcome).status).toBe(4)
    await host.start()
    expect(await shell(host, `ls ${backupsOf(host)}`)).toMatch(/\.incomplete$/)
    await expectNextToSucceed(host)
  })
})

describe('kill -9 of the controller in the middle of a restore', () => {
  const data = '/var/lib/postgresql/15/main'
  const restoreArgs = ['-l', 'spare', '-e', 'source=db15', '-e', 'replace=true']
  let spare: FleetHost

  beforeAll(async () => {
    spare = fleet.host('spare')
    await sql(spare, `CREATE TABLE precious AS SELECT 'do not lose me' AS note`)
    // Enough WAL that replaying it takes a while.
    const source = fleet.host('db15')
    await sql(source, 'CREATE TABLE after_the_backup AS SELECT * FROM big WHERE id <= 100000')
    await archiveEverything(source)
  })

  /** What a restore leaves beside the data directory. */
  const beside = async (): Promise<string[]> =>
    (await shell(spare, `cd ${data}/.. && ls -A`)).split('\n').filter((name) => name !== 'main')

  it('while it unpacks: the old cluster never stopped, and the next run starts over', async () => {
    const started = await sql(spare, 'SELECT pg_postmaster_start_time()')
    const run = lifeboat.startPlay('playbooks/restore.yml', ...restoreArgs)
    await until(run, spare, `[ "$(du -sm ${data}.incomplete-* | cut -f 1)" -ge 60 ]`)
    await kill(run)
    expect(await sql(spare, 'SELECT note FROM precious')).toBe('do not lose me')
    expect(await sql(spare, 'SELECT pg_postmaster_start_time()')).toBe(started)
    expect(await beside()).not.toEqual([])
  })

  it('while it recovers: the old cluster lies aside, whole, and the next run succeeds', async () => {
    const run = lifeboat.startPlay('playbooks/restore.yml', ...restoreArgs)
    await until(run, spare, `[ -d ${data}.before-* ] && [ -e ${data}/postmaster.pid ]`)
    await kill(run)

    const next = await lifeboat.playJson('playbooks/restore.yml', ...restoreArgs)
    expect(next.status, failuresOf(next.document)).toBe(0)
    expect(await sql(spare, 'SELECT count(*) FROM big')).toBe('250000')
    expect(await sql(spare, 'SELECT count(*) FROM after_the_backup')).toBe('100000')
    expect(await sql(spare, 'SELECT pg_is_in_recovery()')).toBe('f')
  })

  it('leaves nothing but the old cluster, and that one starts', async () => {
    const [aside, ...others] = await beside()
    expect(others).toEqual([])
    expect(aside).toMatch(/^main\.before-/)
    expect(await workers(spare)).toBe('')
    const server = `/usr/lib/postgresql/15/bin/pg_ctl -D ${data}/../${aside} -w`
    const options =
      '-c config_file=/etc/postgresql/15/main/postgresql.conf -c port=5499 -c external_pid_file=/tmp/old.pid'
    await shell(
      spare,
      `${server} -o "${options} -c data_directory=${data}/../${aside}" -l /tmp/old.log start >/dev/null || { cat /tmp/old.log; exit 1; }`,
      { user: 'postgres' },
    )
    expect(await shell(spare, 'psql -p 5499 -XAtc "SELECT note FROM precious"', { user: 'postgres' })).toBe(
      'do not lose me',
    )
    await shell(spare, `${server} -m fast stop >/dev/null`, { user: 'postgres' })
  })

  it('is over: a further run finds nothing to do', async () => {
    const again = await lifeboat.playJson('playbooks/restore.yml', ...restoreArgs)
    expect(again.status, failuresOf(again.document)).toBe(0)
    expect(changedTasks(again.document)).toEqual([])
    expect(resultOf(again.document, 'spare', 'Restore').set_aside).toMatch(/main\.before-/)
  })
})
