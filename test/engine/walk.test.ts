import { describe, expect, test } from 'vitest'
import type { TaskResult } from '../../src/base/result.ts'
import { noKeywords } from '../../src/engine/keywords.ts'
import { compareOrder, type Frame, HostEnded, type Outcome, TaskFailed, walkItems } from '../../src/engine/walk.ts'
import { bareTask } from '../../src/playbook/bare.ts'
import type { Block, Keywords, Task, TaskItem } from '../../src/playbook/types.ts'

const position = { source: { path: 'p.yml', text: '' }, line: 1, column: 1 }

const task = (name: string, keywords: Keywords = {}): Task =>
  bareTask({
    name,
    keywords,
    module: { value: 'debug', position },
    args: { freeForm: undefined, values: {}, template: undefined },
    directory: '.',
  })

const block = (part: Partial<Block>): Block => ({
  kind: 'block',
  name: undefined,
  position,
  keywords: {},
  block: [],
  rescue: [],
  always: [],
  role: undefined,
  ...part,
})

const frame: Frame = {
  order: [],
  keywords: noKeywords,
  role: undefined,
  handler: false,
  rescuable: false,
  includeVars: {},
}

/** Walks items, failing the tasks whose names are given, and tells what was done and how it ended. */
const follow = (items: readonly TaskItem[], outcomes: Readonly<Record<string, Outcome['kind']>> = {}) => {
  const done: string[] = []
  const orders: (readonly number[])[] = []
  let rescued = 0
  const environment = {
    takeHandlers: () => [],
    rescued: () => void rescued++,
    roleMayRun: () => true,
    roleEnded: () => undefined,
    selected: () => true,
  }
  const walk = walkItems(items, frame, environment)
  let end = 'done'
  try {
    for (let step = walk.next(); !step.done; ) {
      const name = String(step.value.item.name)
      done.push(step.value.rescuable ? `${name}?` : name)
      orders.push(step.value.order)
      const kind = outcomes[name] ?? 'done'
      const outcome = kind === 'failed' ? { kind, result: {} as TaskResult } : ({ kind } as Outcome)
      step = walk.next(outcome)
    }
  } catch (error) {
    end = error instanceof TaskFailed ? 'failed' : error instanceof HostEnded ? error.reason : String(error)
  }
  return { done, end, rescued, orders }
}

describe('a walk through a play', () => {
  test('does tasks in their order and stops at the first failure', () => {
    const items = [task('a'), task('b'), task('c')]
    expect(follow(items)).toMatchObject({ done: ['a', 'b', 'c'], end: 'done' })
    expect(follow(items, { b: 'failed' })).toMatchObject({ done: ['a', 'b'], end: 'failed' })
  })

  test('rescues a failed block, runs always, and goes on', () => {
    const items = [block({ block: [task('a'), task('b')], rescue: [task('r')], always: [task('z')] }), task('after')]
    expect(follow(items, { a: 'failed' })).toMatchObject({ done: ['a?', 'r', 'z', 'after'], end: 'done', rescued: 1 })
    expect(follow(items)).toMatchObject({ done: ['a?', 'b?', 'z', 'after'], end: 'done', rescued: 0 })
  })

  test('runs always after a failed rescue and then fails', () => {
    const items = [block({ block: [task('a')], rescue: [task('r')], always: [task('z')] }), task('after')]
    expect(follow(items, { a: 'failed', r: 'failed' })).toMatchObject({
      done: ['a?', 'r', 'z'],
      end: 'failed',
      rescued: 1,
    })
  })

  test('runs always without a rescue and then fails', () => {
    const items = [block({ block: [task('a')], always: [task('z')] }), task('after')]
    expect(follow(items, { a: 'failed' })).toMatchObject({ done: ['a', 'z'], end: 'failed', rescued: 0 })
  })

  test('lets an outer block rescue what an inner one does not', () => {
    const inner = block({ block: [task('a')], always: [task('z')] })
    const items = [block({ block: [inner, task('b')], rescue: [task('r')] })]
    expect(follow(items, { a: 'failed' })).toMatchObject({ done: ['a?', 'z?', 'r'], end: 'done', rescued: 1 })
  })

  test('neither rescues nor runs always for a host that cannot be reached', () => {
    const items = [block({ block: [task('a')], rescue: [task('r')], always: [task('z')] })]
    expect(follow(items, { a: 'unreachable' })).toMatchObject({ done: ['a?'], end: 'unreachable', rescued: 0 })
  })

  test('gives orders that sort as the tasks stand', () => {
    const items = [task('a'), block({ block: [task('b'), task('c')], always: [task('z')] }), task('d')]
    const { orders } = follow(items)
    expect([...orders].sort(compareOrder)).toEqual(orders)
  })
})

test('orders compare number by number, a longer one behind its beginning', () => {
  expect(compareOrder([1, 2], [1, 10])).toBe(-1)
  expect(compareOrder([1], [1, 0])).toBe(-1)
  expect(compareOrder([2], [1, 9])).toBe(1)
  expect(compareOrder([1, 2], [1, 2])).toBe(0)
})
