import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { bootHosts, type FleetHost, type HostFleet, type Suite } from '../fleet/hosts/index.ts'
import { archiveEverything, clock, contentsOf, differences, quieten, shell, sql } from './support/cluster.ts'
import { changedTasks, failuresOf, resultOf } from './support/document.ts'
import { Lifeboat, type PlayOutcome } from './support/lifeboat.ts'

const repository = '/mnt/shared/lifeboat'
const SUMMARY = `SELECT count(*) || ' rows to ' || max(id) FROM orders`

/** What is remembered of a source while its story goes on: how to call the moments of it. */
interface Points {
  time: string
  lsn: string
  xid: string
}

describe.each([
  ['PostgreSQL 13 and 15', 'bullseye', 'bookworm'],
  ['PostgreSQL 17 and 18', 'trixie', 'forky'],
] as [string, Suite, Suite][])('%s: archive, back up, restore on another host', (_, ...suites) => {
  let fleet: HostFleet
  let lifeboat: Lifeboat
  const sources = (): FleetHost[] => suites.map((suite) => fleet.host(`source-${suite}`))
  const targets = (): FleetHost[] => suites.map((suite) => fleet.host(`target-${suite}`))
  const onTargets = (text: string): Promise<string[]> => Promise.all(targets().map((host) => sql(host, text)))
  const both = <T>(value: T): T[] => suites.map(() => value)

  /** restore.yml on both targets, each from the source of its release. */
  const restore = (...args: readonly string[]): Promise<PlayOutcome> =>
    lifeboat.playJson('playbooks/restore.yml', '-l', 'targets', '-e', 'source={{ from }}', ...args)

  beforeAll(async () => {
    const spec = (suite: Suite, role: string) => ({ name: `${role}-${suite}`, suite, groups: [`${role}s`] })
    fleet = await bootHosts(suites.flatMap((suite) => [spec(suite, 'source'), spec(suite, 'target')]))
    lifeboat = new Lifeboat([
      '-i',
      fleet.inventoryFile,
      '-i',
      join(fleet.directory, 'points.yml'),
      '-b',
      '-e',
      `repository=${repository}`,
    ])
    remember(fleet, suites, [])
  })

  afterAll(async () => {
    lifeboat?.close()
    await fleet?.close()
  })

  it('archives and takes base backups', async () => {
    const archive = await lifeboat.playJson('playbooks/archive.yml', '-l', 'sources')
    expect(archive.status, failuresOf(archive.document)).toBe(0)
    await Promise.all(
      sources().map((host) =>
        sql(
          host,
          `CREATE TABLE orders (id int PRIMARY KEY, item text NOT NULL);
          INSERT INTO orders SELECT g, 'before the backup' FROM generate_series(1, 100) g;
          CREATE ROLE app LOGIN PASSWORD 'let app in'; GRANT SELECT ON orders TO app`,
        ),
      ),
    )
    const backup = await lifeboat.playJson('playbooks/backup.yml', '-l', 'sources')
    expect(backup.status, failuresOf(backup.document)).toBe(0)
    expect(changedTasks(backup.document)).toEqual(
      sources()
        .map(({ name }) => `${name}: Base backup`)
        .sort(),
    )
  })

  it('finds a backup of the last hour young enough', async () => {
    const { document, status } = await lifeboat.playJson(
      'playbooks/backup.yml',
      '-l',
      'sources',
      '-e',
      'backup_max_age=1h',
    )
    expect(status, failuresOf(document)).toBe(0)
    expect(changedTasks(document)).toEqual([])
  })

  it('goes on living: rows, a restore point, more rows, a moment, and more', async () => {
    const points = await Promise.all(sources().map(live))
    remember(fleet, suites, points)
  })

  it('verify.yml finds backup and chain whole, and changes nothing, also when the source is gone', async () => {
    await Promise.all(sources().map((host) => host.kill()))
    const read = () => contentsOf(targets().slice(0, 1), '/mnt/shared')
    const before = await read()
    const { document, status } = await lifeboat.playJson(
      'playbooks/verify.yml',
      '-l',
      'targets',
      '-e',
      'source={{ from }}',
    )
    expect(status, failuresOf(document)).toBe(0)
    expect(changedTasks(document)).toEqual([])
    // All that it leaves is its own note of what was proven.
    const notes = sources().map(({ name }) => `${targets()[0]?.name}:${repository}/${name}/proven.json`)
    expect(differences(before, await read())).toEqual(notes.flatMap((path) => [path, `${path} (content)`]).sort())
  })

  it('says in check mode what a restore would do, and touches nothing', async () => {
    await quieten(targets())
    const read = () => contentsOf(targets(), '/var/lib/postgresql', '/etc/postgresql', '/mnt/shared')
    const before = await read()
    const { document, status } = await restore(
      '-e',
      'replace=true',
      '-e',
      'target_time={{ points.time }}',
      '--check',
      '--diff',
    )
    expect(status, failuresOf(document)).toBe(0)
    expect(changedTasks(document)).toEqual(
      targets()
        .map(({ name }) => `${name}: Restore`)
        .sort(),
    )
    expect(differences(before, await read())).toEqual([])
  })

  it.each([
    ['the end of the backup', ['target=immediate'], 'immediate', '100 rows to 100'],
    ['a restore point', ['target_name=before_more'], 'name', '200 rows to 200'],
    ['a WAL position', ['target_lsn={{ points.lsn }}'], 'lsn', '300 rows to 300'],
    ['a moment', ['target_time={{ points.time }}'], 'time', '400 rows to 400'],
    ['just before a transaction', ['target_xid={{ points.xid }}', 'target_inclusive=false'], 'xid', '400 rows to 400'],
    ['a transaction', ['target_xid={{ points.xid }}'], 'xid', '500 rows to 500'],
    ['the latest state', ['target=latest'], 'latest', '600 rows to 600'],
  ])('restores to %s', async (_target, variables, _kind, rows) => {
    const hba = await contentsOf(targets(), '/etc/postgresql')
    const { document, status } = await restore('-e', 'replace=true', ...variables.flatMap((each) => ['-e', each]))
    expect(status, failuresOf(document)).toBe(0)
    expect(await onTargets(SUMMARY)).toEqual(both(rows))
    expect(await onTargets('SELECT pg_is_in_recovery()')).toEqual(both('f'))
    expect(await Promise.all(targets().map(leftOfRecovery))).toEqual(both(''))
    expect(differences(hba, await contentsOf(targets(), '/etc/postgresql'))).toEqual([])
    // What was there was moved aside, and is ours to remove.
    for (const host of targets()) {
      const aside = String(resultOf(document, host.name, 'Restore').set_aside)
      await shell(host, `test -f ${aside}/PG_VERSION && rm -r ${aside}`)
    }
    // The new timeline of a copy does not come among the WAL of its source (trap D1).
    await onTargets('CREATE TABLE written_after_the_restore (); SELECT pg_switch_wal()')
    expect(await onTargets('SHOW archive_mode')).toEqual(both('off'))
    expect(await Promise.all(targets().map(timelinesOfSource))).toEqual(both('00000001'))
  })

  it('lets clients in again', async () => {
    const asApp = `PGPASSWORD='let app in' psql -h 127.0.0.1 -U app -d postgres -XAtc "${SUMMARY}"`
    expect(await Promise.all(targets().map((host) => shell(host, asApp)))).toEqual(both('600 rows to 600'))
  })

  it('does nothing when it is run again, and keeps what was written since', async () => {
    await onTargets(`INSERT INTO orders VALUES (601, 'since the restore')`)
    const again = await restore('-e', 'replace=true', '-e', 'target=latest')
    expect(again.status, failuresOf(again.document)).toBe(0)
    expect(changedTasks(again.document)).toEqual([])
    expect(await onTargets(SUMMARY)).toEqual(both('601 rows to 601'))
  })

  it('leaves a cluster that stays what it is after a restart', async () => {
    await Promise.all(targets().map((host) => shell(host, 'systemctl restart postgresql')))
    await Promise.all(
      targets().map((host) => shell(host, 'for i in $(seq 100); do pg_isready -q && exit; sleep 0.1; done; exit 1')),
    )
    expect(await onTargets(SUMMARY)).toEqual(both('601 rows to 601'))
    expect(await onTargets('SELECT pg_is_in_recovery()')).toEqual(both('f'))
  })

  it('archives the copy under a name of its own, once archiving is set up for it', async () => {
    const archive = await lifeboat.playJson('playbooks/archive.yml', '-l', 'targets')
    expect(archive.status, failuresOf(archive.document)).toBe(0)
    const names = await shell(fleet.host(`target-${suites[0]}`), `ls ${repository}`)
    expect(names.split('\n')).toEqual([...sources(), ...targets()].map(({ name }) => name).sort())
  })
})

/** A hundred rows for each moment that can be restored to, and how the moments are called. */
const live = async (host: FleetHost): Promise<Points> => {
  const rows = (from: number, item: string) =>
    `INSERT INTO orders SELECT g, '${item}' FROM generate_series(${from}, ${from + 99}) g`
  await sql(host, `${rows(101, 'after the backup')}`)
  await sql(host, `SELECT pg_create_restore_point('before_more')`)
  await sql(host, rows(201, 'after the restore point'))
  const lsn = await sql(host, 'SELECT pg_current_wal_insert_lsn()')
  await sql(host, rows(301, 'after the position'))
  const time = await clock(host)
  await sql(host, 'SELECT pg_sleep(0.1)')
  const xid = await sql(host, `BEGIN; ${rows(401, 'after the moment')}; SELECT txid_current(); COMMIT`)
  await sql(host, rows(501, 'the latest'))
  await archiveEverything(host)
  return { time, lsn, xid }
}

/** Everything by which a later recovery could still be steered (trap R35); empty where there is nothing. */
const leftOfRecovery = (host: FleetHost): Promise<string> =>
  sql(
    host,
    `SELECT name || ' = ' || setting FROM pg_settings
      WHERE (name LIKE 'recovery\\_target%' OR name IN ('restore_command', 'recovery_end_command', 'archive_cleanup_command'))
        AND setting <> coalesce(boot_val, '')
    UNION ALL SELECT file FROM pg_ls_dir(current_setting('data_directory')) AS file WHERE file LIKE '%.signal'
    UNION ALL SELECT sourcefile || ': ' || name FROM pg_file_settings WHERE name ~ '^(recovery_|restore_command)'`,
  )

/** What the archive of a target's source holds: folders of timelines, and history files. */
const timelinesOfSource = (host: FleetHost): Promise<string> => shell(host, `ls ${repository}/source-${host.suite}/wal`)

/** A second inventory: which source each target restores, and the moments of its story. */
const remember = (fleet: HostFleet, suites: readonly Suite[], points: readonly Points[]): void => {
  const hosts = suites.map((suite, index) => [
    `target-${suite}`,
    { from: `source-${suite}`, points: points[index] ?? {} },
  ])
  writeFileSync(join(fleet.directory, 'points.yml'), stringify({ all: { hosts: Object.fromEntries(hosts) } }))
}
