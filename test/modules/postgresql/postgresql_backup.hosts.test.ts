import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BackupRecord, parseBackupRecord } from '../../../src/cluster/repository/backup-record.ts'
import type { Connection, Session } from '../../../src/host/connection.ts'
import { openConnection } from '../../../src/host/open.ts'
import { parseArguments } from '../../../src/modules/arguments.ts'
import type { Module, ModuleContext } from '../../../src/modules/contract.ts'
import postgresql_archive from '../../../src/modules/postgresql/postgresql_archive.ts'
import postgresql_archive_check from '../../../src/modules/postgresql/postgresql_archive_check.ts'
import postgresql_backup from '../../../src/modules/postgresql/postgresql_backup.ts'
import postgresql_restart from '../../../src/modules/postgresql/postgresql_restart.ts'
import { bootHosts, type HostFleet } from '../../fleet/hosts/index.ts'
import { HOSTS } from '../../fleet/hosts/releases.ts'
import { context, converge, run } from '../harness.ts'

let fleet: HostFleet
const connections = new Map<string, Connection>()

beforeAll(async () => {
  fleet = await bootHosts(HOSTS.map(([name, suite]) => ({ name, suite, walSegmentSizeMB: 1 })))
  for (const [name] of HOSTS) {
    // The server answers before systemd has finished its start.
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

const options = async (name: string) => ({
  session: await as(name, 'root'),
  sessionAs: (user: string) => as(name, user),
})

const contextOf = async (name: string): Promise<ModuleContext> => ({ ...context(await options(name)), host: name })

const params = (name: string) => ({ repository: '/mnt/shared/lifeboat', name })

const shell = async (name: string, script: string): Promise<string> => {
  const { status, stdout, stderr } = await fleet.host(name).exec(script, { user: 'postgres', stdin: '' })
  if (status !== 0) throw new Error(`${name}: ${script}\n${stderr}`)
  return stdout.trimEnd()
}

const backUp = async (name: string, more: Record<string, string> = {}): Promise<BackupRecord> => {
  const ctx = await contextOf(name)
  const wish = parseArguments('postgresql_backup', postgresql_backup as Module, { ...params(name), ...more }) as never
  const before = await postgresql_backup.inspect(ctx, wish)
  const changes = postgresql_backup.diff(before, wish)
  await postgresql_backup.apply(ctx, wish, changes, before)
  const after = await postgresql_backup.inspect(ctx, wish, before)
  expect(postgresql_backup.diff(after, wish, before)).toEqual([])
  const path = String(postgresql_backup.result?.(after, wish, changes).path)
  return parseBackupRecord(await shell(name, `cat '${path}/backup.json'`), path)
}

describe.each(HOSTS)('%s: %s, PostgreSQL %i', (name, _suite, major) => {
  const backups = `/mnt/shared/lifeboat/${name}/backup`

  test('A11: archiving is set up, a restart made, a segment proven', async () => {
    const { fields } = await converge(postgresql_archive, params(name), await options(name))
    expect(fields).toMatchObject({ restart_required: true, compression: 'zstd' })
    expect(await run(postgresql_restart, {}, await options(name))).toMatchObject({ changed: true })
    const proof = await run(postgresql_archive_check, params(name), await options(name))
    expect(proof).toMatchObject({ changed: false, fields: { compared: true } })
  })

  test('the fastest backup that this version has, of the right shape', async () => {
    const backup = await backUp(name)
    expect(backup.method).toMatch(
      major >= 15 ? /server-zstd:level=3,workers=\d/ : /^pg_backup_start, \d × tar \| zstd -q -c -T1 -3$/,
    )
    expect(backup).toMatchObject({ major_version: major, compression: 'zstd', timeline: 1 })
    expect(backup.files.map((file) => file.name)).toEqual(
      expect.arrayContaining(['backup_manifest', 'base.tar.zst', 'config/postgresql.conf', 'config/pg_hba.conf']),
    )
  })

  test('A13: the configuration, which Debian keeps outside the data directory, is beside it', async () => {
    const [id] = (await shell(name, `ls ${backups}`)).split('\n')
    const backup = parseBackupRecord(await shell(name, `cat ${backups}/${id}/backup.json`), String(id))
    expect(backup.config).toContainEqual({
      role: 'config_file',
      path: `/etc/postgresql/${major}/main/postgresql.conf`,
      file: 'config/postgresql.conf',
      in_data_directory: false,
    })
    expect(
      await shell(
        name,
        `cmp ${backups}/${id}/config/pg_hba.conf /etc/postgresql/${major}/main/pg_hba.conf && echo same`,
      ),
    ).toBe('same')
  })

  test('pg_verifybackup finds the unpacked backup whole', async () => {
    const [id] = (await shell(name, `ls ${backups}`)).split('\n')
    const said = await shell(
      name,
      `set -e; copy=$(mktemp -d); for file in ${backups}/${id}/*.tar.zst; do zstd -dcq $file | tar -xf - -C $copy; done
cp ${backups}/${id}/backup_manifest $copy/; /usr/lib/postgresql/${major}/bin/pg_verifybackup -n $copy; rm -rf $copy`,
    )
    expect(said).toBe('backup successfully verified')
  })

  test('B2: with a tablespace', async () => {
    await shell(name, `mkdir -m 0700 "$HOME/space" && psql -qc "CREATE TABLESPACE one LOCATION '$HOME/space'"`)
    await shell(name, `psql -qc 'CREATE TABLE aside TABLESPACE one AS SELECT generate_series(1, 1000) AS n'`)
    const backup = await backUp(name)
    const oid = backup.tablespaces[0]?.oid
    expect(backup.tablespaces).toMatchObject([{ name: 'one', path: '/var/lib/postgresql/space' }])
    expect(backup.files.map((file) => file.name)).toContain(`${oid}.tar.zst`)
    expect(await shell(name, `zstd -dcq ${backups}/${backup.id}/${oid}.tar.zst | tar -tf - | head -1`)).toContain('PG_')
  })

  test('the flags of old: -Ft -Xf -z -Z5', async () => {
    const backup = await backUp(name, { compression: 'client-gzip:5', wal_method: 'fetch' })
    expect(backup.method).toMatch(/client-gzip:/)
    expect(backup.files.map((file) => file.name)).toContain('base.tar.gz')
  })

  test('and without any program but gzip', async () => {
    const backup = await backUp(name, { compression: 'gzip', wal_method: major < 15 ? 'stream' : 'none' })
    expect(backup.compression).toBe('gzip')
  })
})
