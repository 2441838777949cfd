import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LifeboatError } from '../../../src/base/errors.ts'
import { Template, type Value } from '../../../src/base/value.ts'
import { scopeOf, Templar, Undefined } from '../../../src/text/template/index.ts'

const place = (text: string) => ({ source: { path: 'case', text }, line: 1, column: 1 })
const template = (text: string): Template => new Template(text, place(text))
const evaluate = (text: string, variables: Record<string, Value> = {}) =>
  new Templar(scopeOf(variables)).evaluate(template(text))

describe('a template', () => {
  it.each([
    "''.constructor",
    '[].constructor',
    '{}.__proto__',
    'd.__proto__',
    "d['__proto__']",
    "d['constructor']",
    'd.toString',
    'd.hasOwnProperty',
    "''['length']",
    '(1).toFixed',
    'range.constructor',
    'range.call',
    'lookup.__globals__',
    'process',
    'globalThis',
  ])('cannot reach what an object inherits: %s', (text) => {
    const value = new Templar(scopeOf({ d: { a: 1 } })).evaluateExpression(text, place(text))
    expect(value).toBeInstanceOf(Undefined)
  })

  it.each(["''.constructor('x')", 'd.hasOwnProperty(1)', "d.a.constructor('return 1')()", 'd.valueOf()'])(
    'cannot call it either: %s',
    (text) => {
      expect(() => evaluate(`{{ ${text} }}`, { d: { a: 1 } })).toThrow(LifeboatError)
    },
  )

  it('keeps a key named __proto__ as any other', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}') as Value
    expect(evaluate('{{ d | combine({"b": 2}) | to_json }}', { d: hostile })).toBe(
      '{"__proto__": {"polluted": true}, "a": 1, "b": 2}',
    )
    expect(JSON.stringify(evaluate('{{ d | combine({"b": 2}) }}', { d: hostile }))).toBe(
      '{"__proto__":{"polluted":true},"a":1,"b":2}',
    )
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('never evaluates what a value holds: only what the user wrote is a template', () => {
    expect(evaluate('{{ fact }}', { fact: '{{ 1 + 1 }}' })).toBe('{{ 1 + 1 }}')
    expect(evaluate('{{ fact }}', { fact: "{{ lookup('pipe', 'id') }}" })).toBe("{{ lookup('pipe', 'id') }}")
  })

  it('runs no lookup out of a condition that a value gave', () => {
    const templar = new Templar(scopeOf({ fact: "lookup('pipe', 'echo 1')" }))
    const text = '{{ fact }}'
    expect(() => templar.condition({ text, position: place(text) })).toThrow(
      expect.objectContaining({ code: 'template/lookup-disabled' }),
    )
  })

  it('changes no list or mapping of a variable', () => {
    const variables = { list: ['a'], d: { inner: ['b'] } }
    const change = '{% set _ = list.append(1) %}{% set _ = d.inner.append(2) %}{% set _ = d.update({"c": 3}) %}'
    expect(evaluate(`${change}{{ list | join }}{{ d | to_json }}`, variables)).toBe('a{"inner": ["b"]}')
    expect(variables).toEqual({ list: ['a'], d: { inner: ['b'] } })
  })

  it('changes what it made itself', () => {
    expect(evaluate('{% set l = [1] %}{% set _ = l.append(2) %}{{ l | join }}')).toBe('12')
    expect(evaluate('{% set d = {} %}{% set _ = d.update({"c": 3}) %}{{ d.c }}!')).toBe('3!')
  })

  it('does not go on without end', () => {
    const cycle = { a: template('{{ b }}'), b: template('x{{ c }}'), c: template('{{ a }}') }
    expect(() => evaluate('{{ a }}', cycle)).toThrow('the variable "a" is defined by itself: a → b → c → a')
    expect(() => evaluate('{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}')).toThrow(
      expect.objectContaining({ code: 'template/too-deep' }),
    )
    expect(() => evaluate('{{ range(10 ** 9) }}')).toThrow('is too long')
    expect(() => evaluate("{{ 'abc' * 10 ** 9 }}")).toThrow('would be longer than')
    expect(() => evaluate(`{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`)).toThrow('nested too deeply')
    expect(() => evaluate(`{{ ${'not '.repeat(50_000)}1 }}`)).toThrow('nested too deeply')
    expect(() => evaluate(`{{ ${'-'.repeat(50_000)}1 }}`)).toThrow('nested too deeply')
  })
})

describe('an undefined value', () => {
  it('looks empty, never true, to whoever takes it for an object', () => {
    const value = new Templar(scopeOf({})).evaluateExpression('missing', place('missing'))
    expect(Object.keys(value as object)).toEqual([])
  })
})

describe('any text', () => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '{%',
    '%}',
    '{#',
    '#}',
    '-',
    '+',
    ' ',
    '\n',
    'x',
    'if',
    'for',
    'in',
    'endif',
    'endfor',
    'set',
    'raw',
    'endraw',
    '|',
    '.',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    "'",
    '"',
    '\\',
    ',',
    ':',
    '=',
    '1',
    'is',
    'not',
    '~',
    '**',
    'é',
    '💥',
  )

  it('gives a text, a value or an error of ours with a place', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        try {
          evaluate(pieces.join(''), { x: [1, 'a'] })
        } catch (error) {
          if (!(error instanceof LifeboatError)) throw error
          expect(error.where).toBeDefined()
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('prints so that it is read back: str() of a list is its literal', () => {
    const leaf = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null))
    fc.assert(
      fc.property(fc.array(fc.oneof(leaf, fc.array(leaf), fc.dictionary(fc.string(), leaf))), (list) => {
        const text = evaluate('{{ "" ~ list }}', { list: list as Value })
        expect(text).toEqual(list)
      }),
      { numRuns: 500 },
    )
  })
})
