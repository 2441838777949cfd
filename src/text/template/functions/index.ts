import { Namespace } from '../evaluate/namespace.ts'
import type { TemplateFunction } from '../evaluate/world.ts'
import { flag, textOf, wantNumber } from '../filters/values.ts'
import { callLookup } from '../lookups/call.ts'
import { pairsOf } from '../methods/dict.ts'
import { formatTime } from '../python/strftime.ts'
import { str } from '../python/text.ts'
import { DateTime } from '../values/date-time.ts'
import { Dict } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { Cycler, Joiner } from './cycler.ts'

const LONGEST_RANGE = 1_000_000

const range: TemplateFunction = (args) => {
  const numbers = args.positional.map((value) => wantNumber(value, 'the bound of a range'))
  if (numbers.length === 0 || numbers.length > 3 || args.named.size > 0) {
    throw fail('range takes an end, or a start and an end, and a step', [], 'template/bad-arguments')
  }
  const [start, end] = numbers.length === 1 ? [0, numbers[0] as number] : [numbers[0] as number, numbers[1] as number]
  const step = numbers[2] ?? 1
  if (step === 0) throw fail('the step of a range cannot be 0')
  const length = Math.max(0, Math.ceil((end - start) / step))
  if (length > LONGEST_RANGE) throw fail(`a range of ${length} is too long`)
  return Array.from({ length }, (_, index) => start + index * step)
}

const now: TemplateFunction = (args, world) => {
  const [utc, format = null] = args.bind('utc', 'fmt')
  const time = DateTime.at(world.now().getTime() / 1000, flag(utc))
  return format === null ? time : formatTime(textOf(format), time)
}

const undef: TemplateFunction = (args) => {
  const [hint = null] = args.bind('hint')
  const message = hint === null ? 'a value must be given here: undef() stands in its place' : str(hint)
  return new Undefined('undef()', () => ({ message }))
}

/** Every function that a template can call. */
export const functions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['lookup', (args, world) => callLookup(args, world, false)],
  ['query', (args, world) => callLookup(args, world, true)],
  ['q', (args, world) => callLookup(args, world, true)],
  ['range', range],
  ['dict', (args) => new Dict(pairsOf(args))],
  ['namespace', (args) => new Namespace(pairsOf(args).map(([key, value]) => [str(key as RuntimeValue), value]))],
  ['now', now],
  ['undef', undef],
  ['cycler', (args) => new Cycler(args.positional)],
  ['joiner', (args) => new Joiner(textOf(args.bind('sep')[0] ?? ', '))],
])
