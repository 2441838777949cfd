import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootHosts, type HostFleet } from '../fleet/hosts/index.ts'
import { archiveEverything, contentsOf, quieten, shell, sql } from './support/cluster.ts'
import { changedTasks, failuresOf, resultOf } from './support/document.ts'
import { Lifeboat } from './support/lifeboat.ts'

const databases = ['db15', 'db17']

let fleet: HostFleet
let lifeboat: Lifeboat

beforeAll(async () => {
  fleet = await bootHosts([
    { name: 'db15', suite: 'bookworm' },
    { name: 'db17', suite: 'trixie' },
    { name: 'backup1', suite: 'trixie', postgres: false, groups: ['repositories'] },
  ])
  // As a user has it: a variable of those that archive, and the repository host is none of them.
  mkdirSync(join(fleet.directory, 'group_vars'))
  writeFileSync(join(fleet.directory, 'group_vars/databases.yml'), 'repository: backup1:/srv/lifeboat\n')
  lifeboat = new Lifeboat(['-i', fleet.inventoryFile, '-b'])
})
afterAll(async () => {
  lifeboat?.close()
  await fleet?.close()
})

const onEach = <T>(work: (name: string) => Promise<T>): Promise<T[]> => Promise.all(databases.map(work))
const link = (name: string): string => `/var/lib/postgresql/.lifeboat/ssh/backup1/srv/lifeboat/${name}`
const asPostgres = { user: 'postgres' }

describe('a repository host over SSH', () => {
  it('is predicted by check mode, which changes nothing on either side', async () => {
    const hosts = databases.map((name) => fleet.host(name))
    const read = async () => [
      await contentsOf([fleet.host('backup1')], '/etc', '/srv'),
      await contentsOf(hosts, '/etc/postgresql', '/var/lib/postgresql'),
    ]
    await quieten(hosts)
    const before = await read()
    const { document, status } = await lifeboat.playJson('playbooks/archive.yml', '--check', '--diff')
    const after = await read()
    expect(failuresOf(document)).toBe('')
    expect(status).toBe(0)
    expect(after).toEqual(before)
    expect(changedTasks(document)).toEqual(TASKS)
  })

  it('is set up from nothing by archive.yml, and a segment arrives', async () => {
    const { document, status } = await lifeboat.playJson('playbooks/archive.yml')
    expect(failuresOf(document)).toBe('')
    expect(status).toBe(0)
    expect(changedTasks(document)).toEqual(TASKS)
    for (const name of databases) {
      const proof = resultOf(document, name, 'Prove that WAL arrives in the repository')
      expect(proof).toMatchObject({
        compared: true,
        path: expect.stringContaining(`backup1:/srv/lifeboat/${name}/wal/`),
      })
    }
  })

  it('reports changed=0 the second time', async () => {
    const { document } = await lifeboat.playJson('playbooks/archive.yml')
    expect(failuresOf(document)).toBe('')
    expect(changedTasks(document)).toEqual([])
    expect(Object.keys(document.stats).sort()).toEqual(databases)
  })

  it.each(['archive-off', 'backup', 'prune', 'verify'])('is itself left out of %s.yml', async (name) => {
    const { document } = await lifeboat.playJson(`playbooks/${name}.yml`, '--check')
    expect(Object.keys(document.stats).sort()).toEqual(databases)
  })

  it('belongs to a user without a password, whose files nobody else can read', async () => {
    const host = fleet.host('backup1')
    expect(await shell(host, "getent shadow lifeboat | cut -d: -f2; stat -c '%U %a' /srv/lifeboat/db15")).toBe(
      '*\nlifeboat 700',
    )
    expect(await shell(host, 'find /srv/lifeboat -type f \\( ! -user lifeboat -o -perm /077 \\) | head')).toBe('')
  })

  it('gets every segment as the server wrote it, many at a time', async () => {
    await onEach(async (name) => {
      const host = fleet.host(name)
      await sql(host, 'CREATE TABLE rows (t text)')
      for (let n = 0; n < 4; n += 1) {
        await sql(host, "INSERT INTO rows SELECT repeat('x', 500) FROM generate_series(1, 30000)")
        if (n < 3) await sql(host, 'SELECT pg_switch_wal()')
      }
      await archiveEverything(host)
    })
    await onEach(async (name) => {
      const data = await sql(fleet.host(name), 'SHOW data_directory')
      const segments = (await shell(fleet.host(name), `cd ${data}/pg_wal/archive_status && ls *.done`)).split('\n')
      expect(segments.length).toBeGreaterThan(3)
      for (const segment of segments
        .map((file) => file.replace('.done', ''))
        .filter((file) => /^[0-9A-F]{24}$/.test(file))) {
        const local = await shell(fleet.host(name), `sha256sum < ${data}/pg_wal/${segment}`)
        const stored = `/srv/lifeboat/${name}/wal/00000001/${segment}.zst`
        expect(await shell(fleet.host('backup1'), `zstd -dcq ${stored} | sha256sum`)).toBe(local)
      }
    })
  })

  it('is predicted to get a base backup of each host, and gets it, a tablespace too; then none for an hour', async () => {
    const host = fleet.host('db15')
    await shell(host, 'install -d -m 0700 -o postgres /srv/space')
    await sql(host, `CREATE TABLESPACE aside LOCATION '/srv/space'`)
    await sql(host, 'CREATE TABLE aside TABLESPACE aside AS SELECT generate_series(1, 1000) AS n')
    await sql(fleet.host('db17'), 'ALTER SYSTEM SET summarize_wal = on; SELECT pg_reload_conf()')
    await onEach(async (name) => {
      await sql(fleet.host(name), 'INSERT INTO rows VALUES (1)')
      await archiveEverything(fleet.host(name))
    })
    const before = await contentsOf([fleet.host('backup1')], '/srv')
    const predicted = await lifeboat.playJson('playbooks/backup.yml', '--check', '--diff')
    expect(failuresOf(predicted.document)).toBe('')
    expect(changedTasks(predicted.document)).toEqual(databases.map((name) => `${name}: Base backup`))
    expect(await contentsOf([fleet.host('backup1')], '/srv')).toEqual(before)
    const { document } = await lifeboat.playJson('playbooks/backup.yml', '-e', 'backup_throttle=1')
    expect(failuresOf(document)).toBe('')
    expect(changedTasks(document)).toEqual(databases.map((name) => `${name}: Base backup`))
    expect(resultOf(document, 'db15', 'Base backup')).toMatchObject({
      path: expect.stringMatching(/^backup1:\/srv\/lifeboat\/db15\/backup\/\d{8}T\d{6}Z-full$/),
      method: expect.stringMatching(/^pg_backup_start, /),
    })
    expect(
      await shell(fleet.host('backup1'), 'find /srv ! -user lifeboat -path "*backup/*"; ls /srv/lifeboat/*/backup -A'),
    ).not.toMatch(/incomplete|lock|root/)
    const again = await lifeboat.playJson('playbooks/backup.yml', '-e', 'backup_max_age=1h')
    expect(failuresOf(again.document)).toBe('')
    expect(changedTasks(again.document)).toEqual([])
  })

  it('B13: gets an increment, and all of it is found whole from the database hosts', async () => {
    const increment = ['-l', 'db17', '-e', 'backup_type=incremental']
    const { document } = await lifeboat.playJson('playbooks/backup.yml', ...increment)
    expect(failuresOf(document)).toBe('')
    expect(resultOf(document, 'db17', 'Base backup')).toMatchObject({
      type: 'incr',
      parent: expect.stringMatching(/-full$/),
    })
    for (const playbook of ['verify', 'check', 'catalogue']) {
      const outcome = await lifeboat.playJson(`playbooks/${playbook}.yml`)
      expect([playbook, failuresOf(outcome.document)]).toEqual([playbook, ''])
      if (playbook !== 'check') continue
      const { facts } = resultOf(outcome.document, 'db17', 'Check archive and backups')
      expect(facts).toMatchObject({ backups: 2, archive_chain_ok: true, repository_free: expect.any(Number) })
    }
  })

  it('is pruned where it is, but for what a host far away is reading', async () => {
    const { document } = await lifeboat.playJson('playbooks/backup.yml', '-l', 'db15')
    expect(failuresOf(document)).toBe('')
    const folder = '/srv/lifeboat/db15/backup'
    const [oldest = '', newest = ''] = (await shell(fleet.host('backup1'), `ls ${folder}`)).split('\n')
    const rules = ['-l', 'db15', '-e', 'keep_count=1', '-e', 'minimum=1']
    await shell(
      fleet.host('db15'),
      `cd ${link('db15')}
{ sh -c 'echo $$ > /tmp/reader; exec sleep 120' | ssh -F config repository 'hold reader ${oldest}' > /tmp/held; } > /dev/null 2>&1 < /dev/null &
until grep -q held /tmp/held; do sleep 0.1; done`,
      asPostgres,
    )
    const kept = await lifeboat.playJson('playbooks/prune.yml', ...rules)
    expect(failuresOf(kept.document)).toBe('')
    expect(await shell(fleet.host('backup1'), `ls ${folder}`)).toBe(`${oldest}\n${newest}`)
    await shell(fleet.host('db15'), 'kill $(cat /tmp/reader)', asPostgres)
    const pruned = await lifeboat.playJson('playbooks/prune.yml', ...rules)
    expect(failuresOf(pruned.document)).toBe('')
    expect(await shell(fleet.host('backup1'), `ls ${folder}`)).toBe(newest)
  })

  it("lets a standby's host into the folder of its primary, to back up into it, and takes that back", async () => {
    const standby = ['-l', 'db17', '-e', 'backup_from_standby=true', '-e', 'backup_name=db15', '--tags', 'key']
    const tasks = ['Lay the way to the repository host', 'Let that key in', 'Make the key for the repository host']
    const { document } = await lifeboat.playJson('playbooks/backup.yml', ...standby)
    expect(failuresOf(document)).toBe('')
    expect(changedTasks(document)).toEqual(tasks.map((task) => `db17: ${task}`))
    const ask = (call: string) => `cd ${link('db15')} && ssh -F config repository '${call}'`
    await shell(
      fleet.host('db17'),
      `${ask('begin 20260101T000000Z-full')} && ${ask('discard 20260101T000000Z-full')}`,
      asPostgres,
    )
    expect(changedTasks((await lifeboat.playJson('playbooks/backup.yml', ...standby)).document)).toEqual([])
    const off = await lifeboat.playJson('playbooks/repository-off.yml', '-l', 'db17', '-e', 'source=db15')
    expect(failuresOf(off.document)).toBe('')
    expect(await shell(fleet.host('backup1'), 'grep -c /srv/lifeboat/db15 ~lifeboat/.ssh/authorized_keys')).toBe('1')
  })

  it('lets the key of a host into its own folder alone, and nowhere else', async () => {
    const config = `cd ${link('db15')} && ssh -F config`
    const host = fleet.host('db15')
    expect(await shell(host, `${config} repository 'read identity.json' | grep -c system_identifier`, asPostgres)).toBe(
      '1',
    )
    for (const call of ['cat /srv/lifeboat/db17/identity.json', 'read ../db17/identity.json', 'bash', 'id']) {
      expect((await host.exec(`${config} repository '${call}'`, asPostgres)).status).toBe(77)
    }
    expect(
      (
        await host.exec(
          `${config} -N -L 7777:localhost:22 -o ControlPath=none -o ClearAllForwardings=no -o ExitOnForwardFailure=yes -f repository; ssh-keyscan -T 2 -p 7777 localhost 2>/dev/null | grep -c ssh-`,
          asPostgres,
        )
      ).stdout.trim(),
    ).toBe('0')
    expect(await shell(host, `stat -c '%U %a' ${link('db15')}/key`)).toBe('postgres 600')
    expect(await shell(fleet.host('backup1'), 'grep -rl "PRIVATE KEY" /srv/lifeboat /var/lib/lifeboat | wc -l')).toBe(
      '0',
    )
  })

  it('A3: while it cannot be reached nothing is lost, and what waited arrives afterwards', async () => {
    const host = fleet.host('db15')
    await fleet.host('backup1').disconnect()
    const failed = Number(await sql(host, 'SELECT failed_count FROM pg_stat_archiver'))
    for (let n = 0; n < 3; n += 1) await sql(host, 'INSERT INTO rows VALUES (1); SELECT pg_switch_wal()')
    await expect
      .poll(async () => Number(await sql(host, 'SELECT failed_count FROM pg_stat_archiver')), {
        timeout: 120_000,
        interval: 2000,
      })
      .toBeGreaterThan(failed)
    await fleet.host('backup1').reconnect()
    await sql(host, 'INSERT INTO rows VALUES (1)')
    await archiveEverything(host)
  })

  it('survives its own power cut', async () => {
    await fleet.host('backup1').kill()
    await fleet.host('backup1').start()
    const { document, status } = await lifeboat.playJson('playbooks/archive.yml')
    expect(failuresOf(document)).toBe('')
    expect(status).toBe(0)
    expect(changedTasks(document)).toEqual([])
  })

  it('is closed again by archive-off.yml, on both sides, and keeps the WAL', async () => {
    const { document, status } = await lifeboat.playJson('playbooks/archive-off.yml')
    expect(failuresOf(document)).toBe('')
    expect(status).toBe(0)
    expect(await shell(fleet.host('backup1'), 'cat ~lifeboat/.ssh/authorized_keys')).toBe('')
    for (const name of databases) {
      expect(await shell(fleet.host(name), 'ls -A ~postgres | grep -c lifeboat || true')).toBe('0')
      expect(
        Number(await shell(fleet.host('backup1'), `ls /srv/lifeboat/${name}/wal/00000001 | wc -l`)),
      ).toBeGreaterThan(3)
    }
    const again = await lifeboat.playJson('playbooks/archive-off.yml')
    expect(changedTasks(again.document)).toEqual([])
  })
})

const TASKS = databases
  .flatMap((name) => [
    `${name}: Make the key for the repository host`,
    `${name}: Open the repository to that key alone`,
    `${name}: Restart PostgreSQL`,
    `${name}: Set up the archive`,
  ])
  .sort()
