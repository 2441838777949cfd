import { LifeboatError } from '../../base/errors.ts'
import { didYouMean } from '../../base/nearest.ts'
import { Secrets } from '../../base/secrets.ts'
import type { PlainValue, Variables } from '../../base/value.ts'
import { inventoryAsGraph, inventoryAsList, sorted } from '../../inventory/describe.ts'
import { implicitHost } from '../../inventory/implicit-host.ts'
import { loadInventory } from '../../inventory/load.ts'
import { loadVariableFolders } from '../../inventory/variable-folders.ts'
import { Templar } from '../../text/template/templar.ts'
import { toYaml } from '../../text/yaml/stringify.ts'
import { decryptWith } from '../decrypt.ts'
import { readExtraVariables } from '../extra-variables.ts'
import { readVaultPasswords, type VaultFlags } from '../vault-passwords.ts'

export interface InventoryFlags extends VaultFlags {
  readonly inventory: readonly string[]
  readonly list?: boolean
  readonly graph?: boolean
  readonly host?: string
  readonly vars?: boolean
  readonly yaml?: boolean
  readonly limit?: string
  readonly playbookDir?: string
  readonly extraVars: readonly string[]
}

/** Variables as they are shown: templates evaluated where what they name is known, and as they stand elsewhere. */
const shown = (variables: Variables): Record<string, PlainValue> => {
  const scope = {
    has: (name: string) => Object.hasOwn(variables, name),
    get: (name: string) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
    names: () => Object.keys(variables),
  }
  const templar = new Templar(scope)
  const entries = Object.entries(variables).map(([name, value]): [string, PlainValue] => {
    try {
      return [name, templar.evaluate(value)]
    } catch {
      return [name, JSON.parse(JSON.stringify(value, (_key, part) => part?.text ?? part)) as PlainValue]
    }
  })
  return Object.fromEntries(entries)
}

/** `lifeboat inventory`: what ansible-inventory shows of hosts, groups and variables. */
export const inventory = async (group: string | undefined, flags: InventoryFlags): Promise<number> => {
  const chosen = [flags.list, flags.graph, flags.host !== undefined].filter(Boolean).length
  if (chosen !== 1) {
    throw new LifeboatError('cli/bad-option', 'inventory takes one of --list, --graph and --host HOST')
  }
  const sources = flags.inventory.length > 0 ? flags.inventory : ['inventory/']
  const decrypt = decryptWith(await readVaultPasswords(flags), new Secrets())
  const loaded = await loadInventory(sources, { decrypt })
  const folders = await loadVariableFolders(loaded, [flags.playbookDir ?? '.'], { decrypt })
  const extra = await readExtraVariables(flags.extraVars, decrypt)
  const variablesOf = (host: string): Record<string, PlainValue> => shown({ ...folders.of(host), ...extra })
  if (flags.graph) {
    if (group !== undefined && !loaded.groups.has(group)) throw unknown('group', group, loaded.groups.keys())
    const variables = flags.vars
      ? { variablesOf, groupVariablesOf: (name: string) => shown(loaded.groups.get(name)?.vars ?? {}) }
      : {}
    process.stdout.write(`${inventoryAsGraph(loaded, { ...(group === undefined ? {} : { group }), ...variables })}\n`)
    return 0
  }
  if (flags.host !== undefined) {
    if (!loaded.hosts.has(flags.host) && implicitHost(flags.host) === undefined) {
      throw unknown('host', flags.host, loaded.hosts.keys())
    }
    print(sorted(variablesOf(flags.host)), flags)
    return 0
  }
  const document = inventoryAsList(loaded, variablesOf)
  if (flags.limit !== undefined) limitTo(document, new Set(loaded.select('all', { limit: flags.limit })))
  print(document, flags)
  return 0
}

const limitTo = (document: Record<string, PlainValue>, hosts: ReadonlySet<string>): void => {
  for (const part of Object.values(document)) {
    if (part === null || typeof part !== 'object' || Array.isArray(part)) continue
    if (Array.isArray(part.hosts)) part.hosts = part.hosts.filter((host) => hosts.has(String(host)))
    const { hostvars } = part
    if (hostvars === null || typeof hostvars !== 'object' || Array.isArray(hostvars)) continue
    for (const host of Object.keys(hostvars)) if (!hosts.has(host)) delete hostvars[host]
  }
}

const unknown = (kind: string, name: string, known: Iterable<string>): LifeboatError =>
  new LifeboatError('cli/bad-option', `the inventory has no ${kind} "${name}"`, { hints: didYouMean(name, known) })

const print = (value: Record<string, PlainValue>, flags: InventoryFlags): void => {
  process.stdout.write(flags.yaml ? toYaml(value) : `${JSON.stringify(value, undefined, 4)}\n`)
}
