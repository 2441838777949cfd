import type { Expression, MacroBody, Statement } from '../syntax/ast.ts'
import type { Arguments } from '../values/arguments.ts'
import { Dict } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { Callable } from '../values/instance.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import type { Evaluation } from './evaluation.ts'
import { Frame } from './frame.ts'

type Evaluate = (node: Expression, on: Evaluation) => RuntimeValue
type Render = (body: readonly Statement[], on: Evaluation) => string

/** Makes a macro, or the body of a `{% call %}`, into something that can be called. It sees where it was defined. */
export const makeMacro = (macro: MacroBody, on: Evaluation, evaluate: Evaluate, render: Render): Callable =>
  new Callable(macro.name, (args) =>
    on.world.deeper(() => {
      const frame = new Frame(on.frame)
      const inside = on.within(frame)
      bindParameters(macro, args, frame, (node) => evaluate(node, inside))
      return render(macro.body, inside)
    }),
  )

const bindParameters = (
  macro: MacroBody,
  args: Arguments,
  frame: Frame,
  evaluate: (node: Expression) => RuntimeValue,
): void => {
  const named = new Map(args.named)
  macro.parameters.forEach(({ name, fallback }, index) => {
    const given = index < args.positional.length ? args.positional[index] : named.get(name)
    named.delete(name)
    frame.set(name, given ?? (given === null ? null : fallback ? evaluate(fallback) : missing(macro.name, name)))
  })
  frame.set('caller', named.get('caller') ?? missing(macro.name, 'caller'))
  named.delete('caller')
  const used = new Set(namesIn(macro))
  const varargs = args.positional.slice(macro.parameters.length)
  if (varargs.length > 0 && !used.has('varargs')) throw tooMany(macro, args.positional.length)
  const [unknown] = named.keys()
  if (unknown !== undefined && !used.has('kwargs')) {
    throw fail(`the macro "${macro.name}" has no parameter "${unknown}"`, [], 'template/bad-arguments')
  }
  frame.set('varargs', new Tuple(varargs))
  frame.set('kwargs', new Dict(named))
}

const missing = (macro: string, name: string): Undefined =>
  new Undefined(name, () => ({ message: `the macro "${macro}" was not given "${name}"` }))

const tooMany = (macro: MacroBody, given: number) =>
  fail(
    `the macro "${macro.name}" takes at most ${macro.parameters.length} arguments, not ${given}`,
    [],
    'template/bad-arguments',
  )

/** All names that the body of a macro uses: `varargs` and `kwargs` are taken only by a macro that names them. */
const namesIn = (macro: MacroBody): Iterable<string> => {
  const names: string[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (value !== null && typeof value === 'object') {
      const { type, name } = value as { type?: unknown; name?: unknown }
      if (type === 'name' && typeof name === 'string') names.push(name)
      Object.values(value).forEach(visit)
    }
  }
  visit(macro.body)
  return names
}
