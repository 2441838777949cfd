import { describe, expect, it } from 'vitest'
import type { PlainValue } from '../../src/base/value.ts'
import { inventoryAsGraph, inventoryAsList } from '../../src/inventory/describe.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { loadVariableFolders } from '../../src/inventory/variable-folders.ts'
import { folderWith } from '../folder.ts'

const HOSTS = `
all:
  vars: { top: { a: "it's", b: [1, 2.5, true, null], c: 'q"' }, s: x y }
  hosts:
    h1: { z: 1 }
    q:
  children:
    g:
      vars: { gg: 1 }
      hosts: { h1: , h2: { ansible_port: 3 } }
      children: { sub: { hosts: { h3: } } }
    e:
`

const load = async () => {
  const inventory = await loadInventory([`${folderWith({ 'hosts.yml': HOSTS })}/hosts.yml`])
  const variables = await loadVariableFolders(inventory, [])
  return { inventory, variablesOf: (host: string) => variables.of(host) as Record<string, PlainValue> }
}

// As ansible-inventory of ansible-core 2.14 prints this inventory.
describe('an inventory shown', () => {
  it('as a graph', async () => {
    const { inventory } = await load()
    expect(inventoryAsGraph(inventory)).toBe(`@all:
  |--@ungrouped:
  |  |--q
  |--@g:
  |  |--@sub:
  |  |  |--h3
  |  |--h1
  |  |--h2
  |--@e:`)
    expect(inventoryAsGraph(inventory, { group: 'sub' })).toBe('@sub:\n  |--h3')
  })

  it('as a graph with variables', async () => {
    const { inventory, variablesOf } = await load()
    const groupVariablesOf = (group: string) => (inventory.groups.get(group)?.vars ?? {}) as Record<string, PlainValue>
    expect(inventoryAsGraph(inventory, { group: 'sub', variablesOf, groupVariablesOf })).toBe(`@sub:
  |--h3
  |  |--{gg = 1}
  |  |--{s = x y}
  |  |--{top = {'a': "it's", 'b': [1, 2.5, True, None], 'c': 'q"'}}`)
    expect(inventoryAsGraph(inventory, { group: 'e', groupVariablesOf: () => ({ b: null, a: 'x' }) })).toBe(
      '@e:\n  |--{a = x}\n  |--{b = None}',
    )
  })

  it('as the list that an inventory script would print', async () => {
    const { inventory, variablesOf } = await load()
    const top = { a: "it's", b: [1, 2.5, true, null], c: 'q"' }
    expect(inventoryAsList(inventory, variablesOf)).toEqual({
      _meta: {
        hostvars: {
          h1: { gg: 1, s: 'x y', top, z: 1 },
          h2: { ansible_port: 3, gg: 1, s: 'x y', top },
          h3: { gg: 1, s: 'x y', top },
          q: { s: 'x y', top },
        },
      },
      all: { children: ['ungrouped', 'g', 'e'] },
      g: { children: ['sub'], hosts: ['h1', 'h2'] },
      sub: { hosts: ['h3'] },
      ungrouped: { hosts: ['q'] },
    })
  })
})
