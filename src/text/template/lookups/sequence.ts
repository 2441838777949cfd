import { textOf, wantNumber } from '../filters/values.ts'
import { entriesOf } from '../python/mapping.ts'
import { formatPercent } from '../python/percent.ts'
import { isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import type { Lookup } from './types.ts'

const LONGEST = 1_000_000
const NAMES = ['start', 'end', 'stride', 'count', 'format']
const SHORT = /^(?:(0?x?[\da-f]+)\s*-\s*)?(0?x?[\da-f]+)(?:\s*\/\s*(0?x?[\da-f]+))?(?:\s*:\s*(.+))?$/i

/** Numbers in a row, as texts: `start=1 end=5 stride=2 format=%02d`, or short `1-5/2:%02d`. */
export const sequence: Lookup = (terms, options) =>
  (terms.length === 0 ? [''] : terms).flatMap((term) => numbers(new Map([...parameters(term), ...options])))

const parameters = (term: RuntimeValue): (readonly [string, RuntimeValue])[] => {
  if (isMapping(term)) return entriesOf(term).map(([key, value]) => [textOf(key), value] as const)
  const text = textOf(term).trim()
  const short = SHORT.exec(text)
  if (short) {
    const [, start, end, stride, format] = short
    const given = { start, end, stride, format }
    return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  }
  return text
    .split(/\s+/)
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', value] = part.split(/=(.*)/s)
      if (value === undefined) throw fail(`"${part}" is not a part of a sequence`, [`parts: ${NAMES.join(', ')}`])
      return [name, value] as const
    })
}

const numbers = (given: ReadonlyMap<string, RuntimeValue>): RuntimeValue[] => {
  for (const name of given.keys()) {
    if (!NAMES.includes(name)) throw fail(`a sequence has no "${name}"`, [`it has: ${NAMES.join(', ')}`])
  }
  const number = (name: string, otherwise: number): number => {
    const value = given.get(name)
    if (value === undefined) return otherwise
    return typeof value === 'string' && /^0[xo]?[\da-f]+$/i.test(value) ? readNumber(value) : wantNumber(value, name)
  }
  const start = number('start', 1)
  const count = given.has('count') ? number('count', 0) : undefined
  if (count === undefined && !given.has('end')) throw fail('a sequence needs "end" or "count"')
  if (count !== undefined && given.has('end')) throw fail('a sequence takes "end" or "count", not both')
  const stride = number('stride', 1)
  const end = count === undefined ? number('end', 0) : count === 0 ? start - stride : start + (count - 1) * stride
  if (stride === 0) return []
  if (stride > 0 ? end < start && count === undefined : end > start) {
    throw fail(`the sequence from ${start} to ${end} does not go by ${stride}`, ['turn the sign of the stride'])
  }
  const length = Math.max(0, Math.floor((end - start) / stride) + 1)
  if (length > LONGEST) throw fail(`a sequence of ${length} is too long`)
  const format = given.get('format')
  return Array.from({ length }, (_, index) => {
    const value = start + index * stride
    return format === undefined ? String(value) : formatPercent(textOf(format), new Tuple([value]))
  })
}

const readNumber = (text: string): number =>
  /^0x/i.test(text) ? Number(text) : Number.parseInt(text.replace(/^0o?/i, '') || '0', 8)
