import { LifeboatError } from '../base/errors.ts'
import type { Value, Variables } from '../base/value.ts'
import type { MappingEntry, YamlNode } from '../text/yaml/node.ts'
import type { Action } from './action.ts'
import { readKeyValues } from './key-values.ts'
import { INHERITED, readKeywords } from './keywords.ts'
import { isNothing } from './kinds.ts'
import type { Loading } from './loading.ts'
import type { IncludeName } from './module-name.ts'
import { unknownKeyword } from './refuse.ts'
import { readBoolean, readText, wrongType } from './scalars.ts'
import type { Keywords, Placed } from './types.ts'
import { checkTemplates } from './value.ts'

/** What an include or import is given. */
export interface IncludeArguments {
  /** File of the tasks, or name of the role. */
  readonly target: Placed<Value>
  /** `tasks_from`, `vars_from`, `defaults_from`, `handlers_from`. */
  readonly from: Readonly<Record<string, Placed<Value>>>
  readonly apply: Keywords
  readonly public: Placed<Value> | undefined
  readonly allowDuplicates: Placed<Value> | undefined
}

const FROM = ['tasks_from', 'vars_from', 'defaults_from', 'handlers_from']
const KEYS: Readonly<Record<IncludeName, readonly string[]>> = {
  include_tasks: ['file', 'apply'],
  import_tasks: ['file'],
  include_role: ['name', 'role', ...FROM, 'apply', 'public', 'allow_duplicates', 'rolespec_validate'],
  import_role: ['name', 'role', ...FROM, 'public', 'allow_duplicates', 'rolespec_validate'],
}

/**
 * Reads what an include or import is given: a bare name, `key=value` text or a mapping; `args:` may hold the rest.
 *
 * @throws playbook/missing-keyword, playbook/wrong-type; unknown keys are collected
 */
export const readIncludeArguments = (
  action: Action,
  what: IncludeName,
  args: YamlNode | undefined,
  loading: Loading,
  variables: Variables,
): IncludeArguments => {
  const isTasks = what.endsWith('_tasks')
  const further = args?.kind === 'mapping' ? args.entries : []
  const entries = [...(action.node.kind === 'mapping' ? action.node.entries : []), ...further]
  for (const entry of entries) {
    if (!KEYS[what].includes(entry.key)) loading.problems.add(unknownKeyword(entry, what, KEYS[what]))
  }
  const entry = (key: string): MappingEntry | undefined =>
    entries.find((one) => one.key === key && !isNothing(one.value))
  const text = (key: string): Placed<Value> | undefined => {
    const found = entry(key)
    return found && readText(found.value, key, loading)
  }
  const flag = (key: string): Placed<Value> | undefined => {
    const found = entry(key)
    return found && readBoolean(found.value, key, loading)
  }
  const written = action.node.kind === 'mapping' ? {} : readWritten(action.node, what, loading)
  const target = isTasks
    ? (written.file ?? text('file'))
    : (written.name ?? written.role ?? text('name') ?? text('role'))
  if (!target) throw noTarget(what, action)
  const apply = entry('apply')
  const from = FROM.flatMap((key) => {
    const value = written[key] ?? text(key)
    return value ? [[key, value] as const] : []
  })
  return {
    target,
    from: Object.fromEntries(from),
    apply: apply ? readApply(apply.value, loading, variables) : {},
    public: flag('public'),
    allowDuplicates: flag('allow_duplicates'),
  }
}

const readWritten = (node: YamlNode, what: IncludeName, loading: Loading): Record<string, Placed<Value>> => {
  if (isNothing(node)) return {}
  if (node.kind !== 'scalar') throw wrongType(node, what, 'a name or a mapping')
  const values = /^\s*\w+=/.test(String(node.value)) ? readKeyValues(node) : undefined
  if (values) for (const { value } of Object.values(values)) checkTemplates(value, loading)
  return values ?? { [what.endsWith('_tasks') ? 'file' : 'name']: readText(node, what, loading) }
}

const readApply = (node: YamlNode, loading: Loading, variables: Variables): Keywords => {
  if (node.kind !== 'mapping') throw wrongType(node, 'apply', 'a mapping of keywords')
  for (const entry of node.entries) {
    if (!INHERITED.includes(entry.key)) loading.problems.add(unknownKeyword(entry, 'apply', INHERITED))
  }
  return readKeywords(node.entries, loading, variables)
}

const noTarget = (what: IncludeName, action: Action): LifeboatError =>
  new LifeboatError(
    'playbook/missing-keyword',
    `${what} needs the ${what.endsWith('_tasks') ? 'file' : 'name'} of what it brings in`,
    {
      where: action.position,
      hints: [what.endsWith('_tasks') ? `write "${what}: FILE"` : `write "name: ROLE" below ${what}`],
    },
  )
