import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootHosts, type HostFleet } from '../fleet/hosts/index.ts'
import { contentsOf, differences, quieten, shell, sql, startedAt } from './support/cluster.ts'
import { changedTasks, failuresOf, type RunDocument, resultsOf } from './support/document.ts'
import { Lifeboat } from './support/lifeboat.ts'

const names = ['db13', 'db15', 'db17', 'db18']
const repository = '/mnt/shared/lifeboat'

let fleet: HostFleet
let lifeboat: Lifeboat

beforeAll(async () => {
  fleet = await bootHosts([
    { name: 'db13', suite: 'bullseye' },
    { name: 'db15', suite: 'bookworm' },
    { name: 'db17', suite: 'trixie' },
    { name: 'db18', suite: 'forky' },
  ])
  lifeboat = new Lifeboat(['-i', fleet.inventoryFile, '-b', '-e', `repository=${repository}`])
})

afterAll(async () => {
  lifeboat?.close()
  await fleet?.close()
})

const onEach = <T>(work: (name: string) => Promise<T>): Promise<T[]> => Promise.all(names.map(work))
const startTimes = () => onEach((name) => startedAt(fleet.host(name)))
const counts = ({ stats }: RunDocument, key: 'changed' | 'failures' | 'unreachable') =>
  names.map((name) => stats[name]?.[key])

describe('archive.yml on PostgreSQL 13, 15, 17 and 18', () => {
  let predicted: RunDocument
  let done: RunDocument

  it('in check mode says what would change, and changes nothing', async () => {
    const read = () => contentsOf(Object.values(fleet.hosts), '/etc/postgresql', '/var/lib/postgresql', '/mnt/shared')
    await quieten(Object.values(fleet.hosts))
    const before = await read()
    const { document, status } = await lifeboat.playJson('playbooks/archive.yml', '--check', '--diff')
    const after = await read()
    predicted = document
    expect(failuresOf(document)).toBe('')
    expect(status).toBe(0)
    expect(differences(before, after)).toEqual([])
    for (const name of names) expect(changedTasks(document)).toContain(`${name}: Set up the archive`)
  })

  it('sets up archiving, and changes exactly what check mode had said', async () => {
    const before = await startTimes()
    const { document, status } = await lifeboat.playJson('playbooks/archive.yml')
    expect(failuresOf(document)).toBe('')
    expect(status).toBe(0)
    expect(changedTasks(document)).toEqual(changedTasks(predicted))
    const after = await startTimes()
    expect(after.filter((time, index) => time === before[index])).toEqual([])
    done = document
  })

  it('restarts through the handler, once on each host, after the settings', () => {
    const changed = resultsOf(done).filter(({ result }) => result.changed === true)
    for (const name of names) {
      const tasks = changed.filter(({ host }) => host === name).map(({ task }) => task)
      expect(tasks).toEqual(['Set up the archive', 'Restart PostgreSQL'])
    }
  })

  it('leaves a segment in the repository that is the very one the server wrote', async () => {
    const proofs = await onEach(async (name) => {
      const host = fleet.host(name)
      const segment = await sql(host, 'SELECT last_archived_wal FROM pg_stat_archiver')
      const data = await sql(host, 'SHOW data_directory')
      const stored = `${repository}/${name}/wal/${segment.slice(0, 8)}/${segment}`
      const proof = `for file in ${stored}*; do
          case $file in *.zst) zstd -qdc $file ;; *.lz4) lz4 -qdc $file ;; *.gz) gzip -dc $file ;; *) cat $file ;; esac
        done | cmp - ${data}/pg_wal/${segment} && stat -c %s ${data}/pg_wal/${segment}`
      return shell(host, proof, { user: 'postgres' })
    })
    expect(proofs).toEqual(names.map(() => String(16 * 1024 * 1024)))
  })

  it('reports changed=0 for every host the second time, and restarts none', async () => {
    const before = await startTimes()
    const { stdout, status } = await lifeboat.play('playbooks/archive.yml')
    expect(status).toBe(0)
    for (const name of names)
      expect(stdout).toMatch(new RegExp(`^${name} : ok=\\d+ changed=0 unreachable=0 failed=0 `, 'm'))
    expect(await startTimes()).toEqual(before)
  })

  it('reloads and does not restart for a setting that needs no restart', async () => {
    const before = await startTimes()
    const { document, status } = await lifeboat.playJson('playbooks/archive.yml', '-e', 'archive_timeout=2min')
    expect(failuresOf(document)).toBe('')
    expect(status).toBe(0)
    expect(counts(document, 'changed')).toEqual([1, 1, 1, 1])
    expect(await startTimes()).toEqual(before)
    expect(await onEach((name) => sql(fleet.host(name), 'SHOW archive_timeout'))).toEqual(names.map(() => '2min'))
  })

  it('mends a helper that somebody edited, and says which', async () => {
    const host = fleet.host('db15')
    const command = await sql(host, 'SHOW archive_command')
    const [helper = ''] = command.split(' ')
    await shell(host, `echo '# mine' >> ${helper}`)
    const { document } = await lifeboat.playJson('playbooks/archive.yml', '-e', 'archive_timeout=2min')
    expect(changedTasks(document)).toEqual(['db15: Set up the archive'])
    expect(await shell(host, `grep -c '# mine' ${helper} || true`)).toBe('0')
  })
})
