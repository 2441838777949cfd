import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isModule, moduleNames } from '../src/modules/load.ts'
import { loadPlaybook } from '../src/playbook/load.ts'
import type { TaskItem } from '../src/playbook/types.ts'
import { run } from './engine/fixture.ts'

const folder = fileURLToPath(new URL('../playbooks', import.meta.url))
const names = readdirSync(folder).filter((name) => name.endsWith('.yml'))

const nameOf = (item: TaskItem | undefined): unknown => (item?.kind === 'block' ? nameOf(item.block[0]) : item?.name)

test.each(names)('%s leaves the repository host out of all its plays, whatever tags say', async (name) => {
  const loadOptions = { isModule: (module: string) => isModule(module), moduleNames, extraVariables: {} }
  const { plays } = await loadPlaybook(`${folder}/${name}`, loadOptions)
  for (const play of plays) {
    expect(play.hosts.value).toBe('all')
    expect(nameOf(play.tasks[0])).toBe('Leave out the repository host')
  }
})

test.each([
  ['nothing says so', {}, {}, ['backup1', 'db1', 'db2']],
  ['the repository is a folder', { 'group_vars/all.yml': 'repository: /srv/backup1\n' }, {}, ['backup1', 'db1', 'db2']],
  ['a variable of all says so', { 'group_vars/all.yml': 'repository: backup1:/srv\n' }, {}, ['db1', 'db2']],
  ['only a variable of others says so', { 'group_vars/dbs.yml': 'repository: backup1:/srv\n' }, {}, ['db1', 'db2']],
  ['-e says so', { 'group_vars/all.yml': 'repository: /srv\n' }, { repository: 'backup1:/srv' }, ['db1', 'db2']],
  [
    '-e says otherwise',
    { 'group_vars/all.yml': 'repository: backup1:/srv\n' },
    { repository: '/srv' },
    ['backup1', 'db1', 'db2'],
  ],
])('the host of a repository is left out where %s', async (_where, files, variables, left) => {
  const play = `- hosts: all
  gather_facts: false
  tasks:
    - import_tasks: leave-out.yml
    - name: t
      ping:
      tags: t
`
  const { lines, stats } = await run({
    files: {
      hosts: '[dbs]\ndb1\ndb2\n[others]\nbackup1\n[all:vars]\nansible_connection=local\n',
      'site.yml': play,
      'leave-out.yml': readFileSync(`${folder}/tasks/leave-out-repository-host.yml`, 'utf8'),
      ...files,
    },
    variables,
    options: { tags: ['t'] },
  })
  expect([...lines].sort()).toEqual(left.map((host) => `${host} t ok`))
  expect(Object.keys(stats).sort()).toEqual(left)
})
