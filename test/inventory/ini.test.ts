import { describe, expect, it } from 'vitest'
import { Template } from '../../src/base/value.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { errorsOf, folderWith } from '../folder.ts'

const load = async (text: string) => loadInventory([`${folderWith({ hosts: text })}/hosts`])

const errorOf = async (text: string): Promise<string> => {
  const folder = folderWith({ hosts: text })
  return errorsOf(loadInventory([`${folder}/hosts`]), folder)
}

describe('an INI inventory', () => {
  it('has hosts in sections, groups of groups, and hosts of no group', async () => {
    const inventory = await load(`
alone.example.com
[web]
web[1:2]
[db]
db1:2222
; a comment
# and another
[all_servers:children]
web
db
`)
    expect([...inventory.hosts.keys()]).toEqual(['alone.example.com', 'web1', 'web2', 'db1'])
    expect(inventory.hosts.get('db1')?.vars).toEqual({ ansible_port: 2222 })
    expect(inventory.hosts.get('db1')?.groups).toEqual(['all_servers', 'db'])
    expect(inventory.hosts.get('alone.example.com')?.groups).toEqual(['ungrouped'])
    expect(inventory.groups.get('all')?.children).toEqual(['ungrouped', 'all_servers'])
    expect(inventory.groups.get('web')).toMatchObject({ depth: 2, parents: ['all_servers'] })
    expect(inventory.hostsOf('all_servers')).toEqual(['web1', 'web2', 'db1'])
  })

  it.each([
    ['5', 5],
    ['-5', -5],
    ['1_000', 1000],
    ['0x10', 16],
    ['0o17', 15],
    ['0644', '0644'],
    ['1.5', 1.5],
    ['True', true],
    ['true', 'true'],
    ['yes', 'yes'],
    ['None', null],
    ['', ''],
    ['text', 'text'],
    ['a=b', 'a=b'],
    ['16.2.1', '16.2.1'],
    ["[1, 'two', {'k': None}]", [1, 'two', { k: null }]],
    ['(1, 2)', [1, 2]],
    ['(1)', 1],
    ['1, 2', [1, 2]],
    ['{1, 2}', [1, 2]],
    ["{'a': {'b': [True]}}", { a: { b: [true] } }],
    ['[1, two]', '[1, two]'],
    ['[1', '[1'],
    ['"quoted"', 'quoted'],
    ['"5"', '5'],
    ["'a' 'b'", 'ab'],
    ['"tab\\tnew\\x41"', 'tab\tnewA'],
    ["r'\\d'", '\\d'],
    ['5 # comment', 5],
    ['"abc" # comment', 'abc'],
    ['abc # no comment', 'abc # no comment'],
    ['/var/lib/#1', '/var/lib/#1'],
  ])('types the group variable x=%s as Python does', async (written, value) => {
    const inventory = await load(`[g]\nh\n[g:vars]\nx = ${written}\n`)
    expect(inventory.groups.get('g')?.vars.x).toEqual(value)
  })

  it.each([
    ['x=5', { x: 5 }],
    ['x="a b"', { x: 'a b' }],
    [`x="'5'"`, { x: '5' }],
    [`x="[1, 2]" y=2`, { x: [1, 2], y: 2 }],
    ['x=a\\ b', { x: 'a b' }],
    ['x=y#comment z=1', { x: 'y' }],
    ['x=y # comment', { x: 'y' }],
    ['x=', { x: '' }],
  ])('splits the variables of a host as a shell does: %s', async (written, vars) => {
    const inventory = await load(`[g]\nh ${written}\n`)
    expect(inventory.hosts.get('h')?.vars).toEqual(vars)
  })

  it('keeps the place of a template', async () => {
    const inventory = await load('[g]\nh dir="/srv/{{ name }}"\n[g:vars]\nlist=["{{ a }}"]\n')
    const dir = inventory.hosts.get('h')?.vars.dir
    expect(dir).toBeInstanceOf(Template)
    expect(dir).toMatchObject({ text: '/srv/{{ name }}', position: { line: 2, column: 8 } })
    expect(inventory.groups.get('g')?.vars.list).toEqual([expect.any(Template)])
  })

  it('writes 9.0 as 9.0 in texts', async () => {
    const inventory = await load('[g]\nh version=9.0\n')
    expect(inventory.hosts.get('h')?.vars.version).toMatchObject({ value: 9, text: '{{ 9.0 }}' })
  })

  it('takes ansible_group_priority for the priority of the group and for no variable', async () => {
    const inventory = await load('[g]\nh\n[g:vars]\nansible_group_priority=10\n')
    expect(inventory.groups.get('g')).toMatchObject({ priority: 10, vars: {} })
  })
})

describe('errors of an INI inventory', () => {
  it.each([
    [
      '[db:vars]\na=1\n',
      `error[inventory/unknown-group]: [db:vars] names the group "db", which is not defined
  --> hosts:1:1
> 1 | [db:vars]
    | ^^^^^^^^^
  2 | a=1
  hint: a section [db], even an empty one, defines the group`,
    ],
    [
      '[databases]\ndb1\n[all_of_them:children]\ndatabase\n',
      `error[inventory/unknown-group]: [all_of_them:children] names the group "database", which is not defined
  --> hosts:4:1
  3 | [all_of_them:children]
> 4 | database
    | ^^^^^^^^
  hint: did you mean "databases"?
  hint: a section [database], even an empty one, defines the group`,
    ],
    [
      '[a:children]\nb\n[b:children]\na\n',
      `error[inventory/group-loop]: group "a" cannot be a child of "b": a loop
  --> hosts:4:1
  3 | [b:children]
> 4 | a
    | ^
  hint: "b" is already inside "a"`,
    ],
    [
      '[db:childern]\nb\n',
      `error[inventory/bad-section]: a section cannot be of the kind "childern"
  --> hosts:1:1
> 1 | [db:childern]
    | ^^^^^^^^^^^^^
  2 | b
  hint: did you mean "children"?
  hint: sections are [group], [group:children] and [group:vars]`,
    ],
    [
      '[db]\ndb1 ansible_user postgres\n',
      `error[inventory/bad-line]: "ansible_user" is not of the form key=value
  --> hosts:2:5
  1 | [db]
> 2 | db1 ansible_user postgres
    |     ^^^^^^^^^^^^
  hint: quote a value that has spaces: key="a b", or key='[1, 2]'`,
    ],
    [
      '[db]\ndb[3:1]\n',
      `error[inventory/bad-range]: the range "[3:1]" begins after its end
  --> hosts:2:1
  1 | [db]
> 2 | db[3:1]
    | ^^^^^^^
  hint: ranges are written db[1:9], db[01:20], db[1:9:2] or db[a:f]`,
    ],
    [
      '[db]\ndb1:\n',
      `error[inventory/bad-host]: the host name "db1:" ends in a colon
  --> hosts:2:1
  1 | [db]
> 2 | db1:
    | ^^^^
  hint: a colon may only be followed by a port: db1:2222
  hint: a YAML inventory needs the ending .yml`,
    ],
    [
      '[db]\ndb1 x="1\n',
      `error[inventory/bad-line]: a quote is not closed
  --> hosts:2:1
  1 | [db]
> 2 | db1 x="1
    | ^^^^^^^^`,
    ],
  ])('%j', async (text, expected) => {
    expect(await errorOf(text)).toBe(expected)
  })
})
