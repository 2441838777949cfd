import { LifeboatError } from '../../base/errors.ts'
import type { Position } from '../../base/position.ts'
import { hasTemplate, Template, type Value } from '../../base/value.ts'
import { FloatLiteral } from '../float-literal.ts'
import type { ScalarNode, YamlNode } from './node.ts'

export interface ToValueOptions {
  /** Opens an `!vault` text. Without it such a text is the error `vault/no-password`. */
  readonly decrypt?: ((text: string, position: Position) => string) | undefined
}

/**
 * Turns a node into a value of a variable: texts with template syntax become templates with their place, `!unsafe`
 * and `!vault` texts stay plain.
 *
 * @throws vault/no-password for an `!vault` text without `decrypt`
 */
export const toValue = (node: YamlNode, options: ToValueOptions = {}): Value => {
  switch (node.kind) {
    case 'scalar':
      return scalarValue(node, options)
    case 'sequence':
      return node.items.map((item) => toValue(item, options))
    case 'mapping':
      return Object.fromEntries(node.entries.map((entry) => [entry.key, toValue(entry.value, options)]))
  }
}

const scalarValue = (node: ScalarNode, options: ToValueOptions): Value => {
  if (node.tag === 'unsafe') return node.value
  if (node.tag === 'vault') {
    if (options.decrypt) return options.decrypt(node.source, node.position)
    throw new LifeboatError('vault/no-password', 'this text is encrypted and no vault password was given', {
      where: node.position,
      hints: ['give the password with --vault-password-file FILE or --ask-vault-pass'],
    })
  }
  if (typeof node.value === 'string' && hasTemplate(node.value)) return new Template(node.value, node.position)
  if (typeof node.value === 'number' && Number.isInteger(node.value) && isFloat(node)) {
    return new FloatLiteral(node.value, node.position)
  }
  return node.value
}

const isFloat = (node: ScalarNode): boolean => !node.quoted && node.source.includes('.')
