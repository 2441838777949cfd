import { chmodSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadInventory } from '../../src/inventory/load.ts'
import { errorsOf, folderWith } from '../folder.ts'

describe('sources of an inventory', () => {
  it.each([
    ['hosts', '[db]\ndb1\n'],
    ['hosts', 'db1\n'],
    ['hosts', '# comment\n\ndb1 x=1\n'],
    ['hosts', 'db1:2222\n'],
    ['hosts.ini', 'db1\n'],
    ['hosts.cfg', '[db]\ndb1\n'],
    ['hosts', 'db:\n  hosts:\n    db1:\n'],
    ['hosts', '---\ndb:\n  hosts: { db1: }\n'],
    ['hosts', '{"db": {"hosts": {"db1": null}}}'],
    ['hosts.yaml', 'db: { hosts: { db1: } }\n'],
    ['hosts.json', '{"db": {"hosts": {"db1": null}}}'],
    ['hosts.yml', '[db]\ndb1\n'],
  ])('%s is recognised by name and content: %j', async (name, text) => {
    const inventory = await loadInventory([`${folderWith({ [name]: text })}/${name}`])
    expect([...inventory.hosts.keys()]).toEqual(['db1'])
  })

  it('are merged in their order, later variables winning', async () => {
    const folder = folderWith({
      one: '[db]\ndb1 a=1 b=1\n[db:vars]\nc=1\nd=1\n',
      'two.yml': 'db: { vars: { d: 2 }, hosts: { db1: { b: 2 }, db2: } }',
    })
    const inventory = await loadInventory([`${folder}/one`, `${folder}/two.yml`, 'db3,db1,'])
    expect([...inventory.hosts.keys()]).toEqual(['db1', 'db2', 'db3'])
    expect(inventory.hosts.get('db1')?.vars).toEqual({ a: 1, b: 2 })
    expect(inventory.groups.get('db')?.vars).toEqual({ c: 1, d: 2 })
    expect(inventory.groups.get('ungrouped')?.hosts).toEqual(['db3'])
  })

  it('may be a list of hosts', async () => {
    const inventory = await loadInventory(['db1, db[2:3]:2222,'])
    expect([...inventory.hosts.keys()]).toEqual(['db1', 'db2', 'db3'])
    expect(inventory.hosts.get('db3')?.vars).toEqual({ ansible_port: 2222 })
  })

  it('may be a folder, of which Ansible passes over some files', async () => {
    const folder = folderWith({
      '01-web': '[web]\nweb1\n',
      '02-db.yml': 'db: { hosts: { db1: } }',
      'more/03': '[more]\nm1\n',
      'settings.ini': '[x]\nx1\n',
      'old.yml~': 'y: {}',
      'old.bak': '[z]\nz1\n',
      'README.md': 'words',
      'ansible.cfg': '[defaults]\n',
      '.hidden': '[h]\nh1\n',
      'group_vars/all': 'a: 1\n',
      'host_vars/db1.yml': 'b: 1\n',
    })
    const inventory = await loadInventory([folder])
    expect([...inventory.hosts.keys()]).toEqual(['web1', 'db1', 'm1'])
    expect(inventory.warnings.map(({ message }) => message.replace(folder, ''))).toEqual([
      '/settings.ini is not read: in an inventory folder ".ini" files are passed over',
    ])
  })

  it('may be a script that prints JSON', async () => {
    const folder = folderWith({
      'inventory.sh': `#!/bin/sh
test "$1" = --list && echo '{
  "db": { "hosts": ["db1", "db2"], "vars": { "a": "{{ b }}" }, "children": ["sub"] },
  "list": ["db3"],
  "_meta": { "hostvars": { "db1": { "x": 1 } } } }'
`,
    })
    const inventory = await loadInventory([`${folder}/inventory.sh`])
    expect([...inventory.hosts.keys()]).toEqual(['db1', 'db2', 'db3'])
    expect(inventory.groups.get('db')).toMatchObject({ children: ['sub'], vars: { a: { text: '{{ b }}' } } })
    expect(inventory.hosts.get('db1')?.vars).toEqual({ x: 1 })
  })

  it('asks a script without _meta for each host', async () => {
    const folder = folderWith({
      script: `#!/bin/sh
if [ "$1" = --list ]; then echo '{"db": ["db1", "db2"]}'; else echo '{"name": "'"$2"'"}'; fi
`,
    })
    const inventory = await loadInventory([`${folder}/script`])
    expect(inventory.hosts.get('db2')?.vars).toEqual({ name: 'db2' })
  })

  it('that fail say why', async () => {
    const folder = folderWith({
      fails: '#!/bin/sh\necho no database >&2\nexit 3\n',
      words: '#!/bin/sh\necho hello\n',
      'hosts.toml': '[db]\n',
      script: '#!/bin/sh\n',
    })
    chmodSync(`${folder}/script`, 0o644)
    const errorOf = (source: string): Promise<string> => errorsOf(loadInventory([source]), folder)
    expect(await errorOf(`${folder}/fails`)).toBe(
      'error[inventory/script-failed]: the inventory script fails --list failed: it did not end with status 0\n  hint: it said: no database',
    )
    expect(await errorOf(`${folder}/words`)).toContain(
      'the inventory script words --list failed: it did not print JSON',
    )
    expect(await errorOf(`${folder}/hosts.toml`)).toContain('TOML inventories are not supported: hosts.toml')
    expect(await errorOf(`${folder}/script`)).toContain('hint: make it executable: chmod +x script')
    expect(await errorOf('nowhere-db1')).toBe(
      'error[file/not-found]: the inventory nowhere-db1 cannot be read\n  hint: for the host "nowhere-db1" put a comma behind it: -i nowhere-db1,',
    )
    expect(await errorOf('nowhere/')).toBe(
      'error[file/not-found]: the inventory nowhere/ cannot be read\n  hint: name a file, a folder, a script or hosts with -i; without it inventory/ is read',
    )
  })
})
