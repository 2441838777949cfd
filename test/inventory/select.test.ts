import { describe, expect, it } from 'vitest'
import { formatError } from '../../src/base/errors.ts'
import { implicitHost } from '../../src/inventory/implicit-host.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { folderWith } from '../folder.ts'

const HOSTS = `
z1
a1
[web]
w[01:03]
w[a:c]x[1:2]
[db]
d[1:9:4]
w02
[big:children]
db
web
[empty]
`

const inventoryOf = async (text = HOSTS) => loadInventory([`${folderWith({ hosts: text })}/hosts`])

const WEB = 'w01 w02 w03 wax1 wax2 wbx1 wbx2 wcx1 wcx2'

// What `ansible --list-hosts PATTERN` of ansible-core 2.14 prints for this inventory.
describe('host patterns', () => {
  it.each([
    ['all', `z1 a1 d1 d5 d9 w02 w01 w03 wax1 wax2 wbx1 wbx2 wcx1 wcx2`],
    ['*', `z1 a1 d1 d5 d9 w02 w01 w03 wax1 wax2 wbx1 wbx2 wcx1 wcx2`],
    ['big', 'd1 d5 d9 w02 w01 w03 wax1 wax2 wbx1 wbx2 wcx1 wcx2'],
    ['web:db', `${WEB} d1 d5 d9`],
    ['web,db', `${WEB} d1 d5 d9`],
    ['web:&db', 'w02'],
    ['&db:web', 'w02'],
    ['web:!db', WEB.replace('w02 ', '')],
    ['!db:web', WEB.replace('w02 ', '')],
    ['!web', 'z1 a1 d1 d5 d9'],
    ['all:!web:!ungrouped', 'd1 d5 d9'],
    ['web:&w0*', 'w01 w02 w03'],
    ['d*', 'd1 d5 d9 w02'],
    ['b?g', 'd1 d5 d9 w02 w01 w03 wax1 wax2 wbx1 wbx2 wcx1 wcx2'],
    ['w[0]*', 'w01 w02 w03'],
    ['~d[15]', 'd1 d5'],
    ['~(d1|w01)', 'w01 d1'],
    ['web[0]', 'w01'],
    ['web[-1]', 'wcx2'],
    ['web[1:3]', 'w02 w03 wax1'],
    ['web[7:]', 'wcx1 wcx2'],
    ['web[5:99]', 'wbx1 wbx2 wcx1 wcx2'],
    ['web[99]', ''],
    ['big[10]', 'wcx1'],
    ['*[0]', 'z1'],
    ['d*[0]', 'd1'],
    ['web[0]:db[0]', 'w01 d1'],
    ['all[1]:all[2]', 'a1 d1'],
    ['w02,w01,web', 'w02 w01 w03 wax1 wax2 wbx1 wbx2 wcx1 wcx2'],
    [',,web[0],,', 'w01'],
    ['d1 , d5', 'd1 d5'],
    ['d1 d5', 'd1 d5'],
    ['d1:d1', 'd1'],
    ['empty', ''],
    ['localhost', 'localhost'],
    ['127.0.0.1', '127.0.0.1'],
    ['localhost,d1', 'localhost d1'],
  ])('%s', async (pattern, hosts) => {
    const inventory = await inventoryOf()
    expect(inventory.select(pattern, { onUnmatched: (warning) => expect.fail(warning.message) }).join(' ')).toBe(hosts)
  })

  it('may be a list', async () => {
    const inventory = await inventoryOf()
    expect(inventory.select(['db', '!d5', 'z1'])).toEqual(['d1', 'd9', 'w02', 'z1'])
  })

  it('do not divide an IPv6 address', async () => {
    const inventory = await inventoryOf('[2001:db8::1]:22\nother\n')
    expect(inventory.select('2001:db8::1')).toEqual(['2001:db8::1'])
    expect(inventory.select('all:!2001:db8::1'.replace('all:', 'all,'))).toEqual(['other'])
  })

  it('that match nothing are told, with the nearest name', async () => {
    const inventory = await inventoryOf()
    const warnings: string[] = []
    const where = { source: { path: 'site.yml', text: '- hosts: wbe,d1\n' }, line: 1, column: 10, length: 6 }
    const hosts = inventory.select('wbe,d1,local*', { where, onUnmatched: (one) => warnings.push(formatError(one)) })
    expect(hosts).toEqual(['d1'])
    expect(warnings[0]).toBe(`error[inventory/unmatched-pattern]: the pattern "wbe" matches no host and no group
  --> site.yml:1:10
> 1 | - hosts: wbe,d1
    |          ^^^^^^
  hint: did you mean "web"?`)
    expect(warnings[1]).toContain('the pattern "local*" matches no host and no group')
    const near: string[] = []
    inventory.select('emty', { onUnmatched: (one) => near.push(...one.hints) })
    expect(near).toEqual(['did you mean "empty"?'])
  })

  it('that cannot be read are errors', async () => {
    const inventory = await inventoryOf()
    expect(() => inventory.select('~(d1')).toThrow('"~(d1" is not a regular expression')
    expect(() => inventory.select('web[1-2]')).toThrow('the host pattern "web[1-2]" has a subscript with a dash')
  })
})

describe('a limit', () => {
  it('leaves the order of the pattern', async () => {
    const inventory = await inventoryOf()
    expect(inventory.select('all', { limit: 'w02,d5,a1' })).toEqual(['a1', 'd5', 'w02'])
    expect(inventory.select('db', { limit: '!d5' })).toEqual(['d1', 'd9', 'w02'])
    expect(inventory.select('localhost', { limit: 'db' })).toEqual([])
  })

  it('may be a file of patterns', async () => {
    const inventory = await inventoryOf()
    const folder = folderWith({ 'site.retry': 'd1\n\n# a comment\nw0*\n' })
    expect(inventory.select('all', { limit: `@${folder}/site.retry` })).toEqual(['d1', 'w02', 'w01', 'w03'])
    expect(inventory.select('all', { limit: `a1,@${folder}/site.retry,!w03` })).toEqual(['a1', 'd1', 'w02', 'w01'])
    expect(() => inventory.select('all', { limit: '@nowhere' })).toThrow('the file nowhere of --limit cannot be read')
  })
})

describe('the implicit localhost', () => {
  it('is no host of the inventory, in no group, and reached without a network', async () => {
    const inventory = await inventoryOf()
    expect(inventory.hosts.has('localhost')).toBe(false)
    expect(implicitHost('localhost')).toEqual({ name: 'localhost', vars: { ansible_connection: 'local' }, groups: [] })
    expect(implicitHost('db1')).toBeUndefined()
  })

  it('gives way to a localhost of the inventory', async () => {
    const inventory = await inventoryOf('localhost ansible_port=2222\n')
    expect(inventory.select('localhost')).toEqual(['localhost'])
    expect(inventory.hosts.get('localhost')?.vars).toEqual({ ansible_port: 2222 })
  })
})
