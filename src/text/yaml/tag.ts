import { isMap, type YAMLMap, type YAMLSeq } from 'yaml'
import { LifeboatError } from '../../base/errors.ts'
import { didYouMean } from '../../base/nearest.ts'
import type { Position, Source } from '../../base/position.ts'
import { locate } from '../lines.ts'
import { readScalar, type ScalarType, scalarType } from './scalar.ts'

const CORE = 'tag:yaml.org,2002:'
const KNOWN = ['!unsafe', '!vault', '!!str', '!!int', '!!float', '!!bool', '!!null', '!!binary', '!!map', '!!seq']

/** Reads a scalar that carries one of YAML's own tags. */
export const readTagged = (tag: string, text: string, where: Position): null | boolean | number | string => {
  if (tag === `${CORE}str`) return text
  if (tag === `${CORE}binary`) return Buffer.from(text, 'base64').toString('utf8')
  const types: Readonly<Record<string, readonly ScalarType[]>> = {
    [`${CORE}int`]: ['int'],
    [`${CORE}float`]: ['float', 'int'],
    [`${CORE}bool`]: ['bool'],
    [`${CORE}null`]: ['null'],
  }
  const wanted = types[tag]
  if (!wanted) throw unknownTag(tag, where)
  if (!wanted.includes(scalarType(text))) {
    throw new LifeboatError('yaml/bad-value', `"${text}" is not of the type ${short(tag)}`, { where })
  }
  return readScalar(text)
}

/** Refuses tags on lists and mappings other than YAML's own. */
export const checkCollectionTag = (node: YAMLMap | YAMLSeq, source: Source): void => {
  const tag = node.tag
  if (tag === undefined || tag === '!' || tag === `${CORE}${isMap(node) ? 'map' : 'seq'}`) return
  throw unknownTag(tag, locate(source, node.range?.[0] ?? 0))
}

const short = (tag: string): string => (tag.startsWith(CORE) ? `!!${tag.slice(CORE.length)}` : tag)

const unknownTag = (tag: string, where: Position): LifeboatError =>
  new LifeboatError('yaml/unknown-tag', `unknown tag ${short(tag)}`, {
    where,
    hints: [...didYouMean(short(tag), KNOWN), `known tags: ${KNOWN.slice(0, 2).join(', ')}`],
  })
