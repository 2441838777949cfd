import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootHosts, type HostFleet } from '../../fleet/hosts/index.ts'
import { HOSTS } from '../../fleet/hosts/releases.ts'
import { REPOSITORY, type TaskRunner, taskRunner } from './task-runner.ts'

let fleet: HostFleet
let tasks: TaskRunner

beforeAll(async () => {
  fleet = await bootHosts(HOSTS.map(([name, suite]) => ({ name, suite, walSegmentSizeMB: 1 })))
  tasks = taskRunner(fleet)
})
afterAll(async () => {
  tasks?.close()
  await fleet?.close()
})

describe.each(HOSTS)('%s: %s, PostgreSQL %i, through the low-level API', (host, _suite, major) => {
  const data = `/var/lib/postgresql/${major}/main`

  test('B7, B8, B9: a backup while tables grow, shrink and vanish, restored with every row', async () => {
    await tasks.archive(host)
    await tasks.shell(host, 'mkdir -m 0700 -p "$HOME/space"')
    await tasks.sql(host, `CREATE TABLESPACE aside LOCATION '/var/lib/postgresql/space'`)
    await tasks.sql(
      host,
      `CREATE TABLE orders AS SELECT n AS id, md5(n::text) AS what FROM generate_series(1, 100000) AS n;
       CREATE TABLE aside TABLESPACE aside AS SELECT generate_series(1, 50000) AS n;
       CREATE UNLOGGED TABLE fleeting AS SELECT generate_series(1, 1000) AS n`,
    )
    const busy = tasks.shell(
      host,
      `i=0; while [ ! -e /tmp/enough ]; do i=$((i + 1)); echo "
        INSERT INTO orders SELECT 1000000 + $i * 1000 + n, 'x' FROM generate_series(1, 1000) AS n;
        CREATE TABLE short_$i TABLESPACE aside AS SELECT generate_series(1, 2000) AS n; TRUNCATE short_$i;
        DROP TABLE short_$i; DELETE FROM aside WHERE n % 100 = $i; VACUUM aside;"; sleep 0.2
      done | psql -Xqtv ON_ERROR_STOP=1`,
    )
    const backup = await tasks.backUp(host, { method: 'parallel', jobs: 2 })
    await tasks.shell(host, 'touch /tmp/enough')
    await busy
    expect(backup.method).toBe('pg_backup_start, 2 × tar | zstd -q -c -T1 -3')
    const [space] = backup.tablespaces
    expect(backup.files.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'base.tar.zst',
        'data-1.tar.zst',
        'data-2.tar.zst',
        `${space?.oid}.tar.zst`,
        `${space?.oid}-1.tar.zst`,
      ]),
    )
    const content = `SELECT (SELECT count(*) || ' ' || md5(string_agg(o::text, ',' ORDER BY id)) FROM orders AS o),
      (SELECT count(*) || ' ' || md5(string_agg(n::text, ',' ORDER BY n)) FROM aside),
      (SELECT count(*) FROM fleeting)`
    const before = await tasks.sql(host, content)
    expect(before).toMatch(/\|1000$/)
    await tasks.sql(host, "INSERT INTO orders VALUES (0, 'last')")
    const after = await tasks.sql(host, content)
    await tasks.sql(host, 'SELECT pg_switch_wal()')
    // The restore compares every file with the manifest, by pg_verifybackup of this version.
    const restored = await tasks.run(host, 'postgresql_restore', { replace: true })
    expect(restored.backup).toBe(backup.id)
    // What is not logged is empty after a recovery.
    expect(await tasks.sql(host, content)).toBe(after.replace(/\|1000$/, '|0'))
  })

  test('the manifest is of the format of this version, and pg_verifybackup takes it', async () => {
    const id = await tasks.shell(host, `ls ${REPOSITORY}/${host}/backup | head -1`)
    const folder = `${REPOSITORY}/${host}/backup/${id}`
    const head = await tasks.shell(host, `head -n 2 ${folder}/backup_manifest`)
    const system = await tasks.sql(host, 'SELECT system_identifier FROM pg_control_system()')
    expect(head).toBe(
      major >= 17
        ? `{ "PostgreSQL-Backup-Manifest-Version": 2,\n"System-Identifier": ${system},`
        : '{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": [',
    )
    const unpack = `set -e; copy=$(mktemp -d); for file in ${folder}/base.tar.zst ${folder}/data-*.tar.zst; do
      zstd -dcq $file | tar -xpf - -C $copy; done
    oid=$(sed -n 's/ .*//p' $copy/tablespace_map); mkdir $copy.aside; ln -s $copy.aside $copy/pg_tblspc/$oid
    for file in ${folder}/$oid*.tar.zst; do zstd -dcq $file | tar -xpf - -C $copy.aside; done
    verify() { /usr/lib/postgresql/${major}/bin/pg_verifybackup -n -m ${folder}/backup_manifest $copy 2>&1 || true; }`
    const end = 'rm -rf $copy $copy.aside'
    expect(await tasks.shell(host, `${unpack}\nverify; ${end}`)).toBe('backup successfully verified')
    const damaged = await tasks.shell(
      host,
      `${unpack}\nprintf x | dd of=$copy/PG_VERSION conv=notrunc 2>/dev/null; rm $copy/global/pg_filenode.map; verify; ${end}`,
    )
    expect(damaged).toContain('checksum mismatch for file "PG_VERSION"')
    expect(damaged).toContain('"global/pg_filenode.map" is present in the manifest but not on disk')
  })

  test('B3, R24: pg_wal elsewhere', async () => {
    await tasks.archive(host)
    await tasks.shell(
      host,
      `pg_ctlcluster ${major} main stop; mv ${data}/pg_wal "$HOME/wal"; ln -s "$HOME/wal" ${data}/pg_wal`,
    )
    await tasks.shell(host, `pg_ctlcluster ${major} main start`)
    for (const method of ['parallel', 'pg_basebackup']) {
      const backup = await tasks.backUp(host, { method })
      expect(backup.wal_directory).toBe('/var/lib/postgresql/wal')
      const listed = await tasks.shell(
        host,
        `zstd -dcq ${REPOSITORY}/${host}/backup/${backup.id}/base.tar.zst | tar -tf - | sed 's|^\\./||; s|/$||' | grep '^pg_wal' | sort`,
      )
      expect(listed.split('\n')).toEqual(expect.arrayContaining(['pg_wal', 'pg_wal/archive_status']))
      expect(listed).not.toMatch(/pg_wal\/0/)
    }
  })
})
