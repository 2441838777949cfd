import { afterAll, beforeAll, expect, test } from 'vitest'
import { failureOf } from '../../failure-of.ts'
import { type ArchivingHost, startArchivingHost } from './archiving-host.ts'

let host: ArchivingHost

beforeAll(async () => {
  host = await startArchivingHost({ initdbArgs: ['--data-checksums'] })
})
afterAll(() => host?.close())

test('A14: every configuration file is beside the backup, included ones too', async () => {
  const data = host.host.dataDirectory
  await host.shell(`cd '${data}'; mkdir more && echo "work_mem = '5MB'" > more/memory.conf
printf '%s\\n' "include_dir = 'more'" "include_if_exists = 'absent.conf'" >> postgresql.conf
echo alice > people; echo 'local all @people peer # @nobody' >> pg_hba.conf`)
  await host.sql('SELECT pg_reload_conf()')
  const { backup, folder } = await host.backUp()
  expect(backup.config.map(({ role, path, file }) => [role, path.replace(data, ''), file])).toEqual([
    ['config_file', '/postgresql.conf', 'config/postgresql.conf'],
    ['hba_file', '/pg_hba.conf', 'config/pg_hba.conf'],
    ['ident_file', '/pg_ident.conf', 'config/pg_ident.conf'],
    ['include', '/more/memory.conf', 'config/memory.conf'],
    ['auto_conf', '/postgresql.auto.conf', 'config/postgresql.auto.conf'],
    ['include', '/people', 'config/people'],
  ])
  expect(await host.shell(`cat ${folder}/config/memory.conf ${folder}/config/people`)).toBe("work_mem = '5MB'\nalice")
})

test('B4: what no base backup holds is said before', async () => {
  const data = host.host.dataDirectory
  await host.shell(`cd '${data}'; ln -s /etc/hostname name; mkfifo pipe; mkdir -p logs; ln -s ../logs base/logs`)
  const { warnings } = await host.backUp()
  expect(warnings).toEqual([
    `in ${data} there is what no base backup holds: link base/logs, link name, special file pipe`,
  ])
  await host.shell(`cd '${data}'; rm name pipe base/logs; rmdir logs`)
})

test('names that a list cannot carry are left to pg_basebackup', async () => {
  const data = host.host.dataDirectory
  await host.shell(`touch '${data}/two
lines'`)
  const error = await failureOf(host.backUp({ method: 'parallel' }))
  expect([error.code, error.message]).toEqual([
    'backup/no-method',
    'method parallel is not possible here: 2 names in the data directory cannot stand in a list of names',
  ])
  await host.shell(`rm '${data}/two
lines'`)
})

test('nice and ionice go before the programs of the host', async () => {
  const { backup } = await host.backUp({ method: 'parallel', nice: 10, ionice: 'idle' })
  expect(backup.method).toMatch(/^pg_backup_start/)
  await host.backUp({ method: 'pg_basebackup', compression: 'client-zstd', nice: 19, ionice: 'best-effort' })
})

test('B15: pages with wrong checksums: kept as corrupt, failed, and the whole one before still counts', async () => {
  const before = (await host.repositoryNow()).backups
  await host.sql('CREATE TABLE bad AS SELECT generate_series(1, 10000) AS n')
  await host.sql('CHECKPOINT')
  const file = `${host.host.dataDirectory}/${await host.sql("SELECT pg_relation_filepath('bad')")}`
  await host.shell(`printf damage | dd of='${file}' bs=1 seek=$((8192 * 3 + 4000)) conv=notrunc 2>/dev/null`)
  for (const compression of ['auto', 'client-gzip']) {
    const error = await failureOf(host.backUp({ compression }))
    expect(error.code).toBe('backup/corrupt')
    expect(error.message).toMatch(
      /^pages of the cluster are damaged: checksum verification failed in file ".*", block 3: calculated [0-9A-F]+ but expected [0-9A-F]+$/,
    )
    const { id } = error.data as { id: string }
    const { backups, damaged, incomplete, locked } = await host.repositoryNow()
    expect(backups.map((backup) => backup.id)).toEqual(before.map((backup) => backup.id))
    expect(damaged.find((backup) => backup.id === id)?.reason).toMatch(/^it is corrupt: checksum verification failed/)
    expect([incomplete, locked]).toEqual([[], false])
    expect(await host.shell(`ls '${host.repository}/db1/backup/${id}' | tr '\\n' ' '`)).toMatch(
      /^backup.json backup_manifest base.tar.(zst|gz) config$/,
    )
  }
  // A younger corrupt backup is no reason not to take one; the whole one before must not be that young.
  await host.shell('sleep 2')
  const again = await failureOf(host.backUp({ max_age: '1s' }))
  expect(again.code).toBe('backup/corrupt')
})
