import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quote } from '../../../src/base/quote.ts'
import { COPY_CONTROL } from '../../../src/cluster/backup/low-level/copy-control.ts'
import { COPY_FILES } from '../../../src/cluster/backup/low-level/copy-files.ts'
import { parseBackupManifest } from '../../../src/postgres/backup-manifest.ts'
import { failureOf } from '../../failure-of.ts'
import { type ArchivingHost, startArchivingHost } from './archiving-host.ts'

let host: ArchivingHost
let unpack: (folder: string) => string

beforeAll(async () => {
  host = await startArchivingHost()
  unpack = (folder) => `set -e
rm -rf ~/copy; mkdir -m 0700 ~/copy
for file in ${quote(folder)}/base.tar.zst ${quote(folder)}/data-*.tar.zst; do
  [ ! -f $file ] || zstd -dcq $file | tar -xpf - -C ~/copy
done
`
})
afterAll(() => host?.close())

test('B7: a backup through the low-level API, its label and map as the server gave them', async () => {
  await host.sql('CREATE TABLE numbers AS SELECT generate_series(1, 200000) AS n')
  const { backup, folder, said, progress } = await host.backUp({ method: 'parallel', jobs: 2, label: "Friday's \\ 1" })
  expect(said).toEqual([
    'full: the task asks for a full one',
    'pg_backup_start, 2 × tar | zstd -q -c -T1 -3: the task asks for it',
  ])
  expect(backup.files.map(({ name, contents }) => [name, contents])).toEqual([
    ['backup_manifest', 'manifest'],
    ['base.tar.zst', 'data'],
    ...['pg_hba.conf', 'pg_ident.conf', 'postgresql.auto.conf', 'postgresql.conf'].map((n) => [
      `config/${n}`,
      'config',
    ]),
    ['data-1.tar.zst', 'data'],
    ['data-2.tar.zst', 'data'],
  ])
  expect(backup.backup_label).toContain("\nLABEL: Friday's \\ 1\n")
  expect(backup.backup_label).toContain('\nBACKUP METHOD: streamed\n')
  // The history file that the server archived holds the label's lines too, written by the server itself.
  for (const line of backup.backup_label
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('BACKUP METHOD'))) {
    expect(backup.backup_history?.content).toContain(line)
  }
  expect(backup.backup_history?.content).toContain(`STOP WAL LOCATION: ${backup.stop_lsn}`)
  expect(progress.map(({ phase }) => phase)).toContain('streaming database files')
  expect(await host.shell(`${unpack(folder)}pg_verifybackup -n -m '${folder}/backup_manifest' ~/copy`)).toBe(
    'backup successfully verified',
  )
})

test('B7: what it holds starts, and has every row', async () => {
  const { folder } = await host.backUp({ method: 'parallel' })
  await host.sql('INSERT INTO numbers VALUES (0)')
  await host.sql('SELECT pg_switch_wal()')
  const rows = await host.shell(`${unpack(folder)}
touch ~/copy/recovery.signal; mkdir -m 0700 ~/sockets
cat >> ~/copy/postgresql.auto.conf <<END
restore_command = 'zstd -dcq ${host.repository}/db1/wal/00000001/%f.zst > %p 2>/dev/null || cp ${host.repository}/db1/wal/00000001/%f %p'
archive_mode = off
recovery_target_action = promote
END
export PGPORT=1; until [ -e ${host.repository}/db1/wal/00000001 ]; do sleep 0.1; done
pg_ctl -w -s -D ~/copy -l ~/copy.log -o "-c listen_addresses='' -c unix_socket_directories='$HOME/sockets' -p 1" start >/dev/null 2>&1
psql -h ~/sockets -p 1 -XAtc 'SELECT count(*) >= 200000, min(n) FROM numbers' postgres
pg_ctl -s -D ~/copy -m immediate stop >/dev/null 2>&1`)
  expect(rows).toMatch(/^t\|[01]$/)
})

describe('B7: when the connection that began it is lost', () => {
  test('the backup has failed and nothing of it is kept', async () => {
    await host.sql(
      'CREATE TABLE wide AS SELECT md5(n::text) || md5((-n)::text) AS t FROM generate_series(1, 400000) AS n',
    )
    const running = failureOf(host.backUp({ method: 'parallel', compression: 'zstd:19', jobs: 1 }))
    await expect
      .poll(
        () =>
          host.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'lifeboat backup %' AND query !~ 'pg_backup_start'",
          ),
        { timeout: 60_000 },
      )
      .toBe('1')
    const error = await running
    expect([error.code, error.message]).toEqual([
      'backup/failed',
      'the backup failed: the connection that began the backup is lost, and the server has aborted it',
    ])
    const after = await host.repositoryNow()
    expect([after.incomplete, after.locked]).toEqual([[], false])
  })

  test('and when its controller dies the server has aborted it too', async () => {
    const other = await host.another()
    const running = host
      .backUp({ method: 'parallel', compression: 'zstd:19', jobs: 1 }, { session: other.session })
      .catch((error: Error) => error)
    await expect.poll(async () => (await host.repositoryNow()).incomplete.length, { timeout: 20_000 }).toBe(1)
    other.cut()
    await expect.poll(async () => (await host.repositoryNow()).incomplete.length, { timeout: 20_000 }).toBe(0)
    await expect
      .poll(() => host.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lifeboat backup %'"))
      .toBe('0')
    await running
    await host.sql('DROP TABLE wide')
  })
})

test('B8: pg_control is read again until it is whole', async () => {
  const said = await host.shell(`set -e
w=~/control; bin=$(dirname "$(command -v pg_controldata)"); rm -rf $w; mkdir -p $w/from/global $w/to
cp '${host.host.dataDirectory}/global/pg_control' $w/whole
{ head -c 100 $w/whole; head -c 8092 /dev/zero; } > $w/from/global/pg_control
{ sleep 0.5; cp $w/whole $w/from/global/pg_control; } &
${COPY_CONTROL}
copy_control $w/from $w/to && cmp $w/whole $w/to/global/pg_control && echo "read $turns times before"`)
  expect(said).toMatch(/^read [1-9]\d* times before$/)
})

test('B9: files may vanish, grow and shrink while they are read; anything else is a failure', async () => {
  const script = (kind: string, more: string) => `
w=~/tars; rm -rf $w; mkdir -p $w/tasks $w/root $w/out; cd $w/root
ending= priority=
compress() { cat; }
store() { cat > $w/out/$1; }
${COPY_FILES}
head -c 3000000 /dev/urandom > whole; head -c 90000000 /dev/zero > shrinks; head -c 2000000 /dev/zero > grows
printf '%s\\n' whole gone shrinks grows > $w/tasks/data-1.list
busy=
${more}
copy_${kind} data-1 $w/root 2> $w/said; echo "status $?"
[ -z "$busy" ] || kill $busy
sed 's/ .* / /' $w/tasks/data-1.stored | sort -k2; cat $w/tasks/data-1.gone $w/said
[ "$(sed -n 's/^3000000 [0-9]* \\(.*\\) whole/\\1/p' $w/tasks/data-1.stored)" = "$(sha256sum < whole | cut -c1-64)" ] && echo same
tar -tf $w/out/data-1.tar | sort | tr '\\n' ' '`
  const busy = `{ while :; do printf x >> grows; truncate -s 1000000 shrinks; sleep 0.002; done; } > /dev/null 2>&1 &
busy=$!`
  for (const kind of ['big', 'small']) {
    const lines = (await host.shell(script(kind, busy))).split('\n')
    expect(lines[0]).toBe('status 0')
    expect(lines[1]).toMatch(/^20\d+ grows$/)
    expect(lines[2]).toMatch(/^\d+ shrinks$/)
    expect(lines.slice(3)).toEqual(['3000000 whole', 'gone', 'same', 'grows shrinks whole'])
    const refused = await host.shell(`${script(kind, 'chmod 000 whole')}; chmod 600 whole`)
    expect(refused).toContain('status 1')
    expect(refused).toContain('whole: Cannot open: Permission denied')
  }
})

test('B11: it holds exactly the files and folders of pg_basebackup', async () => {
  await host.shell('mkdir -m 0700 ~/"space one"')
  await host.sql(`CREATE TABLESPACE one LOCATION '${host.host.home}/space one'`)
  await host.sql('CREATE TABLE aside TABLESPACE one AS SELECT generate_series(1, 1000) AS n')
  await host.sql('CREATE UNLOGGED TABLE fleeting AS SELECT generate_series(1, 1000) AS n')
  await host.sql('CREATE UNLOGGED TABLE fleeting_aside TABLESPACE one AS SELECT generate_series(1, 1000) AS n')
  await host.sql('VACUUM fleeting')
  const data = host.host.dataDirectory
  const database = await host.sql("SELECT oid FROM pg_database WHERE datname = 'postgres'")
  await host.shell(`cd '${data}'; mkdir -p base/pgsql_tmp base/pgsql_tmp/pgsql_tmp7.0.sharedfileset 'a folder' lost+found
touch base/pgsql_tmp/pgsql_tmp7.1 base/${database}/t3_16999 base/${database}/t3_16999_fsm.1 'a folder/kept äö" file' \\
  postgresql.auto.conf.tmp current_logfiles.tmp pg_stat_tmp/x pg_notify/y pg_subtrans/z pg_replslot/file \\
  base/${database}/backup_label pg_snapshots/s pg_dynshmem/d pg_serial/r global/pg_internal.init.77 base/${database}/pg_internal.init`)
  const contents = async (wish: Record<string, string>) => {
    await host.sql('CHECKPOINT')
    const { folder, backup } = await host.backUp(wish)
    const manifest = parseBackupManifest(await host.shell(`cat ${folder}/backup_manifest`))
    const oid = backup.tablespaces[0]?.oid
    const tree = await host.shell(`${unpack(folder)}
mkdir ~/aside; for file in ${folder}/${oid}.tar.zst ${folder}/${oid}-*.tar.zst; do
  [ ! -f $file ] || zstd -dcq $file | tar -xpf - -C ~/aside; done
ln -s ~/aside ~/copy/pg_tblspc/${oid}; cd ~/copy; find . ~/aside -type d | sort; find . ~/aside -type f | sort
pg_verifybackup -n -m ${folder}/backup_manifest . >&2 || echo damaged; cat tablespace_map; rm -rf ~/aside`)
    return {
      paths: manifest.files.map(({ path }) => path.replace('Ã¤Ã¶', 'äö')).sort(),
      tree,
      verified: !tree.includes('damaged'),
    }
  }
  const theirs = await contents({ method: 'pg_basebackup' })
  const ours = await contents({ method: 'parallel' })
  expect(ours.paths).toEqual(theirs.paths)
  expect(ours.tree).toEqual(theirs.tree)
  expect([ours.verified, theirs.verified]).toEqual([true, true])
  expect(ours.paths.filter((path) => path.startsWith('pg_tblspc/'))).toHaveLength(2)
  expect(ours.paths).toContain('a folder/kept äö" file')
  await host.shell(
    `cd '${data}'; rm -rf base/pgsql_tmp 'a folder' lost+found base/${database}/backup_label pg_replslot/file base/${database}/t3_*`,
  )
})
