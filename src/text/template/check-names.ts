import { LifeboatError } from '../../base/errors.ts'
import { findFilter } from './filters/index.ts'
import { functions } from './functions/index.ts'
import { findLookup } from './lookups/index.ts'
import type { Expression, ExpressionOf } from './syntax/ast.ts'
import type { Origin } from './syntax/origin.ts'
import { findTest } from './tests/index.ts'
import { placing } from './values/fail.ts'

/** Checks that every filter, test and lookup that a tree names exists. */
export const checkNames = (tree: unknown, origin: Origin): void => {
  if (Array.isArray(tree)) {
    for (const item of tree) checkNames(item, origin)
    return
  }
  if (tree === null || typeof tree !== 'object') return
  const node = tree as Expression
  if (node.type === 'filter' && 'nameSpan' in node) find(node, origin, findFilter)
  if (node.type === 'test' && 'nameSpan' in node) find(node, origin, findTest)
  if (node.type === 'call' && 'callee' in node && 'args' in node) checkLookup(node, origin)
  for (const part of Object.values(tree)) checkNames(part, origin)
}

const find = (node: ExpressionOf<'filter' | 'test'>, origin: Origin, findIt: (name: string) => unknown): void => {
  placing(
    () => origin.position(node.nameSpan.start, node.nameSpan.end),
    () => findIt(node.name),
  )
  const [first] = node.args.positional
  const names = NAMED_IN_ARGUMENT.get(node.name)
  if (names && first?.type === 'literal' && typeof first.value === 'string') {
    const name = first.value
    placing(
      () => origin.position(first.start, first.end),
      () => (names === 'filter' ? findFilter : findTest)(name),
    )
  }
  const second = node.args.positional[1]
  if (/^(select|reject)attr$/.test(node.name) && second?.type === 'literal' && typeof second.value === 'string') {
    const name = second.value
    placing(
      () => origin.position(second.start, second.end),
      () => findTest(name),
    )
  }
}

const NAMED_IN_ARGUMENT: ReadonlyMap<string, 'filter' | 'test'> = new Map([
  ['map', 'filter'],
  ['select', 'test'],
  ['reject', 'test'],
])

const checkLookup = (node: ExpressionOf<'call'>, origin: Origin): void => {
  const { callee, args } = node
  if (callee.type !== 'name' || !['lookup', 'query', 'q'].includes(callee.name) || !functions.has(callee.name)) return
  const [first] = args.positional
  if (!first) {
    throw new LifeboatError('template/bad-arguments', `${callee.name} needs the name of a lookup`, {
      where: origin.position(node.start, node.end),
    })
  }
  if (first.type !== 'literal' || typeof first.value !== 'string') return
  const name = first.value
  placing(
    () => origin.position(first.start, first.end),
    () => findLookup(name),
  )
}
