import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ProcessFleet, startProcesses } from '../fleet/processes/index.ts'
import { shell } from './support/cluster.ts'
import { changedTasks, failuresOf, type PlacedResult, resultsOf, type Stats } from './support/document.ts'
import { Lifeboat, type PlayOutcome } from './support/lifeboat.ts'

// What is expected here is what ansible-core 2.14 makes of the same playbooks on the same hosts: the files in
// language/expected and the counts of the recap were written by it.
const folder = 'test/scenarios/language'
const site = `${folder}/site.yml`
const secret = 'correct-horse-battery'
const hosts = ['db1', 'db2', 'db3']

let fleet: ProcessFleet
let lifeboat: Lifeboat
let work: string

beforeAll(async () => {
  fleet = await startProcesses({ hosts: 3, postgres: [false, false, false] })
  work = join(fleet.sharedFolder, 'work')
  lifeboat = new Lifeboat(['-i', fleet.inventoryFile, '-i', `${folder}/inventory/`, '-e', `work=${work}`])
  await shell(fleet.host('db1'), `mkdir ${work}`)
})

afterAll(async () => {
  lifeboat?.close()
  await fleet?.close()
})

const onHosts = (text: string): Promise<string> => shell(fleet.host('db1'), text)
const startAnew = (): Promise<string> => onHosts(`rm -rf ${work} && mkdir ${work}`)
const files = (): string[] => readdirSync(work).sort()
const content = (name: string): string => readFileSync(join(work, name), 'utf8')
const tasksOf = (results: readonly PlacedResult[], host: string): string[] =>
  results.filter((each) => each.host === host && each.result.skipped !== true).map(({ task }) => task)

const counts = (ok: number, changed: number, others: Partial<Stats> = {}): Stats => ({
  ok,
  changed,
  unreachable: 0,
  failures: 0,
  skipped: 0,
  rescued: 0,
  ignored: 0,
  ...others,
})

describe('a playbook with everything that the language has', () => {
  let first: PlayOutcome

  beforeAll(async () => {
    first = await lifeboat.playJson(site, '-e', `password=${secret}`, '-e', '{"extra": "given"}')
  })

  it('succeeds, with the recap of Ansible', () => {
    expect(first.status, failuresOf(first.document)).toBe(0)
    expect(first.document.stats).toEqual({
      db1: counts(49, 28, { skipped: 2, rescued: 1, ignored: 1 }),
      db2: counts(43, 27, { skipped: 2, rescued: 1, ignored: 1 }),
      db3: counts(38, 23, { skipped: 7, ignored: 1 }),
    })
  })

  it.each(hosts)('gives variables, results and facts on %s the values of Ansible', (host) => {
    expect(content(`${host}/trace`)).toBe(readFileSync(join(folder, 'expected', host), 'utf8'))
  })

  it('runs handlers once, those of roles first, in the order in which they are defined', () => {
    expect(content('db2/handled')).toBe(
      'handler of the role, hello from db2\nlistener of the role\nfirst\nsecond\nlistener\n',
    )
  })

  it('goes from the block to its rescue and always', () => {
    expect(content('db1/block')).toBe(
      'block, variable of the block\nrescue of This fails, 3\nalways, variable of the block\n',
    )
    expect(readdirSync(join(work, 'db3'))).not.toContain('block')
  })

  it('renders templates as Ansible does, lines of statements gone', () => {
    expect(content('db1/greeting')).toBe(
      'hello from db1 (English)\n1. postgresql 15\n2. pgbackrest 2.44\n3. zstd\none of 2 in web: DB1, DB2\n',
    )
    expect(content('db3/greeting')).toBe('hello from db3 (English)\n1. postgresql 15\n2. pgbackrest 2.44\n3. zstd\n')
  })

  it('takes batches in the order and of the size that the play says', () => {
    expect(content('db3/batch')).toBe('db3 of db3 of db1 db2 db3\n')
    expect(content('db1/batch')).toBe('db1 of db2 db1 of db1 db2 db3\n')
    expect(content('once-a-batch')).toBe('db3\ndb2\n')
  })

  it('loads included tasks with the item of the loop', () => {
    expect(content('db1/fruits')).toBe('pear 4\nplum 6\n')
    expect(tasksOf(resultsOf(first.document), 'db1')).toContain('Included for pear')
  })

  it('changes nothing the second time but what always acts', async () => {
    const { document, status } = await lifeboat.playJson(site, '-e', `password=${secret}`, '-e', 'extra=given')
    expect(status, failuresOf(document)).toBe(0)
    const stateful = ['Write the greeting', 'Sign', 'Key and value', 'A line that is there once']
    const changed = changedTasks(document)
    for (const task of [...stateful, 'Make the folder', 'Loop with a label and a variable of its own']) {
      for (const host of hosts) expect(changed).not.toContain(`${host}: ${task}`)
    }
  })

  it('shows nothing of a no_log task: not in the output, not in JSON, not in the journal', async () => {
    const spoken = await lifeboat.play(site, '-vvv', '--diff', '-e', `password=${secret}`, '-e', 'extra=given')
    expect(spoken.status).toBe(0)
    expect(`${spoken.stdout}${spoken.stderr}${first.stdout}${first.stderr}`).not.toContain(secret)
    const journals = readdirSync(join(lifeboat.home, 'runs'))
    expect(journals).toHaveLength(3)
    for (const journal of journals)
      expect(readFileSync(join(lifeboat.home, 'runs', journal), 'utf8')).not.toContain(secret)
  })
})

describe('what is chosen of a playbook', () => {
  it('by a tag: the tasks that have it, those tagged always, and the handlers they notify', async () => {
    await startAnew()
    const { document, status } = await lifeboat.playJson(site, '--tags', 'greet')
    expect(status, failuresOf(document)).toBe(0)
    expect(tasksOf(resultsOf(document), 'db3')).toEqual([
      'Make the folder',
      'Count how often this role is run',
      'Write the greeting',
      'Say how it is signed',
      'Sign',
      'Remember the greeting',
      'A listener of the role',
    ])
    expect(document.stats.db3).toEqual(counts(7, 6, { skipped: 1 }))
  })

  it('by the tag of a task that is tagged never', async () => {
    const { document } = await lifeboat.playJson(site, '--tags', 'rare')
    expect(tasksOf(resultsOf(document), 'db1')).toEqual(['Make the folder', 'Tagged by name'])
  })

  it('by --skip-tags and --limit', async () => {
    const { document } = await lifeboat.playJson(
      `${folder}/stops.yml`,
      '--skip-tags',
      'any_errors_fatal,too_many,rolling,forced,rescued',
      '-l',
      'hosts:!web',
    )
    expect(resultsOf(document).map(({ host, task }) => `${host}: ${task}`)).toEqual([
      'db3: One of three fails',
      'db3: The others go on',
    ])
  })

  it('--list-hosts, --list-tasks and --syntax-check touch no host', async () => {
    await startAnew()
    const listed = await lifeboat.play(site, '--list-tasks')
    expect(listed.status).toBe(0)
    expect(listed.stdout).toContain('greeter : Write the greeting')
    expect((await lifeboat.play(site, '--list-hosts', '-l', 'web')).stdout).not.toContain('db3')
    expect((await lifeboat.play(site, '--syntax-check')).status).toBe(0)
    expect(files()).toEqual([])
  })
})

describe('what ends a play', () => {
  const stop = async (tag: string): Promise<PlayOutcome> => {
    await startAnew()
    return lifeboat.playJson(`${folder}/stops.yml`, '--tags', tag)
  }

  it('any_errors_fatal: nobody goes on, and no later play begins', async () => {
    const { document, status } = await stop('any_errors_fatal')
    expect(status).toBe(2)
    expect(document.stats).toEqual({ db1: counts(1, 0), db2: counts(0, 0, { failures: 1 }), db3: counts(1, 0) })
    expect(files()).toEqual([])
  })

  it('any_errors_fatal in a block with a rescue: who failed is rescued, and all go on', async () => {
    const { document, status } = await stop('rescued')
    expect(status).toBe(0)
    expect(document.stats.db2).toEqual(counts(2, 2, { rescued: 1 }))
    expect(files()).toEqual(['rescued-db2', 'went-on-db1', 'went-on-db2', 'went-on-db3'])
  })

  it('max_fail_percentage: a third of the hosts is less than 34 %', async () => {
    expect((await stop('tolerated')).status).toBe(2)
    expect(files()).toEqual(['tolerated-db1', 'tolerated-db3'])
  })

  it('max_fail_percentage: a third of the hosts is more than 33 %', async () => {
    expect((await stop('too_many')).status).toBe(2)
    expect(files()).toEqual([])
  })

  it('serial: a batch of which no host is left ends the play', async () => {
    const { document, status } = await stop('rolling')
    expect(status).toBe(2)
    expect(document.stats).toEqual({ db1: counts(2, 1), db2: counts(0, 0, { failures: 1 }) })
    expect(files()).toEqual(['rolled-db1'])
  })

  it('force_handlers: the handlers of a host that failed still run', async () => {
    const { document, status } = await stop('forced')
    expect(status).toBe(2)
    expect(document.stats.db2).toEqual(counts(2, 2, { failures: 1 }))
    expect(files()).toEqual(['finished-db1', 'finished-db2', 'finished-db3'])
  })
})
