import type { TaskResult } from '../base/result.ts'
import type { PlainValue, Variables } from '../base/value.ts'
import type { Block, Include, Role, Task, TaskItem } from '../playbook/types.ts'
import { type Effective, inherit } from './keywords.ts'

/** The next thing a host has to do. Hosts whose steps have the same order do it together. */
export interface Step {
  /** Place in the play: compared number by number; an included task stands behind its include. */
  readonly order: readonly number[]
  readonly item: Task | Include
  readonly keywords: Effective
  /** Keywords in force around it: what an include hands down, which does not pass on its own. */
  readonly outer: Effective
  readonly role: Role | undefined
  readonly handler: boolean
  /** A failure here is caught by the `rescue` of a block around it. */
  readonly rescuable: boolean
  /** Variables of the includes around it (loop items, `vars:` of the include). */
  readonly includeVars: Variables
}

/** What the host's walk is told when its step is done. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly result: TaskResult }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'included'; readonly lists: readonly IncludedList[] }
  | { readonly kind: 'flush' }
  | { readonly kind: 'end-host' }
  | { readonly kind: 'end-role' }

/** Items that an include brought, with the index that makes their order the same on every host that shares them. */
export interface IncludedList {
  readonly index: number
  readonly items: readonly TaskItem[]
  readonly keywords: Effective
  readonly role: Role | undefined
  readonly vars: Variables
}

export interface Frame {
  readonly order: readonly number[]
  readonly keywords: Effective
  readonly role: Role | undefined
  readonly handler: boolean
  readonly rescuable: boolean
  readonly includeVars: Variables
}

/** A task failed and nothing inside caught it. */
export class TaskFailed extends Error {
  readonly task: Task | Include
  readonly result: TaskResult
  constructor(task: Task | Include, result: TaskResult) {
    super('task failed')
    this.task = task
    this.result = result
  }
}

/** The host takes no further part in the play: it cannot be reached, or was told to end. */
export class HostEnded extends Error {
  readonly reason: 'unreachable' | 'end-host'
  constructor(reason: 'unreachable' | 'end-host') {
    super(reason)
    this.reason = reason
  }
}

class RoleEnded extends Error {}

/** What a walk needs from the play it is part of. */
export interface WalkEnvironment {
  /** Items to do for handlers notified by now on this host, each with its place among the play's handlers. */
  takeHandlers(): Iterable<{ readonly item: TaskItem; readonly index: number; readonly keywords: Effective }>
  rescued(failed: TaskFailed): void
  /** Whether a role runs on the host: the same use of it runs once. */
  roleMayRun(role: Role): boolean
  /** The host has come through a role without a failure. */
  roleEnded(role: Role): void
  /** Whether `--tags` and `--skip-tags` let a task run. */
  selected(tags: readonly string[]): boolean
}

export type Walk = Generator<Step, void, Outcome>

/** Walks items for one host, giving one step at a time and taking its outcome; blocks, rescue and always included. */
export function* walkItems(items: readonly TaskItem[], frame: Frame, environment: WalkEnvironment): Walk {
  for (const [index, item] of items.entries()) {
    const inner: Frame = { ...frame, order: [...frame.order, index] }
    if (item.kind === 'block') yield* walkBlock(item, inner, environment)
    else yield* walkStep(item, inner, environment)
  }
}

function* walkStep(item: Task | Include, frame: Frame, environment: WalkEnvironment): Walk {
  const keywords = inherit(frame.keywords, item.keywords)
  if (!frame.handler && !environment.selected(keywords.tags ?? [])) return
  const outcome = yield { ...frame, item, keywords, outer: frame.keywords, role: item.role ?? frame.role }
  switch (outcome.kind) {
    case 'failed':
      throw new TaskFailed(item, outcome.result)
    case 'unreachable':
      throw new HostEnded('unreachable')
    case 'end-host':
      throw new HostEnded('end-host')
    case 'end-role':
      throw new RoleEnded()
    case 'flush':
      yield* walkHandlers(frame, environment)
      return
    case 'included':
      for (const list of outcome.lists) {
        const inner: Frame = {
          ...frame,
          order: [...frame.order, list.index],
          keywords: list.keywords,
          role: list.role,
          includeVars: { ...frame.includeVars, ...list.vars },
        }
        const role = list.role === frame.role ? undefined : list.role
        yield* walkRole(role, walkItems(list.items, inner, environment), environment)
      }
  }
}

/** Walks what belongs to a role, if it is one: `end_role` ends no more than that. */
function* walkRole(role: Role | undefined, walk: Walk, environment: WalkEnvironment): Walk {
  try {
    yield* walk
  } catch (error) {
    if (!(role && error instanceof RoleEnded)) throw error
  }
  if (role) environment.roleEnded(role)
}

function* walkBlock(block: Block, frame: Frame, environment: WalkEnvironment): Walk {
  if (block.role && !environment.roleMayRun(block.role)) return
  const keywords = inherit(frame.keywords, block.keywords)
  const inner: Frame = { ...frame, keywords, role: block.role ?? frame.role }
  const part = (number: number, rescuable: boolean): Frame => ({ ...inner, order: [...frame.order, number], rescuable })
  let failure: TaskFailed | undefined
  try {
    const body = walkItems(block.block, part(0, frame.rescuable || block.rescue.length > 0), environment)
    yield* walkRole(block.role, body, environment)
  } catch (error) {
    if (!(error instanceof TaskFailed)) throw error
    failure = error
  }
  if (failure && block.rescue.length > 0) {
    environment.rescued(failure)
    failure = undefined
    try {
      yield* walkItems(block.rescue, part(1, frame.rescuable), environment)
    } catch (error) {
      if (!(error instanceof TaskFailed)) throw error
      failure = error
    }
  }
  yield* walkItems(block.always, part(2, frame.rescuable), environment)
  if (failure) throw failure
}

/** Walks the handlers that were notified on this host, in the order in which they are defined. */
export function* walkHandlers(frame: Frame, environment: WalkEnvironment): Walk {
  for (const { item, index, keywords } of environment.takeHandlers()) {
    yield* walkItems([item], { ...frame, order: [...frame.order, index], keywords, handler: true }, environment)
  }
}

/** Compares two places: -1, 0 or 1. A place that continues another stands behind it. */
export const compareOrder = (a: readonly number[], b: readonly number[]): number => {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return Math.sign(a.length - b.length)
}

/** Variables that a rescue sees: the task that failed and its result. */
export const failureVariables = (name: string, registered: PlainValue): Variables => ({
  ansible_failed_task: { name },
  ansible_failed_result: registered,
})
