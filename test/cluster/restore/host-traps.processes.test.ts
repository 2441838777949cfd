import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../../src/cluster/locate.ts'
import { openAccess } from '../../../src/cluster/repository/access.ts'
import { layoutOf } from '../../../src/cluster/repository/layout.ts'
import { readRepository } from '../../../src/cluster/repository/read.ts'
import { placeOfRestore } from '../../../src/cluster/restore/adopt-directory.ts'
import { inspectHost } from '../../../src/cluster/restore/host-state.ts'
import { makePlan } from '../../../src/cluster/restore/make-plan.ts'
import { startCluster } from '../../../src/cluster/service.ts'
import postgresql_archive from '../../../src/modules/postgresql/postgresql_archive.ts'
import postgresql_backup from '../../../src/modules/postgresql/postgresql_backup.ts'
import postgresql_info from '../../../src/modules/postgresql/postgresql_info.ts'
import postgresql_restore_undo from '../../../src/modules/postgresql/postgresql_restore_undo.ts'
import { failureOf } from '../../failure-of.ts'
import { converge, predict, run } from '../../modules/harness.ts'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

let fleet: RestoreFleet
let source: RestoreHost
let spare: RestoreHost
let id: string

const data = () => spare.host.dataDirectory
const beside = () => spare.sh(`cd '${data()}/..'; ls -d data* | tr '\\n' ' '`)
beforeAll(async () => {
  fleet = await startRestoreFleet([true, false])
  source = fleet.host('db1')
  spare = fleet.host('db2')
  await source.sql('CREATE TABLE t AS SELECT i, repeat(md5(i::text), 10) AS filler FROM generate_series(1, 2000) AS i')
  await source.archive()
  id = await source.backup()
  await source.sql("SET wal_compression = 'zstd'", 'CHECKPOINT', 'UPDATE t SET i = i + 1')
  await source.switchWal()
})
afterAll(() => fleet?.close())

/** Unpacks the backup as somebody would by hand, who forgets recovery.signal. */
const unpackByHand = () =>
  spare.sh(`mkdir -m 0700 '${data()}'; cd '${fleet.repository}/db1/backup/${id}'
for file in *.tar.zst; do zstd -dcq "$file" | tar -xf - -C '${data()}' || exit 1; done
rm -f '${data()}/recovery.signal'; ls '${data()}/backup_label'`)

test('R13: a backup that was unpacked without a signal is recognised, and what to do is said', async () => {
  await unpackByHand()
  const stranded = 'holds a base backup that was never recovered: backup_label is there, and no signal file'
  const { fields } = await run(postgresql_info, { cluster: data() }, { session: spare.session })
  expect(fields?.cluster).toMatchObject({
    running: false,
    problem: `it ${stranded}`,
    hints: expect.arrayContaining(['never remove backup_label: the server would come up, with damaged data']),
  })
  const cluster = await placeOfRestore(spare.session, data(), async () => 0)
  const unstarted = await failureOf(startCluster(spare.session, cluster))
  expect(unstarted.code).toBe('postgres/start-failed')
  expect(unstarted.hints[0]).toBe(`${data()} ${stranded}`)
  expect(unstarted.hints.join('\n')).toContain('could not locate required checkpoint record')
  const refused = await spare.refusal({ source: 'db1' })
  expect(refused.code).toBe('restore/directory-not-empty')
  expect(refused.message).toBe(`${data()} ${stranded}`)
  const { warnings, changes } = await converge(
    postgresql_restore_undo,
    { cluster: data() },
    { session: spare.session, ok: true },
  )
  expect(changes).toEqual([])
  expect(warnings.join()).toContain(`${stranded}; no restore is to be undone here`)
  await spare.restore({ source: 'db1', replace: true })
  expect(await spare.sql('SELECT count(*) FROM t')).toBe('2000')
  expect(await beside()).toMatch(/^data data\.before-\S+$/)
})

test('R13: a restore whose signal was taken away after it was interrupted goes on with one', async () => {
  const lock = `${spare.host.socketDirectory}/.s.PGSQL.${spare.host.port}.lock`
  await spare.sh(
    `pg_ctl -D '${data()}' -m immediate -w stop >/dev/null; rm -rf '${data()}'*; sleep 100 </dev/null >/dev/null 2>&1 & echo $! > '${lock}'`,
  )
  const error = await failureOf(spare.restore({ source: 'db1' }))
  expect(error.code).toBe('restore/recovery-failed')
  expect(error.message).toContain('lock file')
  await spare.sh(`kill "$(cat '${lock}')"; rm '${lock}' '${data()}/recovery.signal'; ls '${data()}/backup_label'`)
  const { warnings } = await spare.restore({ source: 'db1', resume: 'continue' })
  expect(warnings[0]).toMatch(/^goes on with the restore .*, which was interrupted during recovery$/)
  expect(await spare.sql('SELECT count(*) FROM t')).toBe('2000')
})

test('R38: WAL whose pages are compressed with what the server here was built without is refused', async () => {
  const session = spare.session
  const access = await openAccess(session, layoutOf({ kind: 'path', path: fleet.repository }, 'db1'))
  const repository = await readRepository(session, access.layout)
  const cluster = await placeOfRestore(session, `${spare.host.home}/elsewhere`, async () => 15)
  // The server's own programs, of which one answers as if it had been built without the method.
  const without = async (method: string): Promise<Cluster> => {
    const folder = `${spare.host.home}/without-${method}`
    await spare.sh(`mkdir '${folder}'; ln -s '${cluster.binDirectory}'/* '${folder}/'; rm '${folder}/postgres'
cat > '${folder}/postgres' <<'END'
#!/bin/sh
case " $* " in *' wal_compression=which '*) '${cluster.binDirectory}/postgres' "$@" 2>&1 | sed 's/, ${method}//' >&2; exit 1 ;; esac
exec '${cluster.binDirectory}/postgres' "$@"
END
chmod 755 '${folder}/postgres'`)
    return { ...cluster, binDirectory: folder }
  }
  const plan = async (there: Cluster) => {
    const host = await inspectHost(session, { ...there, folders: [] })
    const wish = { replace: false, tablespace_mapping: {}, set_aside: 'data', verify: true, release: true } as const
    return makePlan(session, host, { runId: 'r38', cluster: there, access, repository, own: false, wish })
  }
  const error = await failureOf(plan(await without('zstd')))
  expect(error.code).toBe('restore/wal-compression')
  expect(error.message).toBe(
    'the WAL holds pages compressed with zstd, which PostgreSQL on this host was built without',
  )
  expect(error.hints[0]).toContain('--with-zstd')
  // What the WAL does not hold need not be there; and the server as it is has both.
  expect(await plan(await without('lz4'))).toMatchObject({ resolution: { proof: { images: ['zstd'] } } })
  expect(await plan(cluster)).toMatchObject({ resolution: { proof: { images: [] } } })
})

test('R18: a new cluster is not let into the folder of an old one, and is told the ways out', async () => {
  const { host, session } = source
  const place = { cluster: host.dataDirectory, repository: fleet.repository }
  await host.postgres.stop()
  await source.sh(`mv '${host.dataDirectory}' '${host.dataDirectory}.old'
initdb --no-sync --locale=C --encoding=UTF8 --auth-local=peer --wal-segsize=1 -D '${host.dataDirectory}' >/dev/null
grep -E '^(listen_addresses|unix_socket|dynamic_shared)' '${host.dataDirectory}.old/postgresql.conf' >> '${host.dataDirectory}/postgresql.conf'`)
  await host.postgres.start()
  for (const module of [postgresql_archive, postgresql_backup]) {
    const error = await failureOf(predict(module as never, { ...place, name: 'db1' }, { session }))
    expect(error.code).toBe('archive/identity-mismatch')
    expect(error.message).toMatch(
      /^\S+\/db1 belongs to another cluster: its system identifier is \d+, this cluster's is \d+$/,
    )
    expect(error.hints[0]).toBe(
      'give this cluster a name of its own in the repository (name), or move that folder away',
    )
  }
  expect((await converge(postgresql_archive, { ...place, name: 'db1 anew' }, { session })).changes).not.toEqual([])
  await source.sh(`mv '${fleet.repository}/db1' '${fleet.repository}/db1.old'`)
  expect((await converge(postgresql_archive, { ...place, name: 'db1' }, { session })).changes).not.toEqual([])
})
