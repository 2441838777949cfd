import { LifeboatError } from '../base/errors.ts'
import type { PlainValue, Value } from '../base/value.ts'
import type { Module } from '../modules/contract.ts'
import type { Placed, Task } from '../playbook/types.ts'
import type { Background } from './background.ts'
import { asNumber } from './keyword-values.ts'

/** Seconds between two looks where `poll` says nothing, as Ansible has it. */
const POLL = 15

/** That a module cannot run with `async`. */
export const noAsync = (name: string, async: Placed<Value>): LifeboatError =>
  new LifeboatError('engine/no-async', `${name} cannot run with async: it is more than one script on the host`, {
    where: async.position,
    hints: [
      'command, shell, apt, package, systemd and file can; take async away, or put the long part into one of these',
    ],
  })

/**
 * Reads `async` and `poll` of a task. Undefined where it is waited for as any other.
 *
 * @throws engine/no-async, engine/async-in-check-mode, engine/bad-keyword-value
 */
export const taskBackground = (
  task: Task,
  module: Module,
  value: (placed: Placed<Value>) => PlainValue | undefined,
  { checkMode, ...kept }: { readonly checkMode: boolean } & Pick<Background, 'hidden' | 'redact'>,
): Background | undefined => {
  if (task.async === undefined) return undefined
  const number = (placed: Placed<Value>, keyword: string): number =>
    asNumber(value(placed) ?? 0, keyword, placed.position)
  const seconds = number(task.async, 'async')
  if (seconds === 0) return undefined
  if (!module.background) throw noAsync(task.module.value, task.async)
  if (checkMode) {
    throw new LifeboatError('engine/async-in-check-mode', 'check mode and async cannot be used on same task', {
      where: task.async.position,
      hints: ['leave the task out with "when: not ansible_check_mode"'],
    })
  }
  return { seconds, poll: task.poll ? number(task.poll, 'poll') : POLL, ...kept }
}
