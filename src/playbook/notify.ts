import type { Value } from '../base/value.ts'
import { entryOf, type MappingNode } from '../text/yaml/node.ts'
import { isNothing } from './kinds.ts'
import type { Loading } from './loading.ts'
import { notSupported } from './refuse.ts'
import { readTexts } from './scalars.ts'
import type { Placed, TaskItem } from './types.ts'

/** Reads `notify` of a block or import. */
export const notifyFrom = (node: MappingNode, loading: Loading): readonly Placed<Value>[] => {
  const value = entryOf(node, 'notify')?.value
  if (value === undefined || isNothing(value)) return []
  return loading.problems.attempt(() => readTexts(value, 'notify', loading)) ?? []
}

/** Hands the `notify` of a block or import down to every task in it, unless the task says itself whom to notify. */
export const withNotify = (
  items: readonly TaskItem[],
  notify: readonly Placed<Value>[],
  loading: Loading,
): readonly TaskItem[] => {
  const [first] = notify
  if (!first) return items
  return items.map((item) => {
    if (item.kind === 'task') return item.notify.length > 0 ? item : { ...item, notify }
    if (item.kind === 'include') {
      loading.problems.add(notSupported('"notify" around an include', first.position))
      return item
    }
    const { block, rescue, always } = item
    return {
      ...item,
      block: withNotify(block, notify, loading),
      rescue: withNotify(rescue, notify, loading),
      always: withNotify(always, notify, loading),
    }
  })
}
