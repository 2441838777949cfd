import type { Test } from '../evaluate/world.ts'
import { itemsIfAny } from '../python/iterate.ts'
import { getKey, hasKey } from '../python/mapping.ts'
import { isTrue } from '../python/truth.ts'
import { kindOf } from '../python/type-name.ts'
import { isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import type { Mapping, RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'

const wantResult = (value: RuntimeValue, name: string): Mapping => {
  if (value instanceof Undefined) throw value.toError()
  if (isMapping(value)) return value
  throw fail(`the test "${name}" needs the result of a task, not ${kindOf(value)}`, [
    'give it the variable that the task registered',
  ])
}

/** Whether a field of a task's result is set; texts count as Ansible reads booleans. */
const field =
  (name: string, key: string, wanted = true): Test =>
  (value) =>
    isSet(getKey(wantResult(value, name), key)) === wanted

const isSet = (value: RuntimeValue | undefined): boolean => {
  if (value === undefined || value instanceof Undefined) return false
  return typeof value === 'string' ? ['yes', 'on', '1', 'true', 't', 'y'].includes(value.toLowerCase()) : isTrue(value)
}

/** A loop's result has changed when one of its items has. */
const changed: Test = (value) => {
  const result = wantResult(value, 'changed')
  if (hasKey(result, 'changed')) return isSet(getKey(result, 'changed'))
  const items = itemsIfAny(getKey(result, 'results') ?? null) ?? []
  return items.some((item) => isMapping(item) && isSet(getKey(item, 'changed')))
}

const failed = field('failed', 'failed')
const success = field('success', 'failed', false)
const skipped = field('skipped', 'skipped')

/** Tests of what a task registered. */
export const resultTests: Readonly<Record<string, Test>> = {
  changed,
  change: changed,
  failed,
  failure: failed,
  success,
  succeeded: success,
  successful: success,
  skipped,
  skip: skipped,
  started: field('started', 'started'),
  finished: field('finished', 'finished'),
  unreachable: field('unreachable', 'unreachable'),
  reachable: field('reachable', 'unreachable', false),
}
