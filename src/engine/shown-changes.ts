import type { Change } from '../base/change.ts'
import { isMultiline } from '../base/diff-text.ts'

/**
 * Changes as events, journal and `register` may have them. `diff: false` on a task hides all values, whatever `--diff`
 * says; without a diff what is in files is left out, for only a diff would show it.
 *
 * @param own the task's own `diff`
 * @param run whether `--diff` is given
 */
export const shownChanges = (changes: readonly Change[], own: boolean | undefined, run: boolean): readonly Change[] => {
  if (own === false) return changes.map((change) => ({ ...change, before: null, after: null, sensitive: true }))
  if (own ?? run) return changes
  return changes.map((change) =>
    isMultiline(change) && !change.sensitive ? { ...change, before: null, after: null, withheld: true } : change,
  )
}
