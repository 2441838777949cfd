import type { Keywords, Task, TaskItem } from '../playbook/types.ts'
import { type Effective, inherit, noKeywords } from './keywords.ts'

/** Metas after which a play may be over. */
const ENDING = ['end_play', 'end_batch', 'end_role']

/**
 * The tasks that a play is certain to come to on the hosts it is for, unless one before fails, and whose failure
 * nothing catches: without condition or loop, selected by tags, outside of rescue. What is wrong with their arguments
 * can only end the run. A task with `no_log` is not among them, for an error would show its values.
 *
 * @param selected whether `--tags` and `--skip-tags` let a task with these tags run
 */
export const certainTasks = (
  items: readonly TaskItem[],
  keywords: Keywords,
  selected: (tags: readonly string[]) => boolean,
): Task[] => {
  const certain: Task[] = []
  let over = false
  const walk = (inside: readonly TaskItem[], outer: Effective): void => {
    for (const item of inside) {
      const own = inherit(outer, item.keywords)
      const mayNotRun = own.when !== undefined || !selected(own.tags ?? [])
      const mayNotCount = own.ignoreErrors !== undefined || own.noLog !== undefined
      if (item.kind === 'block') {
        if (item.rescue.length === 0) walk(item.block, own)
        walk(item.always, own)
      } else if (item.kind === 'include') {
        // What it brings may end the play.
        over = true
      } else if (item.module.value === 'meta') {
        over ||= ENDING.includes(String(item.args.freeForm?.value ?? ''))
      } else if (!over && !mayNotRun && !mayNotCount && item.loop === undefined) certain.push(item)
    }
  }
  walk(items, inherit(noKeywords, keywords))
  return certain
}
