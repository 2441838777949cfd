import type { PlainValue, Value, Variables } from '../base/value.ts'
import type { Loop } from '../playbook/types.ts'
import type { Templar } from '../text/template/templar.ts'

/** One turn of a loop: the item and the variables that the task sees in it. */
export interface Turn {
  readonly item: PlainValue
  readonly variables: Variables
}

/**
 * The items of a loop.
 *
 * @throws template errors when `loop` is not given a list
 */
export const loopItems = (loop: Loop, templar: Templar): PlainValue[] =>
  templar.loopItems(loop.kind, loop.value.value, loop.value.position)

export const loopVariable = (loop: Loop, templar: Templar): string =>
  loop.control.loopVar === undefined ? 'item' : String(templar.evaluate(loop.control.loopVar))

const extendedVariables = (items: readonly PlainValue[], index: number): PlainValue => ({
  index: index + 1,
  index0: index,
  revindex: items.length - index,
  revindex0: items.length - index - 1,
  first: index === 0,
  last: index === items.length - 1,
  length: items.length,
  allitems: [...items],
  ...(index > 0 ? { previtem: items[index - 1] ?? null } : {}),
  ...(index < items.length - 1 ? { nextitem: items[index + 1] ?? null } : {}),
})

/** The turns of a loop over items, with the variables that `loop_control` asks for. */
export const turnsOf = (items: readonly PlainValue[], loop: Loop, templar: Templar): Turn[] => {
  const name = loopVariable(loop, templar)
  const evaluated = (value: Value | undefined): PlainValue => (value === undefined ? null : templar.evaluate(value))
  const indexName = evaluated(loop.control.indexVar)
  const extended = evaluated(loop.control.extended) === true
  return items.map((item, index) => ({
    item,
    variables: {
      [name]: item,
      ansible_loop_var: name,
      ...(indexName === null ? {} : { [String(indexName)]: index, ansible_index_var: String(indexName) }),
      ...(extended ? { ansible_loop: extendedVariables(items, index) } : {}),
    },
  }))
}

/** What reports show for an item: the label, or the item itself, cut short. */
export const itemLabel = (loop: Loop, turn: Turn, templar: Templar): string => {
  const label = loop.control.label ? templar.evaluate(loop.control.label.value) : turn.item
  const text = typeof label === 'string' ? label : JSON.stringify(label)
  return text.length > 100 ? `${text.slice(0, 99)}…` : text
}
