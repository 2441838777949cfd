import { afterAll, beforeAll, expect, test } from 'vitest'
import { failureOf } from '../../failure-of.ts'
import { type ArchivingHost, startArchivingHost } from './archiving-host.ts'
import { type StandbyHost, startStandby } from './standby-host.ts'

let primary: ArchivingHost
let standby: StandbyHost

beforeAll(async () => {
  primary = await startArchivingHost({ hosts: 2 })
  standby = await startStandby(primary)
})
afterAll(async () => {
  await standby?.close()
  await primary?.close()
})

const run = (script: string): Promise<string> => standby.run(script)

const backUp = async (wish: Record<string, string | boolean> = {}) => {
  const place = { cluster: standby.host.dataDirectory, name: 'db1', from_standby: true }
  return primary.backUp({ ...place, ...wish }, { session: standby.session })
}

test('a standby is refused unless it will do', async () => {
  const error = await failureOf(backUp({ from_standby: false }))
  expect([error.code, error.message]).toEqual(['backup/unsupported', 'this cluster is a standby'])
})

test.each(['pg_basebackup', 'parallel'])(
  'B12: a backup of a standby with %s, whose last segment the primary finishes',
  async (method) => {
    await primary.sql(`CREATE TABLE rows_${method} AS SELECT generate_series(1, 1000) AS n`)
    await expect.poll(() => run(`psql -XAtc "SELECT to_regclass('rows_${method}') IS NOT NULL"`)).toBe('t')
    // Nothing on the primary would finish the segment for a long time.
    const { backup, folder, warnings } = await backUp({ method })
    expect(warnings).toEqual([])
    expect(backup.backup_label).toContain('BACKUP FROM: standby')
    expect([backup.backup_history, backup.host]).toEqual([null, 'db1'])
    const names = (await primary.repositoryNow()).wal.map(({ name }) => name)
    expect(names).toContain(backup.first_segment)
    expect(names).toContain(backup.last_segment)
    const rows = await run(`set -e
rm -rf ~/copy ~/sockets; mkdir -m 0700 ~/copy ~/sockets
for file in '${folder}'/*.tar.zst; do zstd -dcq $file | tar -xpf - -C ~/copy; done
pg_verifybackup -q -n -m '${folder}/backup_manifest' ~/copy
rm -f ~/copy/standby.signal; touch ~/copy/recovery.signal
archive='${primary.repository}/db1/wal/00000001'
pg_ctl -w -s -D ~/copy -l ~/copy.log -o "-c listen_addresses='' -c unix_socket_directories=$HOME/sockets -p 1 -c archive_mode=off -c recovery_target=immediate -c recovery_target_action=promote -c restore_command='zstd -dcq $archive/%f.zst > %p'" start >/dev/null 2>&1
psql -h ~/sockets -p 1 -XAtc 'SELECT count(*) FROM rows_${method}' postgres
pg_ctl -s -D ~/copy -m immediate stop >/dev/null 2>&1`)
    expect(rows).toBe('1000')
  },
)

test('B12: where the primary cannot be asked, its segment is waited for and that is said', async () => {
  const running = backUp({
    primary: `host=${primary.host.socketDirectory} port=${primary.host.port} user=nobody_known`,
  })
  const switching = setInterval(() => {
    primary.sql("SELECT pg_logical_emit_message(false, 'test', 'x'), pg_switch_wal()").catch(() => {})
  }, 1000)
  const { warnings } = await running.finally(() => clearInterval(switching))
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toMatch(
    /^the primary did not finish its WAL segment, which is waited for now \(archive_timeout\): .*nobody_known/,
  )
})

test('B12: without it the backup has failed', async () => {
  await primary.sql("SELECT pg_logical_emit_message(false, 'test', 'x')")
  const error = await failureOf(backUp({ primary: 'host=/nowhere', wal_timeout: '3s' }))
  expect(error.code).toBe('backup/wal-missing')
  expect(error.message).toMatch(/after 3 s: [0-9A-F]{24}$/)
  expect((await primary.repositoryNow()).incomplete).toEqual([])
})

test('B12: another cluster that answers as the primary is found out', async () => {
  const other = await run(`set -e; rm -rf ~/other; initdb -D ~/other -A trust >/dev/null; mkdir -m 0700 ~/elsewhere
pg_ctl -w -s -D ~/other -l ~/other.log -o "-c listen_addresses='' -c unix_socket_directories=$HOME/elsewhere -p 2" start >/dev/null 2>&1; echo ~/elsewhere`)
  const error = await failureOf(backUp({ primary: `host=${other} port=2` }))
  await run('pg_ctl -s -D ~/other -m immediate stop')
  expect(error.code).toBe('backup/foreign-primary')
})

test.each(['pg_basebackup', 'parallel'])(
  'B12: a promotion while it is backed up with %s is a failure',
  async (method) => {
    if (method === 'parallel') {
      // As a standby again: the data directory of a second one.
      await standby.host.postgres.stop()
      await run(`set -e; rm -rf '${standby.host.dataDirectory}'
pg_basebackup -h '${primary.host.socketDirectory}' -p ${primary.host.port} -D '${standby.host.dataDirectory}' -R -c fast -X stream
cat conf > '${standby.host.dataDirectory}/postgresql.conf'`)
      await standby.host.postgres.start()
    }
    await primary.sql('DROP TABLE IF EXISTS wide')
    await primary.sql(
      'CREATE TABLE wide AS SELECT md5(n::text) || md5((-n)::text) AS t FROM generate_series(1, 400000) AS n',
    )
    await expect.poll(() => run(`psql -XAtc "SELECT count(*) FROM wide" || true`), { timeout: 20_000 }).toBe('400000')
    const running = failureOf(
      backUp(
        method === 'parallel' ? { method, compression: 'zstd:19' } : { method, compression: 'none', max_rate: '1MB' },
      ),
    )
    await expect
      .poll(
        () =>
          run(
            `psql -XAtc "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lifeboat backup %' AND query !~ 'backup_start' AND coalesce(wait_event, '') !~ 'Checkpoint'"`,
          ),
        { timeout: 20_000 },
      )
      .not.toBe('0')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await run('psql -XAtc "SELECT pg_promote()"')
    const error = await running
    expect(error.code).toBe('backup/failed')
    expect(`${error.message} ${error.hints}`).toMatch(/standby was promoted/)
    expect((await primary.repositoryNow()).incomplete).toEqual([])
  },
)
