import { isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { Float, float, integer, isFloat, isInteger, numberOf } from '../values/float.ts'
import { Instance } from '../values/instance.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { formatPercent } from './percent.ts'
import { kindOf } from './type-name.ts'

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**'

/** The longest text or list that an operator or filter makes: beyond it a template is wrong, not big. */
export const LONGEST = 50_000_000

/**
 * Python's operators: `/` always gives a float, `//` rounds down, `%` takes the sign of its right side, `+` joins texts
 * and lists, `*` repeats them, `%` after a text formats it.
 *
 * @throws template/bad-value for kinds that an operator does not take, and for a division by zero
 */
export const calculate = (operator: ArithmeticOperator, a: RuntimeValue, b: RuntimeValue): RuntimeValue => {
  if (a instanceof Undefined) throw a.toError()
  if (operator === '%' && typeof a === 'string') return formatPercent(a, b)
  if (b instanceof Undefined) throw b.toError()
  const left = typeof a === 'boolean' ? Number(a) : a
  const right = typeof b === 'boolean' ? Number(b) : b
  if (isInteger(left) && isInteger(right)) return calculateIntegers(operator, left, right)
  if (isAnyNumber(left) && isAnyNumber(right)) return calculateFloats(operator, numberOf(left), numberOf(right))
  if (operator === '+') return add(a, b)
  if (operator === '*' && isInteger(right)) return repeat(a, Number(right), b)
  if (operator === '*' && isInteger(left)) return repeat(b, Number(left), a)
  if (operator === '-' && a instanceof Instance && 'minus' in a) return (a as Instance & Subtractable).minus(b)
  throw unsupported(operator, a, b)
}

/** Something that another can be taken from: dates. */
export interface Subtractable {
  minus(other: RuntimeValue): RuntimeValue
}

/** The value with its sign turned or kept. */
export const signed = (sign: '-' | '+', value: RuntimeValue): RuntimeValue => {
  if (value instanceof Undefined) throw value.toError()
  const number = typeof value === 'boolean' ? Number(value) : value
  if (!isAnyNumber(number)) throw fail(`${kindOf(value)} has no sign`)
  if (sign === '+') return number
  if (number instanceof Float) return float(-number.value)
  return number === 0 ? 0 : -number
}

const isAnyNumber = (value: RuntimeValue): value is number | bigint | Float => isInteger(value) || isFloat(value)

const calculateIntegers = (operator: ArithmeticOperator, a: number | bigint, b: number | bigint): RuntimeValue => {
  if (operator === '/') return float(divide(Number(a), Number(b)))
  if (operator === '**' && b < 0) return float(Number(a) ** Number(b))
  if (operator === '**' && b > 10_000) throw fail(`the power of ${b} is too great`)
  if (typeof a === 'number' && typeof b === 'number') {
    const result = calculateNumbers(operator, a, b)
    if (Number.isSafeInteger(result)) return result === 0 ? 0 : result
  }
  return integer(calculateBig(operator, BigInt(a), BigInt(b)))
}

const calculateFloats = (operator: ArithmeticOperator, a: number, b: number): RuntimeValue =>
  float(operator === '/' ? divide(a, b) : calculateNumbers(operator, a, b))

const calculateNumbers = (operator: ArithmeticOperator, a: number, b: number): number => {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '//':
      return Math.floor(divide(a, b))
    case '%':
      return remainder(a, b)
    default:
      return a ** b
  }
}

const calculateBig = (operator: ArithmeticOperator, a: bigint, b: bigint): bigint => {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '**':
      return a ** b
    default: {
      if (b === 0n) throw divisionByZero()
      const rest = ((a % b) + b) % b
      return operator === '%' ? rest : (a - rest) / b
    }
  }
}

const divide = (a: number, b: number): number => {
  if (b === 0) throw divisionByZero()
  return a / b
}

const remainder = (a: number, b: number): number => {
  if (b === 0) throw divisionByZero()
  const rest = a % b
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest
}

const divisionByZero = () => fail('division by zero')

const add = (a: RuntimeValue, b: RuntimeValue): RuntimeValue => {
  if (typeof a === 'string' && typeof b === 'string') return a + b
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b]
  if (a instanceof Tuple && b instanceof Tuple) return new Tuple([...a.items, ...b.items])
  if (a instanceof Instance && 'plus' in a) return (a as Instance & { plus(b: RuntimeValue): RuntimeValue }).plus(b)
  throw unsupported('+', a, b)
}

const repeat = (value: RuntimeValue, times: number, other: RuntimeValue): RuntimeValue => {
  const length = typeof value === 'string' || Array.isArray(value) ? value.length : 0
  if (length * times > LONGEST) throw fail(`the result would be longer than ${LONGEST} items`)
  if (typeof value === 'string') return value.repeat(Math.max(0, times))
  if (Array.isArray(value)) return Array.from({ length: Math.max(0, times) }, () => value).flat()
  throw unsupported('*', value, other)
}

const unsupported = (operator: ArithmeticOperator, a: RuntimeValue, b: RuntimeValue) => {
  const texts = operator === '+' && (typeof a === 'string' || typeof b === 'string')
  const mappings = operator === '+' && isMapping(a) && isMapping(b)
  const hints = texts
    ? ['join texts and other values with ~']
    : mappings
      ? ['join mappings with the filter combine']
      : []
  return fail(`${operator} does not work on ${kindOf(a)} and ${kindOf(b)}`, hints)
}
