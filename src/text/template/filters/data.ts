import { LifeboatError } from '../../../base/errors.ts'
import type { PlainValue } from '../../../base/value.ts'
import { type EmitNode, emitYaml } from '../../yaml/emit.ts'
import type { YamlNode } from '../../yaml/node.ts'
import { parseYaml, parseYamlDocuments } from '../../yaml/parse.ts'
import type { Filter } from '../evaluate/world.ts'
import { orderText } from '../python/compare.ts'
import { writeJson } from '../python/json.ts'
import { entriesOf } from '../python/mapping.ts'
import { repr, str } from '../python/text.ts'
import type { Arguments } from '../values/arguments.ts'
import { isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { float, isNumber } from '../values/float.ts'
import { Instance } from '../values/instance.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { flag, optionalNumber, textOf, wantText } from './values.ts'

const JSON_ARGUMENTS = [
  'indent',
  'sort_keys',
  'ensure_ascii',
  'separators',
  'vault_to_text',
  'preprocess_unsafe',
] as const

const toJson =
  (nice: boolean): Filter =>
  (value, args) => {
    const [indent = nice ? 4 : null, sortKeys = nice, ascii = true, separators = null] = args.bind(...JSON_ARGUMENTS)
    const marks = separators === null ? undefined : (separators as RuntimeValue[] | Tuple)
    const pair = marks instanceof Tuple ? marks.items : marks
    return writeJson(value, {
      indent: optionalNumber(indent, 'the indent'),
      sortKeys: flag(sortKeys),
      ascii: flag(ascii),
      ...(pair ? { separators: [textOf(pair[0]), textOf(pair[1])] as const } : {}),
    })
  }

const fromJson: Filter = (value) => {
  const text = wantText(value, 'what from_json reads')
  try {
    return JSON.parse(text) as PlainValue
  } catch (error) {
    const reason = error instanceof Error ? error.message : ''
    throw fail(`the text is not JSON: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`)
  }
}

const toYaml =
  (nice: boolean): Filter =>
  (value, args) => {
    const [indent = nice ? 4 : 2, sortKeys = true, width = 80, flow = nice ? false : null] = yamlArguments(args)
    return emitYaml(yamlNode(value, flag(sortKeys)), {
      indent: optionalNumber(indent, 'the indent') ?? 2,
      width: optionalNumber(width, 'the width') ?? 80,
      flowLeaves: flow === null,
    })
  }

const yamlArguments = (args: Arguments) =>
  args.bind('indent', 'sort_keys', 'width', 'default_flow_style', 'allow_unicode', 'explicit_start', 'vault_to_text')

const yamlNode = (value: RuntimeValue, sortKeys: boolean): EmitNode => {
  if (value instanceof Undefined) throw value.toError()
  if (typeof value === 'string' || value instanceof Instance) return { kind: 'scalar', text: str(value), isText: true }
  if (value === null || typeof value === 'boolean') return { kind: 'scalar', text: String(value), isText: false }
  if (isNumber(value)) return { kind: 'scalar', text: yamlNumber(repr(value)), isText: false }
  if (isMapping(value)) {
    const entries = entriesOf(value).map(([key, item]) => [yamlNode(key, sortKeys), yamlNode(item, sortKeys)] as const)
    if (sortKeys) entries.sort(([a], [b]) => orderText(scalarText(a), scalarText(b)))
    return { kind: 'mapping', entries }
  }
  const items = value instanceof Tuple ? value.items : value
  return { kind: 'sequence', items: items.map((item) => yamlNode(item, sortKeys)) }
}

const scalarText = (node: EmitNode): string => (node.kind === 'scalar' ? node.text : '')

const yamlNumber = (text: string): string => {
  if (/inf|nan/.test(text)) return text.replace('inf', '.inf').replace('nan', '.nan')
  return /^-?\d+e/.test(text) ? text.replace('e', '.0e') : text
}

const fromYaml =
  (all: boolean): Filter =>
  (value) => {
    if (typeof value !== 'string') return value
    const source = { path: '<from_yaml>', text: value }
    try {
      if (all) return parseYamlDocuments(source).map(yamlValue)
      const node = parseYaml(source)
      return node ? yamlValue(node) : null
    } catch (error) {
      if (!(error instanceof LifeboatError)) throw error
      const at = error.where ? ` (line ${error.where.line}, column ${error.where.column})` : ''
      throw fail(`the text is not YAML: ${error.message}${at}`)
    }
  }

const yamlValue = (node: YamlNode): RuntimeValue => {
  if (node.kind === 'sequence') return node.items.map(yamlValue)
  if (node.kind === 'mapping') return Object.fromEntries(node.entries.map(({ key, value }) => [key, yamlValue(value)]))
  return typeof node.value === 'number' && node.source.includes('.') && !node.quoted ? float(node.value) : node.value
}

/** Filters between values and texts of JSON and YAML. */
export const dataFilters: Readonly<Record<string, Filter>> = {
  to_json: toJson(false),
  to_nice_json: toJson(true),
  tojson: (value, args) =>
    writeJson(value, { indent: optionalNumber(args.bind('indent')[0], 'the indent'), sortKeys: true })
      .replaceAll('<', '\\u003c')
      .replaceAll('>', '\\u003e')
      .replaceAll('&', '\\u0026')
      .replaceAll("'", '\\u0027'),
  from_json: fromJson,
  to_yaml: toYaml(false),
  to_nice_yaml: toYaml(true),
  from_yaml: fromYaml(false),
  from_yaml_all: fromYaml(true),
  pprint: (value) => repr(value),
}
