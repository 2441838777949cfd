import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { LifeboatError } from '../../../src/base/errors.ts'
import type { YamlNode } from '../../../src/text/yaml/node.ts'
import { parseYaml } from '../../../src/text/yaml/parse.ts'
import { toYaml } from '../../../src/text/yaml/stringify.ts'

type Outcome = { readonly value: unknown } | { readonly error: string }

const read = (name: string) => JSON.parse(readFileSync(new URL(`./golden/${name}`, import.meta.url), 'utf8'))
const cases = read('cases.json') as { scalars: string[]; documents: string[]; texts: string[] }
const golden = read('golden.json') as { scalars: Record<string, Outcome>; documents: Outcome[]; texts: string[] }

/** Where ours differs on purpose, and what it gives there. */
const ON_PURPOSE = new Map<string, unknown>([
  // An integer that a JavaScript number cannot hold keeps its digits as a text.
  ['9223372036854775807', '9223372036854775807'],
  ['12345678901234567890', '12345678901234567890'],
  // Keys are always texts, as they are written.
  ['n: 1\ny: 2\nyes: 3\n', { n: 1, y: 2, yes: 3 }],
  ['1: a\n', { 1: 'a' }],
  // Nobody means a merge by a value of <<, and a tab inside a text is harmless.
  ['a: <<\n', { a: '<<' }],
  ['a: ab\tc\n', { a: 'ab\tc' }],
  // A set has no place among the values of variables.
  ['- !!set {a, b}\n', 'yaml/unknown-tag'],
])

const plain = (node: YamlNode | undefined): unknown => {
  if (node === undefined) return null
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'sequence') return node.items.map(plain)
  return Object.fromEntries(node.entries.map((entry) => [entry.key, plain(entry.value)]))
}

const expected = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(expected)
  if (value === null || typeof value !== 'object') return value
  if ('$float' in value) return Number(String(value.$float).replace('inf', 'Infinity'))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expected(item)]))
}

const ours = (text: string): unknown => {
  try {
    return plain(parseYaml({ path: 'case.yml', text }))
  } catch (error) {
    if (error instanceof LifeboatError) return error.code
    throw error
  }
}

const check = (text: string, outcome: Outcome | undefined): void => {
  const given = ours(text)
  if (ON_PURPOSE.has(text)) expect(given, JSON.stringify(text)).toEqual(ON_PURPOSE.get(text))
  else if (outcome && 'value' in outcome) expect(given, JSON.stringify(text)).toEqual(expected(outcome.value))
  else expect(given, JSON.stringify(text)).toMatch(/^yaml\//)
}

describe('what PyYAML makes of a text', () => {
  it('is what ours makes of a scalar', () => {
    for (const text of cases.scalars) check(text, golden.scalars[text])
  })

  it('is what ours makes of a document', () => {
    for (const [index, text] of cases.documents.entries()) check(text, golden.documents[index])
  })
})

describe('toYaml', () => {
  it('quotes and folds texts as PyYAML does', () => {
    for (const [index, text] of cases.texts.entries()) {
      expect(toYaml({ k: text, l: [text] }), JSON.stringify(text)).toBe(golden.texts[index])
    }
  })
})
