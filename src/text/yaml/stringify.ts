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
  return { kind: 'scalar', text: value === null ? 'null' : numberText(value), isText: false }
}

const numberText = (value: boolean | number): string => {
  if (value === Number.POSITIVE_INFINITY) return '.inf'
  if (value === Number.NEGATIVE_INFINITY) return '-.inf'
  if (Number.isNaN(value)) return '.nan'
  const text = String(value)
  if (text.includes('e')) return text.includes('.') ? text : text.replace('e', '.0e')
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? `${text}.0` : text
}
