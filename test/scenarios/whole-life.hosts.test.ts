import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootHosts, type FleetHost, type HostFleet } from '../fleet/hosts/index.ts'
import { HOSTS } from '../fleet/hosts/releases.ts'
import { archiveEverything, clock, contentsOf, differences, shell, sql } from './support/cluster.ts'
import { changedTasks, failuresOf, type RunDocument, resultOf } from './support/document.ts'
import { Lifeboat, type PlayOutcome } from './support/lifeboat.ts'

const repository = '/mnt/shared/lifeboat'

let fleet: HostFleet
let lifeboat: Lifeboat

/** How the moments of a host's life are called, and what its rows were at each. */
const points = new Map<string, Record<string, string>>(HOSTS.map(([name]) => [name, {}]))
const contents = new Map<string, Record<string, string>>(HOSTS.map(([name]) => [name, {}]))

beforeAll(async () => {
  fleet = await bootHosts(HOSTS.map(([name, suite]) => ({ name, suite, walSegmentSizeMB: 1 })))
  const inventory = ['-i', fleet.inventoryFile, '-i', join(fleet.directory, 'points.yml')]
  lifeboat = new Lifeboat([...inventory, '-b', '-e', `repository=${repository}`])
  rememberPoints()
})
afterAll(async () => {
  lifeboat?.close()
  await fleet?.close()
})

const onEach = <T>(work: (host: FleetHost) => Promise<T>): Promise<T[]> =>
  Promise.all(HOSTS.map(([name]) => work(fleet.host(name))))

/** A second inventory: the moments of each host's life. */
const rememberPoints = (): void => {
  const hosts = Object.fromEntries([...points].map(([name, all]) => [name, { points: all }]))
  writeFileSync(join(fleet.directory, 'points.yml'), JSON.stringify({ all: { hosts } }))
}

const variables = (given: readonly string[]): string[] => given.flatMap((each) => ['-e', each])

/** A playbook on all hosts at once, that has to succeed. */
const play = async (playbook: string, ...given: readonly string[]): Promise<RunDocument> => {
  const { document, status } = await lifeboat.playJson(`playbooks/${playbook}.yml`, ...variables(given))
  expect(failuresOf(document)).toBe('')
  expect(status).toBe(0)
  return document
}

/** Every row, in one line: their number and a digest of all that is in them. */
const CONTENT = `SELECT count(*) || ' rows, ' || md5(string_agg(id || item, ',' ORDER BY id)) FROM orders`

/** A hundred rows more, and how they are called with all before them. */
const live = async (host: FleetHost, from: number, name: string): Promise<void> => {
  await sql(host, `INSERT INTO orders SELECT g, '${name}' FROM generate_series(${from}, ${from + 99}) AS g`)
  await remember(host, name)
}
const remember = async (host: FleetHost, name: string): Promise<void> => {
  const known = contents.get(host.name)
  if (known) known[name] = await sql(host, CONTENT)
}
const point = (host: FleetHost, name: string, value: string): void => {
  const known = points.get(host.name)
  if (known) known[name] = value
}

/** What was set aside is the operator's to remove. */
const releaseSetAside = (document: RunDocument): Promise<unknown> =>
  onEach(async (host) => {
    const aside = String(resultOf(document, host.name, 'Restore').set_aside)
    await shell(host, `test -f ${aside}/PG_VERSION && rm -r ${aside}`)
  })

const restore = async (name: string, ...given: readonly string[]): Promise<RunDocument> => {
  const document = await play('restore', 'replace=true', ...given)
  await onEach(async (host) => {
    expect(await sql(host, CONTENT), `${host.name} has the rows of "${name}"`).toBe(contents.get(host.name)?.[name])
    expect(await sql(host, 'SELECT pg_is_in_recovery()')).toBe('f')
  })
  await releaseSetAside(document)
  return document
}

describe('the whole life of a cluster, on PostgreSQL 13, 15, 17 and 18', () => {
  it('is archived, and backed up fully', async () => {
    await play('archive')
    await onEach(async (host) => {
      await sql(host, 'CREATE TABLE orders (id int PRIMARY KEY, item text NOT NULL)')
      if (host.postgresVersion >= 17) {
        await sql(host, 'ALTER SYSTEM SET summarize_wal = on')
        await sql(host, 'SELECT pg_reload_conf()')
      }
      await live(host, 1, 'the full backup')
    })
    const document = await play('backup')
    await onEach(async (host) => {
      expect(resultOf(document, host.name, 'Base backup')).toMatchObject({ type: 'full', parent: null })
    })
  })

  it('B13: is backed up again, from 17 on with an increment', async () => {
    await onEach((host) => live(host, 101, 'the second backup'))
    const document = await play('backup', 'backup_type=auto')
    await onEach(async (host) => {
      const type = host.postgresVersion >= 17 ? 'incr' : 'full'
      const { id, ...taken } = resultOf(document, host.name, 'Base backup')
      expect([taken.type, taken.parent === null], host.name).toEqual([type, type === 'full'])
      point(host, 'second', String(id))
    })
  })

  it('goes on: rows, and moments between them', async () => {
    await onEach(async (host) => {
      await live(host, 201, 'the restore point')
      await sql(host, `SELECT pg_create_restore_point('before_more')`)
      await live(host, 301, 'the position')
      point(host, 'lsn', await sql(host, 'SELECT pg_current_wal_insert_lsn()'))
      await live(host, 401, 'the moment')
      await sql(host, 'SELECT pg_sleep(0.01)')
      point(host, 'time', await clock(host))
      await sql(host, 'SELECT pg_sleep(0.01)')
      const rows = `INSERT INTO orders SELECT g, 'the transaction' FROM generate_series(501, 600) AS g`
      point(host, 'xid', await sql(host, `BEGIN; ${rows}; SELECT txid_current(); COMMIT`))
      await remember(host, 'the transaction')
      await archiveEverything(host)
    })
    rememberPoints()
  })

  it('R16: has a standby that is promoted by accident, and both archive into one folder', async () => {
    await onEach(async (host) => {
      await promoteStandby(host)
      const wal = await shell(host, `cd ${repository}/${host.name}/wal && ls *.history && ls 00000002`)
      expect(wal).toMatch(/^00000002\.history\n00000002[0-9A-F]{16}\.zst/)
      await live(host, 601, 'the right future')
      await archiveEverything(host)
    })
    const { document } = await lifeboat.playJson('playbooks/check.yml', '-e', 'fail_on=never')
    await onEach(async (host) => {
      const { checks } = resultOf(document, host.name, 'Check archive and backups')
      expect(checks).toContainEqual({
        name: 'timelines',
        verdict: 'warn',
        message:
          'timelines 1 and 2 lead to different ends; the server is on timeline 1, and the archive holds a later one',
        hints: expect.any(Array),
      })
    })
  })

  it('is not restored to either of two futures without a word', async () => {
    const hosts = HOSTS.map(([name]) => fleet.host(name))
    const read = () => contentsOf(hosts.slice(0, 1), repository)
    const before = await read()
    const { document, status }: PlayOutcome = await lifeboat.playJson('playbooks/restore.yml', '-e', 'replace=true')
    expect(status).toBe(2)
    await onEach(async (host) => {
      const { error } = resultOf(document, host.name, 'Restore')
      expect(error).toMatchObject({
        code: 'restore/timeline-choice',
        message: 'the archive holds 2 futures: timelines 1 and 2',
        hints: [
          expect.stringMatching(/^timeline 2 was forked from 1 at 0\/[0-9A-F]+: no recovery target specified$/),
          expect.stringMatching(/^they part at 0\/[0-9A-F]+; the target is not before it$/),
          'say which one with target_timeline: its number, latest, or current for that of the backup',
        ],
      })
      expect(await sql(host, CONTENT), 'it runs on').toBe(contents.get(host.name)?.['the right future'])
    })
    expect(differences(before, await read())).toEqual([])
  })

  it.each([
    ['to a restore point before the fork, which needs no word', 'the restore point', ['target_name=before_more']],
    ['along the accident, where that is what is wanted', 'the accident', ['target_timeline=2']],
    ['to the end of a backup', 'the second backup', ['target=immediate', 'backup={{ points.second }}']],
    ['to a position', 'the position', ['target_lsn={{ points.lsn }}', 'target_timeline=1']],
    ['to a moment', 'the moment', ['target_time={{ points.time }}', 'target_timeline=1']],
    [
      'to just before a transaction',
      'the moment',
      ['target_xid={{ points.xid }}', 'target_inclusive=false', 'target_timeline=1'],
    ],
    ['to a transaction', 'the transaction', ['target_xid={{ points.xid }}', 'target_timeline=1']],
    ['to the latest state of the right future', 'the right future', ['target_timeline=1']],
  ])('is restored %s', async (_, name, given) => {
    await restore(name, ...given)
  })

  it('lives on where it is, is backed up, and gives up what is not wanted any more', async () => {
    await onEach((host) => live(host, 701, 'the new life'))
    const backup = await play('backup')
    await onEach(async (host) => {
      point(host, 'last', String(resultOf(backup, host.name, 'Base backup').id))
      point(
        host,
        'timeline',
        String(Number.parseInt(await sql(host, 'SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)'), 16)),
      )
    })
    rememberPoints()
    const rules = ['keep_count=1', 'minimum=1', 'timeline={{ points.timeline }}']
    const document = await play('prune', ...rules)
    const task = 'Remove what is no longer needed'
    expect(changedTasks(document)).toEqual(HOSTS.map(([name]) => `${name}: ${task}`))
    await onEach(async (host) => {
      const { removed_backups, kept } = resultOf(document, host.name, task)
      const last = points.get(host.name)?.last
      expect([removed_backups, kept]).toMatchObject([[{}, {}], [{ id: last }]])
      const segments = `find wal -type f ! -name '*.history' | sed 's|/[^/]*$||' | sort -u`
      const left = await shell(host, `cd ${repository}/${host.name} && ls backup && ${segments}`)
      const folder = Number(points.get(host.name)?.timeline).toString(16).toUpperCase().padStart(8, '0')
      expect(left).toBe(`${last}\nwal/${folder}`)
    })
    expect(changedTasks(await play('prune', ...rules))).toEqual([])
  })

  it('is restored again from what was kept, to the last row', async () => {
    await onEach(async (host) => {
      await live(host, 801, 'the last row')
      await archiveEverything(host)
    })
    const document = await restore('the last row')
    await onEach(async (host) => {
      expect(resultOf(document, host.name, 'Restore').backup).toBe(points.get(host.name)?.last)
    })
    const verified = await play('verify')
    await onEach(async (host) => {
      expect(resultOf(verified, host.name, 'Verify backup and chain').problems).toEqual([])
    })
  })
})

/** A standby on the same host with the configuration of its primary, as an administrator makes one; and it is promoted. */
const promoteStandby = async (host: FleetHost): Promise<void> => {
  const { postgresVersion: major } = host
  await shell(
    host,
    `set -e
    pg_createcluster -p 5433 ${major} standby >/dev/null
    cp -a /etc/postgresql/${major}/main/conf.d /etc/postgresql/${major}/standby/
    cd /var/lib/postgresql && rm -r ${major}/standby
    su postgres -c '/usr/lib/postgresql/${major}/bin/pg_basebackup -R -X stream -c fast -D ~/${major}/standby'
    systemctl start postgresql@${major}-standby
    until [ "$(su postgres -c 'psql -p 5433 -XAtc "SELECT pg_is_in_recovery()"' 2>/dev/null)" = t ]; do sleep 0.1; done
    su postgres -c 'psql -p 5433 -XAtqc "SELECT pg_promote()"' >/dev/null`,
  )
  const there = (text: string): Promise<string> =>
    shell(host, 'psql -p 5433 -X -q -A -t -v ON_ERROR_STOP=1', { user: 'postgres', stdin: text })
  await there(`INSERT INTO orders SELECT g, 'the accident' FROM generate_series(601, 650) AS g`)
  const known = contents.get(host.name)
  if (known) known['the accident'] = await there(CONTENT)
  const segment = await there('SELECT pg_walfile_name(pg_switch_wal())')
  await shell(
    host,
    `until ls ${repository}/${host.name}/wal/00000002/${segment}* >/dev/null 2>&1; do sleep 0.1; done
    pg_dropcluster --stop ${major} standby`,
  )
}
