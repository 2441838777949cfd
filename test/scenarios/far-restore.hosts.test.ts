import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootHosts, type FleetHost, type HostFleet } from '../fleet/hosts/index.ts'
import { archiveEverything, clock, contentsOf, differences, quieten, shell, sql, startedAt } from './support/cluster.ts'
import { changedTasks, failuresOf, type RunDocument, resultOf } from './support/document.ts'
import { Lifeboat, type PlayOutcome } from './support/lifeboat.ts'

const folder = '/srv/lifeboat/source'
const SUMMARY = `SELECT count(*) || ' rows to ' || max(id) FROM orders`
const KEY_TASKS = ['Make the key for the repository host', 'Let that key in', 'Lay the way to the repository host']

let fleet: HostFleet
let lifeboat: Lifeboat
let source: FleetHost
let target: FleetHost
let store: FleetHost

const restore = (...args: readonly string[]): Promise<PlayOutcome> =>
  lifeboat.playJson('playbooks/restore.yml', '-l', 'target', '-e', 'source=source', '-e', 'replace=true', ...args)
const done = async (outcome: Promise<PlayOutcome>): Promise<RunDocument> => {
  const { document, status } = await outcome
  expect(failuresOf(document)).toBe('')
  expect(status).toBe(0)
  return document
}
const onTarget = (...tasks: readonly string[]): string[] => tasks.map((task) => `target: ${task}`).sort()
const rows = (from: number): Promise<string> =>
  sql(source, `INSERT INTO orders SELECT g, repeat('x', 200) FROM generate_series(${from}, ${from + 99}) g`)
const segments = async (): Promise<string[]> =>
  (await shell(store, `ls ${folder}/wal/00000001`)).split('\n').filter((name) => /^[0-9A-F]{24}\.zst$/.test(name))

beforeAll(async () => {
  fleet = await bootHosts([
    { name: 'source', suite: 'trixie', walSegmentSizeMB: 1, groups: ['sources'] },
    { name: 'target', suite: 'trixie', walSegmentSizeMB: 1, groups: ['targets'] },
    { name: 'backup1', suite: 'trixie', postgres: false, groups: ['stores'] },
  ])
  source = fleet.host('source')
  target = fleet.host('target')
  store = fleet.host('backup1')
  lifeboat = new Lifeboat(['-i', fleet.inventoryFile, '-b', '-e', 'repository=backup1:/srv/lifeboat'])
})
afterAll(async () => {
  lifeboat?.close()
  await fleet?.close()
})

describe('a restore from a repository host onto a host that was never set up', () => {
  let last: string

  it('B13: has a full backup and an increment to restore, and WAL behind them', async () => {
    await sql(source, 'ALTER SYSTEM SET summarize_wal = on; SELECT pg_reload_conf()')
    await shell(source, 'install -d -m 0700 -o postgres /srv/space')
    await sql(source, `CREATE TABLESPACE far LOCATION '/srv/space'`)
    await sql(source, 'CREATE TABLE orders (id int PRIMARY KEY, item text) TABLESPACE far')
    await done(lifeboat.playJson('playbooks/archive.yml', '-l', 'source'))
    for (const [from, type] of [
      [1, 'full'],
      [101, 'incremental'],
    ] as const) {
      await rows(from)
      const document = await done(
        lifeboat.playJson('playbooks/backup.yml', '-l', 'source', '-e', `backup_type=${type}`),
      )
      last = String(resultOf(document, 'source', 'Base backup').id)
    }
    expect(last).toMatch(/-incr$/)
    for (const from of [201, 301]) {
      await rows(from)
      await archiveEverything(source)
    }
    await shell(target, 'install -d -m 0700 -o postgres /srv/space')
  })

  it('is predicted by check mode as far as it can be, changing nothing', async () => {
    await quieten([source, target])
    const read = async () =>
      new Map([
        ...(await contentsOf([store], '/srv', '/var/lib/lifeboat')),
        ...(await contentsOf([target], '/srv', '/var/lib/postgresql', '/etc/postgresql')),
      ])
    const before = await read()
    const document = await done(restore('--check', '--diff'))
    expect(differences(before, await read())).toEqual([])
    expect(changedTasks(document)).toEqual(onTarget(...KEY_TASKS, 'Restore'))
    expect(document.warnings.join('\n')).toContain('this host has no key for backup1:/srv/lifeboat/source')
  })

  it('makes a key that only reads, and then check mode shows the plan', async () => {
    expect(changedTasks(await done(restore('--tags', 'key')))).toEqual(onTarget(...KEY_TASKS))
    const ssh = 'cd ~/.lifeboat/ssh/backup1/srv/lifeboat/source && ssh -F config repository'
    const asPostgres = { user: 'postgres' }
    expect((await target.exec(`${ssh} 'discard ${last}'`, asPostgres)).status).toBe(77)
    expect((await target.exec(`${ssh} 'read ../target/identity.json'`, asPostgres)).status).toBe(77)
    const document = await done(restore('--check', '--diff'))
    expect(changedTasks(document)).toEqual(onTarget('Restore'))
    expect(resultOf(document, 'target', 'Restore')).toMatchObject({ backup: last, source: `backup1:${folder}` })
  })

  it('X-4, R3: is refused while the server still runs where a segment is missing or damaged over there', async () => {
    const started = await startedAt(target)
    const victim = (await segments()).at(-2) ?? ''
    const file = `${folder}/wal/00000001/${victim}`
    for (const [how, code] of [
      [`rm ${file}`, 'restore/wal-missing'],
      [`truncate -s 500 ${file}`, 'restore/wal-unreadable'],
    ] as const) {
      await shell(store, `cp -p ${file} /srv/kept && ${how}`)
      const { document, status } = await restore()
      expect(status).toBe(2)
      expect(failuresOf(document)).toContain(code)
      expect(failuresOf(document)).toContain(victim.replace('.zst', ''))
      expect(await startedAt(target)).toBe(started)
      expect(await shell(target, 'ls /var/lib/postgresql/17')).toBe('main')
      await shell(store, `cp -p /srv/kept ${file}`)
    }
  })

  it('brings everything, host to host, and is done once', async () => {
    const document = await done(restore())
    expect(changedTasks(document)).toEqual(onTarget('Restore'))
    expect(await sql(target, SUMMARY)).toBe('400 rows to 400')
    expect(await sql(target, 'SELECT pg_is_in_recovery()')).toBe('f')
    expect(await sql(target, 'SHOW archive_mode')).toBe('off')
    expect(changedTasks(await done(restore()))).toEqual([])
    expect(await shell(store, `find ${folder} -name '.reading-*'`)).toBe('')
  })

  it('is verified from there every day, which reads only what is new', async () => {
    const verify = async () => {
      const document = await done(
        lifeboat.playJson('playbooks/verify.yml', '-l', 'target,backup1', '-e', 'source=source'),
      )
      expect(changedTasks(document)).toEqual([])
      return (
        resultOf(document, 'target', 'Verify backup and chain').chains as { segments: number; recalled: number }[]
      )[0]
    }
    const first = await verify()
    expect(first?.segments).toBeGreaterThan(2)
    expect(await verify()).toMatchObject({ segments: first?.segments, recalled: first?.segments })
  })

  it('is told by catalogue.yml with the WAL read on the host that has the programs', async () => {
    const document = await done(
      lifeboat.playJson('playbooks/catalogue.yml', '-l', 'target', '-e', 'source=source', '-e', 'prove=true'),
    )
    const { backups } = resultOf(document, 'target', 'Read the repository') as {
      backups: { windows: { proven: boolean }[] }[]
    }
    expect(backups.flatMap(({ windows }) => windows.map(({ proven }) => proven))).toEqual([true, true])
  })

  it('is closed again by repository-off.yml, on both sides', async () => {
    const off = () => lifeboat.playJson('playbooks/repository-off.yml', '-l', 'target', '-e', 'source=source')
    expect(changedTasks(await done(off()))).toEqual(onTarget('Close the repository to it', 'Remove the key'))
    expect(await shell(target, 'ls ~postgres/.lifeboat')).not.toContain('ssh')
    expect(await shell(store, 'grep -c target ~lifeboat/.ssh/authorized_keys || true')).toBe('0')
    expect(changedTasks(await done(off()))).toEqual([])
    const refused = await lifeboat.playJson('playbooks/repository-off.yml', '-l', 'source')
    expect(failuresOf(refused.document)).toContain('archive_command of 17/main needs the way to')
  })
})

describe('the cluster of the repository itself', () => {
  it('R17, R19: goes back to a moment from there without any word on keys, and archives on', async () => {
    await rows(401)
    const moment = await clock(source)
    await sql(source, 'SELECT pg_sleep(0.1)')
    await rows(501)
    const document = await done(
      lifeboat.playJson(
        'playbooks/restore-fleet.yml',
        '-l',
        'source',
        '-e',
        JSON.stringify({ target_time: moment, replace: true }),
      ),
    )
    expect(changedTasks(document)).toEqual(['source: Restore'])
    expect(resultOf(document, 'source', 'Restore')).toMatchObject({ needs_backup: true, new_timeline: 2 })
    expect(await sql(source, SUMMARY)).toBe('500 rows to 500')
    await archiveEverything(source)
    expect(await shell(store, `ls ${folder}/wal`)).toContain('00000002.history')
  })
})
