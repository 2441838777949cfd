import { describe, expect, it } from 'vitest'
import type { PlainValue } from '../../../src/base/value.ts'
import { parseArguments } from '../../../src/modules/arguments.ts'
import type { ControlResult, Module } from '../../../src/modules/contract.ts'
import assertModule from '../../../src/modules/flow/assert.ts'
import debug from '../../../src/modules/flow/debug.ts'
import fail from '../../../src/modules/flow/fail.ts'
import meta from '../../../src/modules/flow/meta.ts'
import setFact from '../../../src/modules/flow/set_fact.ts'

/** Expressions of these tests are names, or a comparison of a name with a number. */
const evaluate = (variables: Record<string, unknown>) => (expression: string) => {
  const [name = '', wanted] = expression.split(' == ')
  if (!(name in variables)) throw new Error(`"${name}" is undefined`)
  return wanted === undefined ? variables[name] : variables[name] === Number(wanted)
}

const decide = (
  module: Extract<Module, { kind: 'control' }>,
  params: Record<string, PlainValue>,
  { variables = {}, verbosity = 0 }: { variables?: Record<string, unknown>; verbosity?: number } = {},
): ControlResult =>
  module.decide(
    { host: 'db1', checkMode: false, verbosity, evaluate: evaluate(variables) },
    parseArguments('module', module, params),
  )

describe('debug', () => {
  it('shows a message of any kind', () => {
    expect(decide(debug, {})).toEqual({ fields: { msg: 'Hello world!' } })
    expect(decide(debug, { msg: { a: [1] } })).toEqual({ fields: { msg: { a: [1] } } })
  })

  it('shows a value under its name', () => {
    expect(decide(debug, { var: 'x' }, { variables: { x: [1, 2] } })).toEqual({ fields: { x: [1, 2] } })
    expect(decide(debug, { var: 'y' })).toEqual({ fields: { y: 'VARIABLE IS NOT DEFINED!' } })
  })

  it('waits for the verbosity', () => {
    expect(decide(debug, { msg: 'x', verbosity: 2 }, { verbosity: 1 })).toMatchObject({ skipped: true })
    expect(decide(debug, { msg: 'x', verbosity: 2 }, { verbosity: 2 })).toEqual({ fields: { msg: 'x' } })
  })

  it('refuses msg and var together', () => {
    expect(() => decide(debug, { msg: 'x', var: 'y' })).toThrow('module: "msg" and "var" exclude each other')
  })
})

describe('assert', () => {
  it('passes when all are true', () => {
    expect(decide(assertModule, { that: ['x == 1', true] }, { variables: { x: 1 } })).toEqual({
      msg: 'All assertions passed',
    })
    expect(decide(assertModule, { that: 'x', quiet: 'yes' }, { variables: { x: [0] } })).toEqual({})
  })

  it('names the assertion that fails and the values in it', () => {
    expect(decide(assertModule, { that: ['x', 'x == 2'] }, { variables: { x: 1 } })).toEqual({
      failed: true,
      msg: 'assertion failed: x == 2 (x is 1)',
      fields: { assertion: 'x == 2', evaluated_to: false, values: { x: 1 } },
    })
  })

  it('takes empty lists and texts as false, and says the message given', () => {
    const failed = decide(assertModule, { that: 'x', msg: ['first', 'second'] }, { variables: { x: [] } })
    expect(failed).toMatchObject({ failed: true, msg: 'first\nsecond' })
  })
})

describe('set_fact', () => {
  it('sets every parameter, words of truth as booleans', () => {
    const facts = { a: [1, { b: null }], on: true, text: '1' }
    expect(decide(setFact, { a: [1, { b: null }], on: 'yes', text: '1', cacheable: 'no' })).toEqual({
      facts,
      fields: { ansible_facts: facts },
    })
  })

  it('refuses what is no name, and nothing at all', () => {
    expect(() => decide(setFact, { 'a-b': 1 })).toThrow('"a-b" of module is not a name for a variable')
    expect(() => decide(setFact, { cacheable: true })).toThrow('module: no variable given')
  })
})

it('fail fails', () => {
  expect(decide(fail, { msg: 'no' })).toEqual({ failed: true, msg: 'no' })
})

it('meta hands on what to do', () => {
  expect(decide(meta, { free_form: 'flush_handlers' })).toEqual({ fields: { free_form: 'flush_handlers' } })
  expect(() => decide(meta, { free_form: 'flush_handler' })).toThrow(/must be one of flush_handlers, noop/)
})
