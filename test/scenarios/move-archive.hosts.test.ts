import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootHosts, type HostFleet } from '../fleet/hosts/index.ts'
import { shell, sql } from './support/cluster.ts'
import { failuresOf, resultOf } from './support/document.ts'
import { Lifeboat } from './support/lifeboat.ts'

const names = ['db13', 'db15', 'db17', 'db18']
const old = '/var/lib/postgresql/archive_wals'
const repository = '/mnt/shared/lifeboat'

let fleet: HostFleet
let lifeboat: Lifeboat

const onEach = <T>(work: (name: string) => Promise<T>): Promise<T[]> => Promise.all(names.map(work))
const asPostgres = { user: 'postgres' }

const write = async (name: string, segments: number): Promise<void> => {
  for (let n = 0; n < segments; n += 1) {
    await sql(fleet.host(name), 'INSERT INTO rows VALUES (1)')
    await sql(fleet.host(name), 'SELECT pg_switch_wal()')
  }
}

const waiting = async (name: string): Promise<number> =>
  Number(
    await sql(fleet.host(name), "SELECT count(*) FROM pg_ls_dir('pg_wal/archive_status') AS f WHERE f LIKE '%.ready'"),
  )

beforeAll(async () => {
  fleet = await bootHosts([
    { name: 'db13', suite: 'bullseye', walSegmentSizeMB: 1, diskLimitMB: 48 },
    { name: 'db15', suite: 'bookworm', walSegmentSizeMB: 1, diskLimitMB: 48 },
    { name: 'db17', suite: 'trixie', walSegmentSizeMB: 1, diskLimitMB: 48 },
    { name: 'db18', suite: 'forky', walSegmentSizeMB: 1, diskLimitMB: 48 },
  ])
  lifeboat = new Lifeboat(['-i', fleet.inventoryFile, '-b', '-e', `repository=${repository}`])
  await onEach(async (name) => {
    const host = fleet.host(name)
    await shell(host, `mkdir -m 0755 ${old}`, asPostgres)
    await sql(host, 'CREATE TABLE rows (n integer)')
    await sql(host, `ALTER SYSTEM SET archive_command = 'test ! -f ${old}/%f && cp %p ${old}/%f'`)
    await sql(host, 'ALTER SYSTEM SET archive_mode = on')
    // The unit of all clusters restarts none that is still on its way up.
    await shell(host, `systemctl restart postgresql@${host.postgresVersion}-main`)
    expect(await sql(host, 'SHOW archive_mode')).toBe('on')
    await write(name, 3)
  })
})
afterAll(async () => {
  lifeboat?.close()
  await fleet?.close()
})

describe('a cluster that archives already, on PostgreSQL 13, 15, 17 and 18', () => {
  it('A14: is moved with what waits, and hears what was dangerous', async () => {
    await onEach(async (name) => {
      // The next segment is refused for ever, as after a crash between the copy and its mark.
      await sql(fleet.host(name), 'INSERT INTO rows VALUES (1)')
      const next = await sql(fleet.host(name), 'SELECT pg_walfile_name(pg_current_wal_insert_lsn())')
      await shell(fleet.host(name), `: > ${old}/${next}`, asPostgres)
      await write(name, 3)
      expect(await waiting(name)).toBeGreaterThan(0)
    })
    const { document, status } = await lifeboat.playJson('playbooks/archive.yml')
    expect(failuresOf(document)).toBe('')
    expect(status).toBe(0)
    for (const name of names) {
      const begins = String(resultOf(document, name, 'Set up the archive').chain_begins)
      expect(begins).toMatch(/^[0-9A-F]{24}$/)
      await expect.poll(() => waiting(name), { timeout: 60_000, interval: 500 }).toBe(0)
      const stored = await shell(fleet.host(name), `ls ${repository}/${name}/wal/00000001 | cut -c 1-24`)
      expect(stored.split('\n')).toContain(begins)
      const kept = await shell(fleet.host(name), `find ${old} -type f -size +0 | sed 's|.*/||'`)
      const numbers = [...new Set([...stored.split('\n'), ...kept.split('\n')])]
        .filter((file) => /^[0-9A-F]{24}$/.test(file))
        .map((file) => Number.parseInt(file.slice(16), 16))
        .sort((a, b) => a - b)
      expect(numbers, 'both archives together have no gap').toEqual(
        numbers.map((_, index) => (numbers[0] ?? 0) + index),
      )
    }
    const warnings = document.warnings.join('\n')
    expect(warnings).toMatch(
      /the configuration, \/etc\/postgresql\/15\/main\/postgresql\.conf, is neither in WAL nor in a copy of the data directory/,
    )
    expect(warnings).toContain('the earlier command refused a file that was there already')
  })

  it('A18: a full repository stops archiving and nothing else; what waited arrives when there is space', async () => {
    const small = new Lifeboat(['-i', fleet.inventoryFile, '-b', '-e', 'repository=/mnt/small/lifeboat'])
    const { document, status } = await small.playJson('playbooks/archive.yml', '-e', 'archive_compression=none')
    small.close()
    expect(failuresOf(document)).toBe('')
    expect(status).toBe(0)
    expect(document.warnings.join('\n')).toMatch(
      /\/mnt\/small\/lifeboat has [\d.]+ MB of [\d.]+ MB left: when it is full, WAL stays in pg_wal until that is full too/,
    )
    await onEach(async (name) => {
      const host = fleet.host(name)
      await shell(host, 'head -c 44000000 /dev/zero > /mnt/small/ballast || true')
      for (let n = 0; n < 8; n += 1) {
        await sql(host, 'INSERT INTO rows SELECT 1 FROM generate_series(1, 10000)')
        await sql(host, 'SELECT pg_switch_wal()')
      }
      await expect
        .poll(async () => Number(await sql(host, 'SELECT failed_count FROM pg_stat_archiver')), { timeout: 30_000 })
        .toBeGreaterThan(0)
      await expect.poll(() => waiting(name)).toBeGreaterThan(0)
      const cut = `find /mnt/small/lifeboat -type f -name '0000*' ! -size 2048 ! -path '*/.push/*' | wc -l`
      expect(await shell(host, cut), 'no file is cut short under its name').toBe('0')
      await shell(host, 'rm /mnt/small/ballast')
      await sql(host, 'SELECT pg_reload_conf()')
      await expect.poll(() => waiting(name), { timeout: 90_000, interval: 1000 }).toBe(0)
      expect(await shell(host, cut)).toBe('0')
    })
  })

  it('is taken back by archive-off.yml, which leaves the WAL, and changes nothing the second time', async () => {
    const off = new Lifeboat(['-i', fleet.inventoryFile, '-b', '-e', 'repository=/mnt/small/lifeboat'])
    const first = await off.playJson('playbooks/archive-off.yml')
    expect(failuresOf(first.document)).toBe('')
    for (const name of names) {
      expect(await sql(fleet.host(name), 'SHOW archive_mode')).toBe('off')
      expect(await shell(fleet.host(name), 'ls -A ~postgres | grep -c "^.lifeboat" || true')).toBe('0')
      expect(
        Number(await shell(fleet.host(name), `ls /mnt/small/lifeboat/${name}/wal/00000001 | wc -l`)),
      ).toBeGreaterThan(3)
    }
    const second = await off.playJson('playbooks/archive-off.yml')
    off.close()
    expect(names.map((name) => second.document.stats[name]?.changed)).toEqual([0, 0, 0, 0])
  })
})
