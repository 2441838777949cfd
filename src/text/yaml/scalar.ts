const BOOLEANS = new Map<string, boolean>([
  ...['yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
])
const NULLS = new Set(['', '~', 'null', 'Null', 'NULL'])

const INTEGER =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

export type ScalarType = 'null' | 'bool' | 'int' | 'float' | 'str'

/** The type that PyYAML's resolver gives to a plain (unquoted) text. Dates are `str`. */
export const scalarType = (text: string): ScalarType => {
  if (NULLS.has(text)) return 'null'
  if (BOOLEANS.has(text)) return 'bool'
  if (INTEGER.test(text)) return 'int'
  if (FLOAT.test(text)) return 'float'
  return 'str'
}

/**
 * Reads a plain (unquoted) text as PyYAML's resolver does: YAML 1.1 with its octal (`0644` is 420) and base 60
 * (`22:22` is 1342) integers. Dates stay texts, and so do integers that a JavaScript number cannot hold exactly.
 */
export const readScalar = (text: string): null | boolean | number | string => {
  switch (scalarType(text)) {
    case 'null':
      return null
    case 'bool':
      return BOOLEANS.get(text) ?? false
    case 'int':
      return readInteger(text)
    case 'float':
      return readFloat(text)
    default:
      return text
  }
}

const readInteger = (text: string): number | string => {
  const digits = text.replaceAll('_', '')
  const sign = digits.startsWith('-') ? -1 : 1
  const body = digits.replace(/^[-+]/, '')
  const value = body.includes(':') ? base60(body) : Number(/^0[0-7]+$/.test(body) ? `0o${body.slice(1)}` : body)
  return Number.isSafeInteger(value) ? (value === 0 ? 0 : sign * value) : text
}

const readFloat = (text: string): number => {
  const digits = text.replaceAll('_', '').toLowerCase()
  const sign = digits.startsWith('-') ? -1 : 1
  const body = digits.replace(/^[-+]/, '')
  if (body === '.inf') return sign * Number.POSITIVE_INFINITY
  if (body === '.nan') return Number.NaN
  return sign * (body.includes(':') ? base60(body) : Number(body))
}

const base60 = (text: string): number => text.split(':').reduce((total, part) => total * 60 + Number(part), 0)
