import { LifeboatError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import type { MappingEntry, YamlNode } from '../text/yaml/node.ts'
import { describeNode, isNothing } from './kinds.ts'
import type { Loading } from './loading.ts'
import { notSupported, unknownKeyword } from './refuse.ts'
import { readBoolean, readNumber, readText, wrongType } from './scalars.ts'
import type { Loop, LoopControl } from './types.ts'
import { readPlaced } from './value.ts'

/** Lookups that a task can loop over with `with_…`. */
const LOOKUPS = [
  'cartesian',
  'dict',
  'file',
  'fileglob',
  'first_found',
  'flattened',
  'indexed_items',
  'inventory_hostnames',
  'items',
  'lines',
  'list',
  'nested',
  'random_choice',
  'sequence',
  'subelements',
  'together',
] as const

const CONTROLS = ['loop_var', 'index_var', 'label', 'pause', 'extended'] as const
const REFUSED_CONTROLS: readonly string[] = ['extended_allitems', 'break_when']

/** Whether a key says what a task loops over. */
export const isLoopKeyword = (key: string): boolean => key === 'loop' || key.startsWith('with_')

/**
 * Reads what a task loops over, and its `loop_control`.
 *
 * @throws playbook/bad-value, playbook/wrong-type
 */
export const readLoop = (entries: readonly MappingEntry[], loading: Loading): Loop | undefined => {
  const loops = entries.filter(({ key, value }) => isLoopKeyword(key) && !isNothing(value))
  const control = entries.find(({ key }) => key === 'loop_control')
  const [entry, second] = loops
  if (!entry) {
    if (control) loading.problems.warn(withoutLoop(control))
    return undefined
  }
  if (second) {
    throw new LifeboatError(
      'playbook/bad-value',
      `a task cannot loop over "${entry.key}" and "${second.key}" at once`,
      {
        where: { ...second.keyPosition, length: second.key.length },
      },
    )
  }
  return {
    kind: entry.key === 'loop' ? 'loop' : readKind(entry),
    value: readPlaced(entry.key === 'loop' ? listOrTemplate(entry.value) : entry.value, loading),
    control: control ? readControl(control.value, loading) : {},
  }
}

const readKind = ({ key, keyPosition }: MappingEntry): string => {
  const name = key.slice('with_'.length).replace(/^ansible\.builtin\./, '')
  if (LOOKUPS.some((known) => known === name)) return name
  const known = LOOKUPS.map((lookup) => `with_${lookup}`)
  throw new LifeboatError('playbook/bad-value', `"${key}" is not a loop`, {
    where: { ...keyPosition, length: key.length },
    hints: [...didYouMean(key, known), `loops are loop, ${known.join(', ')}`],
  })
}

const listOrTemplate = (node: YamlNode): YamlNode => {
  if (node.kind === 'sequence' || (node.kind === 'scalar' && /\{[{%]/.test(String(node.value)))) return node
  throw new LifeboatError('playbook/wrong-type', `"loop" takes a list, not ${describeNode(node)}`, {
    where: node.position,
    hints: [
      node.kind === 'mapping'
        ? 'a mapping becomes a list with "{{ … | dict2items }}"'
        : `a variable goes into braces: loop: "{{ ${node.source} }}"`,
    ],
  })
}

const readControl = (node: YamlNode, loading: Loading): LoopControl => {
  if (isNothing(node)) return {}
  if (node.kind !== 'mapping') throw wrongType(node, 'loop_control', 'a mapping')
  const control: { -readonly [K in keyof LoopControl]: LoopControl[K] } = {}
  for (const entry of node.entries) {
    const { key, keyPosition, value } = entry
    if (isNothing(value)) continue
    if (key === 'loop_var') control.loopVar = readText(value, key, loading).value
    else if (key === 'index_var') control.indexVar = readText(value, key, loading).value
    else if (key === 'label') control.label = readPlaced(value, loading)
    else if (key === 'pause') control.pause = readNumber(value, key, loading).value
    else if (key === 'extended') control.extended = readBoolean(value, key, loading).value
    else if (REFUSED_CONTROLS.includes(key)) {
      loading.problems.add(notSupported(`"${key}" of loop_control`, keyPosition, key.length))
    } else loading.problems.add(unknownKeyword(entry, 'loop_control', CONTROLS))
  }
  return control
}

const withoutLoop = ({ key, keyPosition }: MappingEntry): LifeboatError =>
  new LifeboatError('playbook/no-effect', 'loop_control has no effect without a loop', {
    where: { ...keyPosition, length: key.length },
  })
