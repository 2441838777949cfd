import type { Filter } from '../evaluate/world.ts'
import { isTrue } from '../python/truth.ts'
import { fail } from '../values/fail.ts'
import { Float } from '../values/float.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { flag, textOf } from './values.ts'

const fallback: Filter = (value, args) => {
  const [otherwise = '', boolean] = args.bind('default_value', 'boolean')
  if (value instanceof Undefined) return otherwise
  return flag(boolean) && !isTrue(value) ? otherwise : value
}

const mandatory: Filter = (value, args) => {
  const [message] = args.bind('msg')
  if (!(value instanceof Undefined)) return value
  const { hints } = value.describe()
  throw fail(
    message === undefined ? `the mandatory variable "${value.name}" is not defined` : textOf(message),
    hints,
    'template/missing-mandatory',
  )
}

const ternary: Filter = (value, args) => {
  const [whenTrue, whenFalse, whenNone] = args.bind('true_val!', 'false_val!', 'none_val')
  if (value === null && whenNone !== undefined && whenNone !== null) return whenNone
  return (isTrue(value) ? whenTrue : whenFalse) as RuntimeValue
}

const TRUE_WORDS = new Set(['yes', 'on', '1', 'true'])

const bool: Filter = (value, args) => {
  args.bind()
  if (value instanceof Undefined) throw value.toError()
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return TRUE_WORDS.has(value.toLowerCase())
  return value === 1 || (value instanceof Float && value.value === 1)
}

/** What stands in for a value: `default`, `mandatory`, `ternary`, `bool`. */
export const defaultFilters: Readonly<Record<string, Filter>> = {
  default: fallback,
  d: fallback,
  mandatory,
  ternary,
  bool,
}
