import { describe, expect, it } from 'vitest'
import { Template } from '../../src/base/value.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { errorsOf, folderWith } from '../folder.ts'

const load = async (text: string) => loadInventory([`${folderWith({ 'hosts.yml': text })}/hosts.yml`])

const errorOf = async (text: string): Promise<string> => {
  const folder = folderWith({ 'hosts.yml': text })
  return errorsOf(loadInventory([`${folder}/hosts.yml`]), folder)
}

describe('a YAML inventory', () => {
  it('has groups with hosts, children and vars', async () => {
    const inventory = await load(`
all:
  vars: { owner: dba }
  hosts:
    lone:
  children:
    clusters:
      children:
        primary:
          hosts:
            db1: { ansible_host: 10.0.0.1, path: "/srv/{{ inventory_hostname }}" }
          vars: { role: primary }
        standby:
          hosts:
            db[2:3]:2222: { ansible_user: admin }
    empty:
`)
    expect([...inventory.hosts.keys()]).toEqual(['db1', 'db2', 'db3', 'lone'])
    expect(inventory.hostsOf('all')).toEqual(['lone', 'db1', 'db2', 'db3'])
    expect(inventory.hosts.get('db3')?.vars).toEqual({ ansible_port: 2222, ansible_user: 'admin' })
    expect(inventory.hosts.get('db1')?.vars.path).toBeInstanceOf(Template)
    expect(inventory.hosts.get('db1')?.groups).toEqual(['clusters', 'primary'])
    expect(inventory.hosts.get('lone')?.groups).toEqual(['ungrouped'])
    expect(inventory.groups.get('standby')).toMatchObject({ depth: 2, hosts: ['db2', 'db3'] })
    expect(inventory.groups.get('empty')).toMatchObject({ depth: 1, hosts: [], children: [] })
    expect(inventory.groups.get('all')?.vars).toEqual({ owner: 'dba' })
  })

  it('takes a bare name for a mapping of it, and a group below two others as one group', async () => {
    const inventory = await load(`
zeta: { hosts: { h2: , h1: } }
alpha: { hosts: h3, children: sub }
sub: { hosts: { h9: , h1: } }
`)
    expect(inventory.groups.get('sub')).toMatchObject({ parents: ['alpha'], depth: 2 })
    expect(inventory.hosts.get('h1')?.groups).toEqual(['alpha', 'sub', 'zeta'])
  })

  it('may be JSON', async () => {
    const folder = folderWith({ 'hosts.json': '{"db": {"hosts": {"db1": {"a": [1, true, null]}}}}' })
    const inventory = await loadInventory([`${folder}/hosts.json`])
    expect(inventory.hosts.get('db1')?.vars).toEqual({ a: [1, true, null] })
  })

  it('warns of a host and a group of one name', async () => {
    const inventory = await load('web: { hosts: { web: } }')
    expect(inventory.warnings.map(({ message }) => message)).toEqual(['"web" is the name of a host and of a group'])
  })

  it('may be empty', async () => {
    expect((await load('---\n')).hosts.size).toBe(0)
  })
})

describe('errors of a YAML inventory', () => {
  it.each([
    [
      'all:\n  hosts:\n    - db1\n',
      `error[inventory/wrong-type]: "hosts" of the group "all" must be a mapping, not a list
  --> hosts.yml:3:5
  2 |   hosts:
> 3 |     - db1
    |     ^
  hint: write each name as a key: "db1:" in the place of "- db1"`,
    ],
    [
      'all:\n  host:\n    db1:\n',
      `error[inventory/unknown-key]: "host" is not a key of a group
  --> hosts.yml:2:3
  1 | all:
> 2 |   host:
    |   ^^^^
  3 |     db1:
  hint: did you mean "hosts"?
  hint: a group has hosts, children and vars; groups below it stand under children`,
    ],
    [
      '- db1\n',
      `error[inventory/wrong-type]: a YAML inventory is a mapping of groups
  --> hosts.yml:1:1
> 1 | - db1
    | ^
  hint: begin the file with "all:"`,
    ],
    [
      'all:\n  hosts:\n    db1: 10.0.0.1\n',
      `error[inventory/wrong-type]: the host "db1" must be a mapping of variables
  --> hosts.yml:3:10
  2 |   hosts:
> 3 |     db1: 10.0.0.1
    |          ^^^^^^^^`,
    ],
    [
      'all:\n  vars:\n    - a: 1\n',
      `error[inventory/wrong-type]: "vars" of the group "all" must be a mapping, not a list
  --> hosts.yml:3:5
  2 |   vars:
> 3 |     - a: 1
    |     ^`,
    ],
    [
      'a: { children: { b: { children: { a: } } } }\n',
      `error[inventory/group-loop]: group "b" cannot be a child of "a": a loop
  --> hosts.yml:1:18
> 1 | a: { children: { b: { children: { a: } } } }
    |                  ^
  hint: "a" is already inside "b"`,
    ],
    [
      'plugin: constructed\n',
      `error[inventory/unknown-format]: inventory plugins are not supported yet
  --> hosts.yml:1:1
> 1 | plugin: constructed
    | ^^^^^^
  hint: an executable script that prints the JSON of --list can take its place`,
    ],
    [
      'all:\n  hosts:\n\tdb1:\n',
      `error[yaml/tab]: a tab stands where only spaces may
  --> hosts.yml:3:1
  2 |   hosts:
> 3 |  db1:
    | ^
  hint: indent with spaces`,
    ],
  ])('%j', async (text, expected) => {
    expect(await errorOf(text)).toBe(expected)
  })
})
