import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootHosts, type HostFleet } from '../fleet/hosts/index.ts'
import { archiveEverything, shell, sql } from './support/cluster.ts'
import { changedTasks, failuresOf, type RunDocument, resultOf } from './support/document.ts'
import { Lifeboat } from './support/lifeboat.ts'

const names = ['db13', 'db15', 'db17', 'db18']
const repository = '/mnt/shared/lifeboat'
const METRICS = '/var/lib/lifeboat.prom'

let fleet: HostFleet
let lifeboat: Lifeboat

beforeAll(async () => {
  const suites = ['bullseye', 'bookworm', 'trixie', 'forky'] as const
  fleet = await bootHosts([
    ...suites.map((suite, index) => ({ name: names[index] ?? '', suite, walSegmentSizeMB: 1 })),
    { name: 'store', suite: 'bookworm', postgres: false, groups: ['stores'] },
  ])
  lifeboat = new Lifeboat(['-i', fleet.inventoryFile, '-l', 'databases', '-b', '-e', `repository=${repository}`])
})

afterAll(async () => {
  lifeboat?.close()
  await fleet?.close()
})

const onEach = <T>(work: (name: string) => Promise<T>): Promise<T[]> => Promise.all(names.map(work))
const play = async (playbook: string, ...args: string[]): Promise<RunDocument> => {
  const { document, status } = await lifeboat.playJson(playbook, ...args)
  expect(failuresOf(document)).toBe('')
  expect(status).toBe(0)
  return document
}
const write = (from: number, to: number) =>
  onEach(async (name) => {
    const host = fleet.host(name)
    await sql(host, `INSERT INTO numbers SELECT generate_series(${from}, ${to})`)
    await archiveEverything(host)
  })
const stored = () =>
  onEach((name) => shell(fleet.host(name), `cd ${repository}/${name} && find wal backup -type f | sort`))
const figure = async (name: string, metric: string): Promise<string> =>
  shell(fleet.host(name), `sed -n 's/^${metric}{.*} //p' ${METRICS}`)

describe('prune.yml, check.yml and catalogue.yml on PostgreSQL 13, 15, 17 and 18', () => {
  const ids: Record<string, string[]> = {}

  it('A15: check.yml passes once archive and backups are there, and hands its figures to Prometheus', async () => {
    await play('playbooks/archive.yml')
    await onEach((name) => sql(fleet.host(name), 'CREATE TABLE numbers (n int)'))
    for (const from of [1, 101, 201]) {
      await write(from, from + 99)
      const document = await play('playbooks/backup.yml')
      for (const name of names) {
        ids[name] = [...(ids[name] ?? []), String(resultOf(document, name, 'Base backup').id)]
      }
    }
    await write(301, 400)
    const document = await play('playbooks/check.yml', '-e', `prometheus_file=${METRICS}`, '-e', 'prove=true')
    for (const name of names) {
      const { facts } = resultOf(document, name, 'Check archive and backups')
      expect(facts).toMatchObject({ archive_chain_ok: true, backups: 3, backup_id: ids[name]?.at(-1) })
      expect(await figure(name, 'pg_archive_chain_ok')).toBe('1')
      expect(await figure(name, 'pg_archive_ready_files')).toBe('0')
      expect(await shell(fleet.host(name), `stat -c '%a %U' ${METRICS}`)).toBe('644 root')
    }
  })

  it('exits with 2 when a check fails, and still writes the figures', async () => {
    const metrics = `prometheus_file=${METRICS}`
    const { status, document } = await lifeboat.playJson(
      'playbooks/check.yml',
      '-e',
      metrics,
      '-e',
      'backup_max_age=0s',
    )
    expect(status).toBe(2)
    for (const name of names) {
      expect(resultOf(document, name, 'Check archive and backups').msg).toMatch(
        /^fail backups: the newest backup ended /,
      )
      expect(Number(await figure(name, 'pg_backup_age_seconds'))).toBeGreaterThan(0)
    }
  })

  it('B14: catalogue.yml prints what is there', async () => {
    const { stdout, status } = await lifeboat.play('playbooks/catalogue.yml')
    expect(status).toBe(0)
    const there = await lifeboat.play('playbooks/catalogue.yml', '-e', `repository=store:${repository}`)
    expect(there.status, there.stdout).toBe(0)
    for (const name of names) {
      expect(stdout).toContain(`${name} in ${repository}/${name}: PostgreSQL ${name.slice(2)}, system identifier `)
      for (const id of ids[name] ?? [])
        expect(stdout).toMatch(new RegExp(`^\\s+${id}  full  .* timeline 1 up to 0/`, 'm'))
    }
  })

  it('R33: in check mode prune.yml says what would go, and nothing goes', async () => {
    const before = await stored()
    const document = await play('playbooks/prune.yml', '--check', '--diff', '-e', 'keep_count=1')
    for (const name of names) {
      const { removed_backups, removed_wal, kept } = resultOf(document, name, 'Remove what is no longer needed')
      expect(removed_backups).toMatchObject((ids[name] ?? []).slice(0, 2).map((id) => ({ id, why: 'expired' })))
      expect(kept).toMatchObject([{ id: ids[name]?.[2], reasons: ['keep_count'] }])
      const host = fleet.host(name)
      const folder = `${repository}/${name}`
      const boundary = await shell(
        host,
        `sed -n 's/.*"first_segment": "\\(.*\\)".*/\\1/p' ${folder}/backup/${ids[name]?.[2]}/backup.json`,
      )
      const theirs = await shell(
        host,
        `/usr/lib/postgresql/${name.slice(2)}/bin/pg_archivecleanup -n -x .zst ${folder}/wal/00000001 ${boundary}`,
        { user: 'postgres' },
      )
      const segments = theirs.split('\n').map((path) => path.replace(/^.*\/(\w{24})\.zst$/, '$1'))
      expect((removed_wal as string[]).filter((each) => each.length === 24)).toEqual(segments.sort())
    }
    expect(await stored()).toEqual(before)
    // The same on a host that holds nothing but the repository.
    const there = await play(
      'playbooks/prune.yml',
      '--check',
      '-e',
      'keep_count=1',
      '-e',
      `repository=store:${repository}`,
    )
    for (const name of names) {
      const task = 'Remove what is no longer needed'
      expect(resultOf(there, name, task).removed_wal).toEqual(resultOf(document, name, task).removed_wal)
    }
  })

  it('removes exactly that, and nothing the second time', async () => {
    const document = await play('playbooks/prune.yml', '-e', 'keep_count=1', '-e', `repository=store:${repository}`)
    expect(changedTasks(document)).toEqual(names.map((name) => `${name}: Remove what is no longer needed`))
    expect(changedTasks(await play('playbooks/prune.yml', '-e', 'keep_count=1'))).toEqual([])
    for (const [index, files] of (await stored()).entries()) {
      const backups = new Set([...files.matchAll(/^backup\/([^/]+)\//gm)].map(([, id]) => id))
      expect([...backups]).toEqual([ids[names[index] ?? '']?.[2]])
    }
  })

  it('what is left restores every row, and checks pass again', async () => {
    await play('playbooks/restore.yml', '-e', '{"replace": true}')
    expect(await onEach((name) => sql(fleet.host(name), 'SELECT count(*), sum(n) FROM numbers'))).toEqual(
      names.map(() => '400|80200'),
    )
    await write(401, 500)
    await play('playbooks/check.yml', '-e', 'prove=true')
  })
})
