import type { PlainValue } from '../../base/value.ts'
import { type EmitNode, type EmitOptions, emitYaml } from './emit.ts'

/**
 * Writes a value as YAML 1.1 that PyYAML and we read back as the same value; keys keep their order. Ends in a newline.
 */
export const toYaml = (value: PlainValue, options: EmitOptions = {}): string => emitYaml(nodeOf(value), options)

const nodeOf = (value: PlainValue): EmitNode => {
  if (typeof value === 'string') return { kind: 'scalar', text: value, isText: true }
  if (Array.isArray(value)) return { kind: 'sequence', items: value.map(nodeOf) }
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).map(([key, item]) => [nodeOf(key), nodeOf(item)] as const)
    return { kind: 'mapping', entries }
  }
  const text = typeof value === 'number' ? numberText(value) : String(value)
  return { kind: 'scalar', text, isText: false }
}

/** A number as PyYAML's resolver takes it for one: a float has its point, and its exponent a sign. */
const numberText = (value: number): string => {
  if (value === Number.POSITIVE_INFINITY) return '.inf'
  if (value === Number.NEGATIVE_INFINITY) return '-.inf'
  if (Number.isNaN(value)) return '.nan'
  if (Object.is(value, -0)) return '-0.0'
  const text = String(value)
  if (text.includes('e')) return text.includes('.') ? text : text.replace('e', '.0e')
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? `${text}.0` : text
}
