import { describe, expect, it } from 'vitest'
import { loadInventory } from '../../src/inventory/load.ts'
import { loadVariableFolders } from '../../src/inventory/variable-folders.ts'
import { errorsOf, type Files, folderWith } from '../folder.ts'

const load = async (files: Files, options = {}) => {
  const folder = folderWith(files)
  const inventory = await loadInventory([`${folder}/inventory/hosts`])
  return { folder, variables: await loadVariableFolders(inventory, [`${folder}/playbooks`], options) }
}

/** Each layer sets `x` and all layers above it; what a host sees tells which one won. */
const LAYERS: Files = {
  'inventory/hosts': `[inner]
db1 l7=file-host l8=file-host l9=file-host
[outer:children]
inner
[all:vars]
l1=file-all
l2=file-all
l3=file-all
[inner:vars]
l2=file-group
l3=file-group
l4=file-group
l5=file-group
l6=file-group
l7=file-group
`,
  'inventory/group_vars/all.yml': 'l3: inventory-all\nl4: inventory-all\nl5: inventory-all\n',
  'playbooks/group_vars/all.yml': 'l4: playbook-all\nl5: playbook-all\n',
  'inventory/group_vars/inner.yml': 'l5: inventory-group\nl6: inventory-group\n',
  'playbooks/group_vars/inner.yml': 'l6: playbook-group\nl7: playbook-group\n',
  'inventory/host_vars/db1.yml': 'l8: inventory-host\nl9: inventory-host\n',
  'playbooks/host_vars/db1.yml': 'l9: playbook-host\n',
}

describe('variables of hosts', () => {
  it('follow the precedence of the manual', async () => {
    const { variables } = await load(LAYERS)
    expect(variables.of('db1')).toEqual({
      l1: 'file-all',
      l2: 'file-group',
      l3: 'inventory-all',
      l4: 'playbook-all',
      l5: 'inventory-group',
      l6: 'playbook-group',
      l7: 'file-host',
      l8: 'inventory-host',
      l9: 'playbook-host',
    })
  })

  it('of deeper groups win, then those of higher priority, then those later in the alphabet', async () => {
    const { variables } = await load({
      'inventory/hosts': `[zeta]
h
[alpha]
h
[deep]
h
[parent:children]
deep
[zeta:vars]
a=zeta
b=zeta
c=zeta
[alpha:vars]
a=alpha
b=alpha
ansible_group_priority=1
[deep:vars]
c=deep
`,
      'inventory/group_vars/parent.yml': 'a: parent\n',
    })
    expect(variables.of('h')).toEqual({ a: 'parent', b: 'zeta', c: 'deep' })
    const { variables: other } = await load({
      'inventory/hosts':
        '[zeta]\nh\n[alpha]\nh\n[zeta:vars]\na=zeta\n[alpha:vars]\na=alpha\nansible_group_priority=2\n',
    })
    expect(other.of('h')).toEqual({ a: 'alpha' })
  })

  it('come from files without an ending, .yml, .yaml, .json and folders of them', async () => {
    const { variables } = await load({
      'inventory/hosts': '[a]\nh\n[b]\nh\n[c]\nh\n[d]\nh\n[e]\nh\n',
      'inventory/group_vars/a': 'a: 1\n',
      'inventory/group_vars/b.yaml': 'b: 1\n',
      'inventory/group_vars/c.json': '{"c": 1}',
      'inventory/group_vars/d/20.yml': 'd: 2\nd20: 2\n',
      'inventory/group_vars/d/10/x.yml': 'd: 1\nd10: 1\n',
      'inventory/group_vars/d/notes.txt': 'not: read\n',
      'inventory/group_vars/d/.hidden.yml': 'not: read\n',
      'inventory/group_vars/e.yml': '',
      'inventory/host_vars/h/main.yml': 'h: 1\n',
      'inventory/host_vars/other.yml': '- not read, no such host\n',
    })
    expect(variables.of('h')).toEqual({ a: 1, b: 1, c: 1, d: 2, d10: 1, d20: 2, h: 1 })
  })

  it('warn of a file that a folder of the same name hides', async () => {
    const { folder, variables } = await load({
      'inventory/hosts': 'h\n',
      'inventory/group_vars/all/main.yml': 'a: 1\n',
      'inventory/group_vars/all.yml': 'b: 1\n',
    })
    expect(variables.of('h')).toEqual({ a: 1 })
    expect(variables.warnings.map(({ message }) => message.replaceAll(`${folder}/inventory/`, ''))).toEqual([
      'group_vars/all.yml does not count: group_vars/all is there too, and Ansible takes only one of them',
    ])
  })

  it('of the implicit localhost are those of all and its own', async () => {
    const { variables } = await load({
      'inventory/hosts': 'h\n[all:vars]\na=1\n',
      'inventory/group_vars/all.yml': 'b: 1\n',
      'inventory/group_vars/ungrouped.yml': 'c: 1\n',
      'inventory/host_vars/localhost.yml': 'd: 1\n',
    })
    expect(variables.of('localhost')).toEqual({ a: 1, b: 1, d: 1, ansible_connection: 'local' })
    expect(variables.of('h')).toEqual({ a: 1, b: 1, c: 1 })
    expect(variables.of('nobody')).toEqual({})
  })

  it('may be encrypted as a whole', async () => {
    const files = { 'inventory/hosts': 'h\n', 'inventory/group_vars/all.yml': '$ANSIBLE_VAULT;1.1;AES256\n6162\n' }
    const { variables } = await load(files, { decrypt: (text: string) => `a: ${text.length}\n` })
    expect(variables.of('h')).toEqual({ a: 31 })
    const folder = folderWith(files)
    const inventory = await loadInventory([`${folder}/inventory/hosts`])
    expect(await errorsOf(loadVariableFolders(inventory, []), folder)).toBe(
      `error[vault/no-password]: inventory/group_vars/all.yml is encrypted and no vault password was given
  hint: give the password with --vault-password-file FILE or --ask-vault-pass`,
    )
  })

  it('must be a mapping', async () => {
    const folder = folderWith({ 'inventory/hosts': 'h\n', 'inventory/group_vars/all.yml': '- a: 1\n' })
    const inventory = await loadInventory([`${folder}/inventory/hosts`])
    expect(await errorsOf(loadVariableFolders(inventory, []), folder)).toBe(
      `error[variables/not-a-mapping]: a file of variables must be a mapping of names to values
  --> inventory/group_vars/all.yml:1:1
> 1 | - a: 1
    | ^
  hint: write "name: value" without a dash before it`,
    )
  })
})
