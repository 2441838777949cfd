import { itemsOf } from '../python/iterate.ts'
import { str } from '../python/text.ts'
import type { Statement, StatementOf } from '../syntax/ast.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { assign } from './assign.ts'
import { callValue } from './call.ts'
import type { Evaluation } from './evaluation.ts'
import { evaluate, evaluateArguments, evaluateFilterChain, evaluateTruth } from './expression.ts'
import { Frame } from './frame.ts'
import { importNames, importTemplate, includeTemplate } from './include.ts'
import { Loop } from './loop.ts'
import { makeMacro } from './macro.ts'

type Signal = 'break' | 'continue' | undefined

/** Runs statements and gives what they print. */
export const render = (body: readonly Statement[], on: Evaluation): string => {
  const out: string[] = []
  run(body, on, out)
  return out.join('')
}

const run = (body: readonly Statement[], on: Evaluation, out: string[]): Signal => {
  for (const statement of body) {
    const signal = runOne(statement, on, out)
    if (signal) return signal
  }
  return undefined
}

const runOne = (statement: Statement, on: Evaluation, out: string[]): Signal => {
  switch (statement.type) {
    case 'data':
      out.push(statement.text)
      return undefined
    case 'output': {
      const value = evaluate(statement.expression, on)
      out.push(on.at(statement.expression, () => printed(value)))
      return undefined
    }
    case 'if': {
      const branch = statement.branches.find(({ condition }) => evaluateTruth(condition, on))
      return run(branch ? branch.body : statement.otherwise, on, out)
    }
    case 'for':
      return runFor(statement, on, out)
    case 'set':
      assign(statement.target, evaluate(statement.value, on), on.frame, on)
      return undefined
    case 'setBlock': {
      const text = render(statement.body, on.within(new Frame(on.frame)))
      const value = statement.filters ? evaluateFilterChain(statement.filters, text, on) : text
      assign(statement.target, value, on.frame, on)
      return undefined
    }
    case 'do':
      evaluate(statement.expression, on)
      return undefined
    case 'macro':
      on.frame.set(statement.name, makeMacro(statement, on, evaluate, render))
      return undefined
    case 'call':
      out.push(runCall(statement, on))
      return undefined
    case 'filterBlock': {
      const text = render(statement.body, on.within(new Frame(on.frame)))
      out.push(printed(evaluateFilterChain(statement.filters, text, on)))
      return undefined
    }
    case 'with': {
      const frame = new Frame(on.frame)
      for (const [target, value] of statement.bindings) assign(target, evaluate(value, on), frame, on)
      return run(statement.body, on.within(frame), out)
    }
    case 'include':
      out.push(includeTemplate(statement, evaluate(statement.template, on), on, render))
      return undefined
    case 'import':
      on.frame.set(statement.name, importTemplate(statement, evaluate(statement.template, on), on, render))
      return undefined
    case 'fromImport':
      importNames(statement, importTemplate(statement, evaluate(statement.template, on), on, render), on)
      return undefined
    default:
      return statement.type
  }
}

/** What an output prints: nothing for None, as Ansible has it; Python's str() for the rest. */
export const printed = (value: RuntimeValue): string => (value === null ? '' : str(value))

const runCall = (statement: StatementOf<'call'>, on: Evaluation): string => {
  const caller = makeMacro(statement, on, evaluate, render)
  const args = (owner: string) => {
    const made = evaluateArguments(statement.call.args, owner, on)
    return made.with('caller', caller)
  }
  return printed(callValue(statement.call, args, on, (part) => evaluate(part, on)))
}

const runFor = (statement: StatementOf<'for'>, on: Evaluation, out: string[]): Signal => {
  const value = evaluate(statement.items, on)
  const items = on.at(statement.items, () => {
    if (value instanceof Undefined) throw value.toError()
    return itemsOf(value)
  })
  runRounds(statement, items, 1, on, out)
  return undefined
}

const runRounds = (
  statement: StatementOf<'for'>,
  all: readonly RuntimeValue[],
  depth: number,
  on: Evaluation,
  out: string[],
): void => {
  const items = statement.filter ? all.filter((item) => passes(statement, item, on)) : all
  if (items.length === 0) {
    run(statement.otherwise, on, out)
    return
  }
  const recurse = (inner: readonly RuntimeValue[]): string =>
    on.world.deeper(() => {
      const text: string[] = []
      runRounds(statement, inner, depth + 1, on, text)
      return text.join('')
    })
  const loop = new Loop(items, depth, statement.recursive ? recurse : undefined)
  for (const item of items) {
    loop.advance()
    const frame = new Frame(on.frame)
    frame.set('loop', loop)
    assign(statement.target, item, frame, on)
    if (run(statement.body, on.within(frame), out) === 'break') return
  }
}

const passes = (statement: StatementOf<'for'>, item: RuntimeValue, on: Evaluation): boolean => {
  const frame = new Frame(on.frame)
  assign(statement.target, item, frame, on)
  return !statement.filter || evaluateTruth(statement.filter, on.within(frame))
}
