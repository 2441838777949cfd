import { describe, expect, it } from 'vitest'
import { Template, type Value } from '../../../src/base/value.ts'
import {
  Lazy,
  LazyMapping,
  omitToken,
  overlay,
  removeOmitted,
  type Scope,
  scopeOf,
  Templar,
} from '../../../src/text/template/index.ts'
import { parseYaml } from '../../../src/text/yaml/parse.ts'
import { toValue } from '../../../src/text/yaml/value.ts'

const template = (text: string): Template => new Template(text, { source: { path: 'case', text }, line: 1, column: 1 })

/** A scope that counts how often each name is asked for. */
const counting = (variables: Record<string, Value>): { scope: Scope; asked: Map<string, number> } => {
  const asked = new Map<string, number>()
  const inner = scopeOf(variables)
  const get = (name: string) => {
    asked.set(name, (asked.get(name) ?? 0) + 1)
    return inner.get(name)
  }
  return { scope: { ...inner, get }, asked }
}

describe('variables', () => {
  it('are evaluated when they are used, and once', () => {
    const { scope, asked } = counting({
      a: template('{{ b }}-{{ b }}'),
      b: template('{{ 1 }}'),
      unused: template('{{ boom }}'),
    })
    const templar = new Templar(scope)
    expect(templar.evaluate(template('{{ a }}{{ a }}'))).toBe('1-11-1')
    expect(Object.fromEntries(asked)).toEqual({ a: 1, b: 1 })
  })

  it('may be computed when they are first used', () => {
    let computed = 0
    const lazy = new Lazy(() => {
      computed++
      return template('{{ 40 + 2 }}')
    })
    const templar = new Templar(scopeOf({ lazy }))
    expect(computed).toBe(0)
    expect(templar.evaluate([template('{{ lazy }}'), template('{{ lazy }}')])).toEqual(['42', '42'])
    expect(computed).toBe(1)
  })

  it('of other hosts are looked at one by one', () => {
    const other = new Templar(scopeOf({ port: template('{{ base + 1 }}'), base: 1, broken: template('{{ nowhere }}') }))
    const hostvars = new LazyMapping({
      get: (name) => (name === 'db1' ? other.variables() : undefined),
      keys: () => ['db1'],
    })
    const templar = new Templar(scopeOf({ hostvars, base: 100 }))
    expect(templar.evaluate(template("{{ hostvars['db1'].port }}"))).toBe('2')
    expect(templar.evaluate(template("{{ hostvars.db1.broken | default('none') }}"))).toBe('none')
    expect(templar.evaluate(template('{{ hostvars.db2.port is defined }}'))).toBe(false)
    expect(templar.evaluate(template("{{ 'db1' in hostvars }} {{ hostvars | list }}"))).toBe("True ['db1']")
    expect(() => templar.evaluate(template('{{ hostvars.db1.broken }}'))).toThrow('"nowhere" is not defined')
  })

  it('of a nearer layer hide those behind', () => {
    const templar = new Templar(overlay({ item: 1 }, scopeOf({ item: 2, x: 3 }, { x: 4, y: 5 })))
    expect(templar.evaluate(template('{{ item }}{{ x }}{{ y }}'))).toBe('135')
  })

  it('without a template are given back as they are', () => {
    const value = { a: [1, 2] }
    expect(new Templar(scopeOf({})).evaluate(value)).toBe(value)
  })
})

describe('numbers', () => {
  const evaluate = (yaml: string) => {
    const variables = toValue(parseYaml({ path: 'vars.yml', text: yaml }) as never) as Record<string, Value>
    return new Templar(scopeOf(variables)).evaluate(variables)
  }

  it('written with a point keep it in a text', () => {
    expect(evaluate('v: 9.0\nsole: "{{ v }}"\ntext: "v{{ v }}"\nsum: "{{ v + 1 }}"\n')).toEqual({
      v: 9,
      sole: 9,
      text: 'v9.0',
      sum: '10.0',
    })
  })

  it('keep every digit of a system identifier', () => {
    expect(evaluate('id: 7301234567890123456\ntext: "{{ id }}"\nnext: "{{ id | int + 1 }}"\n')).toEqual({
      id: '7301234567890123456',
      text: '7301234567890123456',
      next: '7301234567890123457',
    })
  })
})

describe('omit', () => {
  it('takes arguments and items away', () => {
    const templar = new Templar(scopeOf({}))
    const value = templar.evaluate({ mode: template('{{ mode | default(omit) }}'), list: [template('{{ omit }}'), 1] })
    expect(value).toEqual({ mode: omitToken, list: [omitToken, 1] })
    expect(removeOmitted(value)).toEqual({ list: [1] })
    expect(removeOmitted(omitToken)).toBeUndefined()
  })
})

describe('now', () => {
  it('reads the clock that was given', () => {
    const templar = new Templar(scopeOf({}), { now: () => new Date('2026-11-22T09:30:00Z') })
    expect(templar.evaluate(template("{{ now(utc=true, fmt='%Y-%m-%d %H:%M') }}"))).toBe('2026-11-22 09:30')
    expect(templar.evaluate(template("{{ now(true).strftime('%j') }}"))).toBe('326')
  })
})

describe('loopItems', () => {
  it('asks for a list', () => {
    const loop = (value: Value) => () => new Templar(scopeOf({})).loopItems('loop', value, template('x').position)
    expect(loop(['a', template('{{ 1 + 1 }}')])()).toEqual(['a', '2'])
    expect(loop(template("{{ {'a': 1} }}"))).toThrow('a loop needs a list, not a mapping')
    expect(loop('abc')).toThrow('a loop needs a list, not a text')
  })
})
