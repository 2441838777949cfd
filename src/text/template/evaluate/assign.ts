import { itemsOf } from '../python/iterate.ts'
import { kindOf } from '../python/type-name.ts'
import type { Target } from '../syntax/ast.ts'
import { fail } from '../values/fail.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import type { Evaluation } from './evaluation.ts'
import type { Frame } from './frame.ts'
import { Namespace } from './namespace.ts'

/** Puts a value where a target says: a name, several names, an attribute of a namespace. */
export const assign = (target: Target, value: RuntimeValue, frame: Frame, on: Evaluation): void => {
  switch (target.type) {
    case 'name':
      frame.set(target.name, value)
      return
    case 'tuple': {
      const items = on.at(target, () => unpack(value, target.items.length))
      target.items.forEach((part, index) => {
        assign(part, items[index] as RuntimeValue, frame, on)
      })
      return
    }
    case 'namespace':
      on.at(target, () => {
        const object = on.frame.get(target.object)
        if (!(object instanceof Namespace)) {
          throw fail(`"${target.object}" is not a namespace`, [`write {% set ${target.object} = namespace() %} before`])
        }
        object.set(target.attribute, value)
      })
  }
}

const unpack = (value: RuntimeValue, wanted: number): readonly RuntimeValue[] => {
  if (value instanceof Undefined) throw value.toError()
  const items = itemsOf(value)
  if (items.length !== wanted) {
    throw fail(`${kindOf(value)} of ${items.length} cannot be given to ${wanted} names`)
  }
  return items
}
