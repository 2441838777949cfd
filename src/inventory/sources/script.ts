import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { LifeboatError } from '../../base/errors.ts'
import { isMapping, type PlainValue, type Value } from '../../base/value.ts'
import type { InventoryDraft } from '../draft.ts'
import { withTemplates } from '../with-templates.ts'

const execute = promisify(execFile)
const LARGEST_OUTPUT = 256 * 1024 * 1024

/**
 * Runs an inventory script with `--list` and reads its JSON: groups (a mapping of hosts, children and vars, or a bare
 * list of hosts) and `_meta.hostvars`. Without `_meta` it is asked with `--host NAME` for each host.
 *
 * @throws inventory/script-failed, inventory/group-loop
 */
export const readScript = async (draft: InventoryDraft, path: string): Promise<void> => {
  const { _meta: meta, ...groups } = await runScript(path, ['--list'])
  const hosts: string[] = []
  for (const [name, data] of Object.entries(groups)) hosts.push(...readScriptGroup(draft, path, name, data))
  const hostvars = isMapping(meta) && isMapping(meta.hostvars) ? meta.hostvars : undefined
  for (const host of new Set([...hosts, ...Object.keys(hostvars ?? {})])) {
    const vars = hostvars ? (hostvars[host] ?? {}) : await runScript(path, ['--host', host])
    if (!isMapping(vars)) throw failed(path, `the variables of the host "${host}" are not a mapping`)
    const group = draft.hosts.has(host) ? undefined : 'all'
    const values = variablesOf(vars, path)
    if (group) draft.addHost(host, group, values)
    else Object.assign(draft.hosts.get(host)?.vars ?? {}, values)
  }
}

const readScriptGroup = (draft: InventoryDraft, path: string, name: string, data: PlainValue): string[] => {
  draft.addGroup(name)
  const group: Readonly<Record<string, PlainValue>> = groupOf(name, data)
  const hosts = namesOf(group.hosts, path, `hosts of the group "${name}"`)
  for (const host of hosts) draft.addHost(host, name)
  const vars = group.vars ?? {}
  if (!isMapping(vars)) throw failed(path, `the vars of the group "${name}" are not a mapping`)
  for (const [key, value] of Object.entries(variablesOf(vars, path))) draft.setGroupVariable(name, key, value)
  for (const child of namesOf(group.children, path, `children of the group "${name}"`)) {
    draft.addGroup(child)
    draft.addChild(name, child)
  }
  return hosts
}

const groupOf = (name: string, data: PlainValue): Record<string, PlainValue> => {
  if (!isMapping(data)) return { hosts: data }
  const group = data as Record<string, PlainValue>
  const known = 'hosts' in group || 'children' in group || 'vars' in group
  return known || Object.keys(group).length === 0 ? group : { hosts: [name], vars: group }
}

const namesOf = (value: PlainValue | undefined, path: string, what: string): string[] => {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw failed(path, `the ${what} are not a list of names`)
  }
  return value as string[]
}

const variablesOf = (vars: Record<string, unknown>, path: string): Record<string, Value> => {
  const text = JSON.stringify(vars)
  const where = { source: { path: `<${path}>`, text }, line: 1, column: 1 }
  return withTemplates(vars as Record<string, PlainValue>, where) as Record<string, Value>
}

const runScript = async (path: string, args: string[]): Promise<Record<string, PlainValue>> => {
  const command = `${path} ${args.join(' ')}`
  let stdout: string
  try {
    ;({ stdout } = await execute(resolve(path), args, { maxBuffer: LARGEST_OUTPUT }))
  } catch (error) {
    throw failed(command, 'it did not end with status 0', error)
  }
  try {
    const value: unknown = JSON.parse(stdout.trim() === '' && args[0] === '--host' ? '{}' : stdout)
    if (isMapping(value)) return value as Record<string, PlainValue>
  } catch (error) {
    throw failed(command, 'it did not print JSON', error)
  }
  throw failed(command, 'it did not print a mapping')
}

const failed = (what: string, why: string, cause?: unknown): LifeboatError => {
  const stderr = isMapping(cause) && typeof cause.stderr === 'string' ? cause.stderr.trim() : ''
  const detail = stderr || (cause instanceof Error ? cause.message : '')
  return new LifeboatError('inventory/script-failed', `the inventory script ${what} failed: ${why}`, {
    cause,
    hints: detail ? [`it said: ${detail.split('\n').slice(-3).join('; ')}`] : [],
  })
}
