import { createHash, randomBytes } from 'node:crypto'
import type { Filter } from '../evaluate/world.ts'
import { itemsOf } from '../python/iterate.ts'
import { str } from '../python/text.ts'
import { fail } from '../values/fail.ts'
import { isNumber } from '../values/float.ts'
import type { RuntimeValue } from '../values/types.ts'
import { wantNumber } from './values.ts'

/** Numbers from 0 to below 1; with a seed always the same ones (not those that Python's generator gives). */
const numbers = (seed: RuntimeValue): (() => number) => {
  const key = seed === null ? randomBytes(16).toString('hex') : str(seed)
  let counter = 0
  return () => createHash('sha256').update(`${key}:${counter++}`).digest().readUIntBE(0, 6) / 2 ** 48
}

const random: Filter = (value, args) => {
  const [end, start = null, step = null, seed = null] = [value, ...args.bind('start', 'step', 'seed')]
  const next = numbers(seed ?? null)
  if (isNumber(end)) {
    const from = start === null ? 0 : wantNumber(start, 'the start')
    const by = step === null ? 1 : wantNumber(step, 'the step')
    const size = Math.ceil((wantNumber(end, 'the end') - from) / by)
    if (size <= 0) throw fail('random has no number to choose from')
    return from + by * Math.floor(next() * size)
  }
  const items = itemsOf(end)
  if (items.length === 0) throw fail('random has no item to choose from')
  return items[Math.floor(next() * items.length)] as RuntimeValue
}

const shuffle: Filter = (value, args) => {
  const [seed = null] = args.bind('seed')
  const next = numbers(seed)
  return itemsOf(value)
    .map((item) => [next(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
}

/** Filters that choose by chance. */
export const randomFilters: Readonly<Record<string, Filter>> = { random, shuffle }
