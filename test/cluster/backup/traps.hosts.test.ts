import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupRecord } from '../../../src/cluster/repository/backup-record.ts'
import { bootHosts, type HostFleet } from '../../fleet/hosts/index.ts'
import { HOSTS } from '../../fleet/hosts/releases.ts'
import { shell } from '../../scenarios/support/cluster.ts'
import { REPOSITORY, type TaskRunner, taskRunner } from './task-runner.ts'

let fleet: HostFleet
let tasks: TaskRunner

beforeAll(async () => {
  fleet = await bootHosts(HOSTS.map(([name, suite]) => ({ name, suite, walSegmentSizeMB: 1 })))
  tasks = taskRunner(fleet)
  await Promise.all(HOSTS.map(([host]) => tasks.archive(host)))
})
afterAll(async () => {
  tasks?.close()
  await fleet?.close()
})

/** The same on all releases at once, or on those from a version on. */
const onEach = (work: (host: string, major: number) => Promise<void>, since = 13): Promise<unknown> =>
  Promise.all(HOSTS.flatMap(([host, , major]) => (major < since ? [] : [work(host, major)])))

const asRoot = (host: string, script: string): Promise<string> => shell(fleet.host(host), script)

test('B20: the programs of the server itself take the backup, whatever else is on the PATH', async () => {
  await asRoot('db13', 'cp -p /usr/lib/postgresql/13/bin/pg_basebackup /mnt/shared/pg_basebackup')
  await onEach(async (host, major) => {
    const own = `/usr/lib/postgresql/${major}/bin/pg_basebackup`
    await asRoot(host, 'cp -p /mnt/shared/pg_basebackup /usr/local/bin/')
    const older = await tasks.shell(host, 'pg_basebackup -D "$HOME/copy" 2>&1 || true')
    expect(older).toContain(`incompatible server version ${major}`)
    const backup = await tasks.backUp(host, { method: 'pg_basebackup' })
    expect(backup.method).toMatch(/^pg_basebackup, server-/)
    await asRoot(host, `mv ${own} ${own}.own; cp -p /mnt/shared/pg_basebackup ${own}`)
    const refused = await tasks.fail(host, 'postgresql_backup')
    await asRoot(host, `mv ${own}.own ${own}; rm /usr/local/bin/pg_basebackup`)
    expect(refused.code).toBe('backup/no-program')
    expect(refused.message).toMatch(
      new RegExp(`^${own} is pg_basebackup \\(PostgreSQL\\) 13\\.\\d+ .*, and the server is ${major}\\.\\d+$`),
    )
    expect(refused.hints).toEqual([`install the client programs of PostgreSQL ${major}`])
  }, 15)
})

test('B18: a database that is made by copying files while a backup is taken is told of, then and in a restore', async () => {
  await onEach(async (host, major) => {
    const running = tasks.warnings(host, 'postgresql_backup', { method: 'pg_basebackup', max_rate: '5MB' })
    // Its walsender is halted meanwhile, so that it cannot end too early.
    const pid = await tasks.shell(
      host,
      `n=0; until pid=$(psql -XAtc "SELECT pid FROM pg_stat_progress_basebackup WHERE phase = 'streaming database files'")
        [ -n "$pid" ]; do n=$((n + 1)); [ $n -lt 600 ]; sleep 0.05; done; kill -STOP $pid; echo $pid`,
    )
    if (major >= 15) await tasks.sql(host, 'CREATE DATABASE logged')
    await tasks.sql(host, `CREATE DATABASE copied${major >= 15 ? ' STRATEGY file_copy' : ''}`)
    await tasks.shell(host, `kill -CONT ${pid}`)
    expect(await running).toEqual([
      `${host}: database "copied" was made from "template1" while the backup was taken, by copying files: what was changed in "template1" before its end can come into it in a restore`,
    ])
    const oid = await tasks.sql(host, "SELECT oid FROM pg_database WHERE datname = 'copied'")
    const restored = await tasks.warnings(host, 'postgresql_restore', { replace: true })
    expect(restored.join('\n')).toMatch(
      new RegExp(
        `^${host}: the database with the OID ${oid} was made by copying files while the backup \\S+ was taken`,
      ),
    )
    expect(await tasks.sql(host, 'SELECT datname FROM pg_database WHERE oid >= 16384 ORDER BY 1')).toBe(
      major >= 15 ? 'copied\nlogged' : 'copied',
    )
  })
})

test('B16: files are compared with the manifest before a restore edits them, tablespaces and tar files too', async () => {
  await onEach(async (host, major) => {
    await tasks.shell(host, 'mkdir -m 0700 "$HOME/space" "$HOME/other"')
    await tasks.sql(host, `CREATE TABLESPACE aside LOCATION '/var/lib/postgresql/space'`)
    await tasks.sql(host, 'CREATE TABLE aside TABLESPACE aside AS SELECT generate_series(1, 1000) AS n')
    const backup = await tasks.backUp(host, { method: 'pg_basebackup' })
    await tasks.archiveEverything(host)
    // Only the contents tell what was changed: the record knows the new archive.
    const file = `pg_tblspc/${backup.tablespaces[0]?.oid}/${await tasks.sql(host, "SELECT regexp_replace(pg_relation_filepath('aside'), '^pg_tblspc/\\d+/', '')")}`
    await changeInArchive(host, backup, file)
    const verified = await tasks.attempt(host, 'postgresql_verify')
    expect(verified.failed ?? false, 'pg_verifybackup reads tar files from 18 on').toBe(major >= 18)
    if (major >= 18) expect(JSON.stringify(verified)).toContain(`checksum mismatch for file \\"${file}\\"`)
    const mapped = { replace: true, again: true, tablespace_mapping: { aside: '/var/lib/postgresql/other' } }
    const refused = await tasks.fail(host, 'postgresql_restore', mapped)
    expect([refused.code, refused.message]).toEqual([
      'restore/backup-damaged',
      major >= 18
        ? `the backup ${backup.id} is damaged: pg_verifybackup: error: checksum mismatch for file "${file}"`
        : `the files of the backup ${backup.id} are not those it was made of`,
    ])
    expect(refused.hints.join('\n')).toContain(`checksum mismatch for file "${file}"`)
    expect(await tasks.sql(host, 'SELECT count(*) FROM aside'), 'the old cluster runs on').toBe('1000')
    // An earlier one is whole, and its map is edited without a word.
    await asRoot(host, `cd ${REPOSITORY}/${host}/backup && mv ${backup.id}/whole.tar ${backup.id}/${archiveOf(backup)}`)
    await asRoot(host, `cd ${REPOSITORY}/${host}/backup && mv ${backup.id}/whole.json ${backup.id}/backup.json`)
    const restored = await tasks.run(host, 'postgresql_restore', mapped)
    expect(restored.backup).toBe(backup.id)
    expect(await tasks.sql(host, "SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = 'aside'")).toBe(
      '/var/lib/postgresql/other',
    )
    expect(await tasks.sql(host, 'SELECT count(*) FROM aside')).toBe('1000')
  })
})

const archiveOf = ({ files }: BackupRecord): string =>
  files.find(({ contents }) => contents === 'tablespace')?.name ?? ''

/** Changes a byte of a file in the archive of a tablespace, and the record so that it is the archive's own. */
const changeInArchive = async (host: string, backup: BackupRecord, file: string): Promise<void> => {
  const name = archiveOf(backup)
  const inside = file.split('/').slice(2).join('/')
  await tasks.shell(
    host,
    `set -e; cd ${REPOSITORY}/${host}/backup/${backup.id}; cp -p backup.json whole.json; mv ${name} whole.tar
    copy=$(mktemp -d); zstd -dcq whole.tar | tar -xpf - -C $copy
    printf x | dd of=$copy/${inside} bs=1 seek=8000 conv=notrunc 2>/dev/null
    tar -cf - -C $copy $(ls $copy) | zstd -q > ${name}; rm -r $copy`,
  )
  const folder = join(fleet.sharedFolder, 'lifeboat', host, 'backup', backup.id)
  const archive = readFileSync(join(folder, name))
  const sha256 = createHash('sha256').update(archive).digest('hex')
  const files = backup.files.map((each) => (each.name === name ? { ...each, size: archive.length, sha256 } : each))
  writeFileSync(join(folder, 'backup.json'), JSON.stringify({ ...backup, files }))
}
