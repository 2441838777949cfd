import type { Arguments } from '../values/arguments.ts'
import { fail } from '../values/fail.ts'
import { Float, isFloat, isNumber } from '../values/float.ts'
import type { RuntimeValue } from '../values/types.ts'
import { floatText } from './float-text.ts'
import { align, formatNumber, type NumberFormat } from './number-format.ts'
import { repr, str } from './text.ts'
import { kindOf } from './type-name.ts'

/** How a field such as `{x.y[0]}` reaches into a value: given by the evaluator, own keys only. */
export type Access = (value: RuntimeValue, name: string, kind: 'attribute' | 'item') => RuntimeValue

/**
 * Python's `'…'.format(…)`: `{}`, `{0}`, `{name}`, `{x.y[k]}`, `!r`, and the format after `:`.
 *
 * @throws template/bad-value for fields without a value and for formats that cannot be read
 */
export const formatBraces = (format: string, args: Arguments, access: Access): string => {
  let automatic = 0
  const fill = (text: string, depth: number): string => {
    let result = ''
    for (let at = 0; at < text.length; ) {
      const character = text[at] as string
      if (character === '{' || character === '}') {
        if (text[at + 1] === character) {
          result += character
          at += 2
          continue
        }
        if (character === '}' || depth > 2) throw fail(`the format "${format}" has a single "${character}"`)
        const end = closing(text, at, format)
        result += field(text.slice(at + 1, end), depth)
        at = end + 1
        continue
      }
      result += character
      at++
    }
    return result
  }
  const field = (text: string, depth: number): string => {
    const [, path = '', conversion, spec = ''] = /^([^!:]*)(?:!([rsa]))?(?::(.*))?$/s.exec(text) ?? []
    const [, first = '', rest = ''] = /^([^.[]*)(.*)$/s.exec(path) ?? []
    const key = first === '' ? String(automatic++) : first
    const start = /^\d+$/.test(key) ? args.positional[Number(key)] : args.named.get(key)
    if (start === undefined) throw fail(`the format "${format}" has no value for {${text}}`)
    let value = start
    for (const [, attribute, item] of rest.matchAll(/\.([^.[]+)|\[([^\]]+)\]/g)) {
      value = access(value, (attribute ?? item) as string, attribute === undefined ? 'item' : 'attribute')
    }
    if (conversion) value = conversion === 's' ? str(value) : repr(value)
    return formatValue(value, fill(spec, depth + 1))
  }
  return fill(format, 0)
}

const closing = (text: string, from: number, format: string): number => {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth++
    if (text[at] === '}' && --depth === 0) return at
  }
  throw fail(`the format "${format}" has a "{" without its "}"`)
}

const SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/su

/** Python's format(value, spec). */
export const formatValue = (value: RuntimeValue, spec: string): string => {
  if (spec === '') return str(value)
  const match = SPEC.exec(spec)
  if (!match) throw fail(`"${spec}" is not a format that Python knows`)
  const [, fill, alignment, sign, alternate, zero, width, grouping, precision, type = ''] = match
  const format = {
    type,
    sign: (sign ?? '-') as NumberFormat['sign'],
    alternate: alternate !== undefined,
    fill: fill ?? (zero ? '0' : ' '),
    width: Number(width ?? 0),
    precision: precision === undefined ? undefined : Number(precision),
    grouping: (grouping ?? '') as NumberFormat['grouping'],
  }
  const side = alignment as NumberFormat['align'] | undefined
  if (!isNumber(value) && typeof value !== 'boolean') {
    if (type !== '' && type !== 's') throw fail(`the format "${spec}" needs a number, not ${kindOf(value)}`)
    const text = str(value)
    return align(precision === undefined ? text : text.slice(0, Number(precision)), { ...format, align: side ?? '<' })
  }
  const number = value instanceof Float ? value.value : typeof value === 'boolean' ? Number(value) : value
  const numberAlign = side ?? (zero ? '=' : '>')
  if (isFloat(value) && type === '') {
    if (precision === undefined) return align(floatText(Number(number)), { ...format, align: numberAlign })
    return formatNumber({ ...format, type: 'g', align: numberAlign }, number)
  }
  if (isFloat(value) && 'bcdoxX'.includes(type))
    throw fail(`the format "${spec}" needs an integer`, ['use the filter int'])
  return formatNumber({ ...format, align: numberAlign }, number)
}
