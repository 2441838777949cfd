import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'
import { isMapping, type PlainValue } from '../base/value.ts'
import { type Arguments, collectArguments } from '../modules/arguments.ts'
import type { Module } from '../modules/contract.ts'
import type { Task } from '../playbook/types.ts'
import { removeOmitted } from '../text/template/omit.ts'
import type { Templar } from '../text/template/templar.ts'
import type { Effective } from './keywords.ts'

/** The arguments of a task as written, by name, without those that only a template can tell. */
export const writtenArguments = (task: Task, module: Module): Arguments =>
  collectArguments(task.module.value, module, task.args)

/** Where each argument stands. */
export const positionsOf = (task: Task, module: Module): Record<string, Position> =>
  Object.fromEntries(Object.entries(writtenArguments(task, module)).map(([name, placed]) => [name, placed.position]))

/** `module_defaults` for a module, evaluated: the inner ones win. */
const defaultsOf = (name: string, keywords: Effective, templar: Templar): Record<string, PlainValue> => {
  const merged: Record<string, PlainValue> = {}
  for (const placed of keywords.moduleDefaultsList) {
    const evaluated = templar.evaluate(placed.value)
    if (!isMapping(evaluated)) continue
    for (const key of [name, `ansible.builtin.${name}`]) {
      const defaults = evaluated[key]
      if (isMapping(defaults)) Object.assign(merged, defaults)
    }
  }
  return merged
}

/**
 * The evaluated arguments of a task, by the names the user wrote: module defaults below, what `omit` stands for left
 * out.
 *
 * @throws module/bad-parameter when a template in the place of all arguments is no mapping
 */
export const taskArguments = (
  task: Task,
  module: Module,
  keywords: Effective,
  templar: Templar,
): Record<string, PlainValue> => {
  const values = defaultsOf(task.module.value, keywords, templar)
  if (task.args.template) {
    const evaluated = removeOmitted(templar.evaluate(task.args.template.value))
    if (!isMapping(evaluated)) {
      throw new LifeboatError('module/bad-parameter', `the arguments of ${task.module.value} are no mapping`, {
        where: task.args.template.position,
      })
    }
    Object.assign(values, evaluated)
  }
  for (const [name, placed] of Object.entries(writtenArguments(task, module))) {
    const value = removeOmitted(templar.evaluate(placed.value))
    if (value === undefined) delete values[name]
    else values[name] = value
  }
  return values
}
