import type { Value, Variables } from '../base/value.ts'
import type { MappingEntry, YamlNode } from '../text/yaml/node.ts'
import { readConditions } from './conditions.ts'
import { isNothing } from './kinds.ts'
import type { Loading } from './loading.ts'
import { shortName } from './module-name.ts'
import { notSupported } from './refuse.ts'
import { readBoolean, readNumber, readText, wrongType } from './scalars.ts'
import { readTags } from './tags.ts'
import type { Keywords, Placed } from './types.ts'
import { readPlaced, readValue } from './value.ts'
import { readVariables } from './variables.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type PlacedKeyword = Exclude<keyof Keywords, 'when' | 'tags' | 'vars'>
type PlacedReader = (node: YamlNode, name: string, loading: Loading) => Placed<Value>

const readEnvironment: PlacedReader = (node, name, loading) => {
  const fits = (one: YamlNode): boolean =>
    one.kind === 'mapping' || (one.kind === 'scalar' && isTemplateText(one.value))
  if (!(node.kind === 'sequence' ? node.items.every(fits) : fits(node))) {
    throw wrongType(node, name, 'a mapping of names to values')
  }
  return readPlaced(node, loading)
}

const isTemplateText = (value: unknown): boolean => typeof value === 'string' && value.includes('{{')

/** Keeps a template as it is; a mapping, or a list of them, becomes one mapping by short names of modules. */
const readModuleDefaults: PlacedReader = (node, name, loading) => {
  if (node.kind === 'scalar' && isTemplateText(node.value)) return readPlaced(node, loading)
  const defaults: Record<string, Value> = {}
  for (const part of node.kind === 'sequence' ? node.items : [node]) {
    if (part.kind !== 'mapping') throw wrongType(part, name, 'a mapping of modules to arguments')
    for (const { key, keyPosition, value } of part.entries) {
      if (key.startsWith('group/'))
        throw notSupported(`module_defaults for the group "${key}"`, keyPosition, key.length)
      if (value.kind !== 'mapping' && !(value.kind === 'scalar' && isTemplateText(value.value))) {
        throw wrongType(value, key, 'a mapping of arguments')
      }
      defaults[shortName(key)] = readValue(value, loading)
    }
  }
  return { value: defaults, position: node.position }
}

const READERS: Readonly<Record<string, readonly [PlacedKeyword, PlacedReader]>> = {
  become: ['become', readBoolean],
  become_user: ['becomeUser', readText],
  become_method: ['becomeMethod', readText],
  become_exe: ['becomeExe', readText],
  become_flags: ['becomeFlags', readText],
  remote_user: ['remoteUser', readText],
  connection: ['connection', readText],
  port: ['port', readNumber],
  environment: ['environment', readEnvironment],
  no_log: ['noLog', readBoolean],
  check_mode: ['checkMode', readBoolean],
  diff: ['diff', readBoolean],
  ignore_errors: ['ignoreErrors', readBoolean],
  ignore_unreachable: ['ignoreUnreachable', readBoolean],
  any_errors_fatal: ['anyErrorsFatal', readBoolean],
  run_once: ['runOnce', readBoolean],
  throttle: ['throttle', readNumber],
  timeout: ['timeout', readNumber],
  delegate_to: ['delegateTo', readText],
  delegate_facts: ['delegateFacts', readBoolean],
  module_defaults: ['moduleDefaults', readModuleDefaults],
}

/** Keywords that tasks, blocks, includes' `apply` and entries of `roles:` can carry and hand down. */
export const INHERITED: readonly string[] = [...Object.keys(READERS), 'when', 'tags', 'vars']

/** Keywords that are accepted and mean nothing here, by design: modules are found without them. */
export const WITHOUT_MEANING: readonly string[] = ['collections']

/** Keywords of Ansible's that are known and refused. */
const REFUSED: readonly string[] = ['debugger', 'vars_prompt', 'fact_path', 'gather_timeout']

/** Refuses a keyword that is known and not supported; true where it was one. */
export const refuse = ({ key, keyPosition, value }: MappingEntry, loading: Loading): boolean => {
  if (!REFUSED.includes(key)) return false
  if (!isNothing(value)) loading.problems.add(notSupported(`"${key}"`, keyPosition, key.length))
  return true
}

/**
 * Reads the inherited keywords among the entries of a mapping; others are passed over. What is wrong is collected and
 * the keyword left out.
 */
export const readKeywords = (entries: readonly MappingEntry[], loading: Loading, variables: Variables): Keywords => {
  const keywords: Mutable<Keywords> = {}
  for (const { key, value } of entries) {
    loading.problems.attempt(() => {
      if (key === 'when') keywords.when = readConditions(value, key, loading)
      else if (key === 'tags') keywords.tags = readTags(value, loading, variables)
      else if (key === 'vars') keywords.vars = readVariables(value, loading)
      else if (Object.hasOwn(READERS, key) && !isNothing(value)) {
        const [property, read] = READERS[key] as readonly [PlacedKeyword, PlacedReader]
        keywords[property] = read(value, key, loading)
      }
    })
  }
  return keywords
}

/** Lays inner keywords on outer ones: conditions add up, tags unite, variables and environments merge, the rest is replaced. */
export const mergeKeywords = (outer: Keywords, inner: Keywords): Keywords => ({
  ...outer,
  ...inner,
  ...(outer.when && inner.when ? { when: [...outer.when, ...inner.when] } : {}),
  ...(outer.tags && inner.tags ? { tags: [...new Set([...outer.tags, ...inner.tags])] } : {}),
  ...(outer.vars && inner.vars ? { vars: { ...outer.vars, ...inner.vars } } : {}),
  ...(outer.environment && inner.environment ? { environment: both(outer.environment, inner.environment) } : {}),
  ...(outer.moduleDefaults && inner.moduleDefaults
    ? { moduleDefaults: bothMappings(outer.moduleDefaults, inner.moduleDefaults) }
    : {}),
})

const both = (outer: Placed<Value>, inner: Placed<Value>): Placed<Value> => ({
  value: [outer.value, inner.value].flatMap((value) => (Array.isArray(value) ? value : [value])),
  position: inner.position,
})

const bothMappings = (outer: Placed<Value>, inner: Placed<Value>): Placed<Value> => ({
  value: { ...(outer.value as Variables), ...(inner.value as Variables) },
  position: inner.position,
})
