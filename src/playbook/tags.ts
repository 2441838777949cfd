import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'
import { Template, type Value, type Variables } from '../base/value.ts'
import type { YamlNode } from '../text/yaml/node.ts'
import { isNothing } from './kinds.ts'
import type { Loading } from './loading.ts'
import { readTexts } from './scalars.ts'
import { staticValue } from './static-text.ts'

/** Reads `tags`: `a,b` or a list; templates must be known before the run and may give either. */
export const readTags = (node: YamlNode, loading: Loading, variables: Variables): readonly string[] => {
  if (isNothing(node)) return []
  return readTexts(node, 'tags', loading).flatMap(({ value, position }) => {
    const known = value instanceof Template ? staticValue(value, position, variables, 'a tag') : value
    return (Array.isArray(known) ? known : [known]).flatMap((tag) => tagsIn(tag, position))
  })
}

const tagsIn = (value: Value, position: Position): string[] => {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new LifeboatError('playbook/wrong-type', '"tags" must be texts', { where: position })
  }
  return String(value)
    .split(',')
    .flatMap((tag) => tag.trim() || [])
}

/**
 * Whether `--tags` and `--skip-tags` let a task with these tags run, by the rules of Ansible's manual ("Tags"):
 * `always` runs unless it is skipped by name, `never` only when one of the task's tags is asked for by name; `all`,
 * `tagged` and `untagged` stand for groups of tasks.
 *
 * @param onlyTags empty means `all`
 */
export const selectsTags = (
  taskTags: readonly string[],
  onlyTags: readonly string[] = [],
  skipTags: readonly string[] = [],
): boolean => {
  const tags = new Set(taskTags.length === 0 ? ['untagged'] : taskTags)
  const only = onlyTags.length === 0 ? ['all'] : onlyTags
  const hasOneOf = (names: readonly string[]): boolean => names.some((name) => tags.has(name))
  const isTagged = !tags.has('untagged')
  const wanted =
    tags.has('always') ||
    hasOneOf(only) ||
    (!tags.has('never') && (only.includes('all') || (only.includes('tagged') && isTagged)))
  if (!wanted || skipTags.length === 0) return wanted
  if (skipTags.includes('all')) return tags.has('always') && !skipTags.includes('always')
  return !hasOneOf(skipTags) && !(skipTags.includes('tagged') && isTagged)
}
