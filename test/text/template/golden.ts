import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LifeboatError } from '../../../src/base/errors.ts'
import { Template, type Variables } from '../../../src/base/value.ts'
import { type RenderOptions, scopeOf, Templar, Undefined } from '../../../src/text/template/index.ts'
import { parseYaml } from '../../../src/text/yaml/parse.ts'
import { toValue } from '../../../src/text/yaml/value.ts'

export const FOLDER = fileURLToPath(new URL('./golden/', import.meta.url))

type FileCase = string | { readonly text: string; readonly options: Readonly<Record<string, string | boolean>> }
type Outcome = { readonly value: unknown } | { readonly error: string }

export interface Cases {
  readonly expressions: readonly string[]
  readonly templates: readonly string[]
  readonly conditions: readonly string[]
  readonly files: readonly FileCase[]
  readonly loops: readonly { readonly kind: string; readonly terms: unknown }[]
}

export interface Golden {
  readonly expressions: Readonly<Record<string, Outcome>>
  readonly templates: Readonly<Record<string, Outcome>>
  readonly conditions: Readonly<Record<string, Outcome>>
  readonly files: readonly Outcome[]
  readonly loops: readonly Outcome[]
}

const read = (name: string): string => readFileSync(`${FOLDER}${name}`, 'utf8')

const readValue = (text: string, path: string) => {
  const node = parseYaml({ path, text })
  return node ? toValue(node) : null
}

export const cases = JSON.parse(read('cases.json')) as Cases
export const golden = JSON.parse(read('golden.json')) as Golden

const { variables } = readValue(read('cases.json'), 'cases.json') as { variables: Variables }

export const templar = (): Templar =>
  new Templar(scopeOf(variables, { omit: 'omitted' }), {
    lookups: { baseDirectories: [FOLDER], env: { LIFEBOAT_GOLDEN: 'from the environment' } },
  })

const place = (text: string) => ({ source: { path: 'case', text }, line: 1, column: 1 })

/** What ours gives, in the form of the golden file. */
const attempt = (run: () => unknown): Outcome => {
  try {
    const value = run()
    return { value: value instanceof Undefined ? { $undefined: true } : value }
  } catch (error) {
    if (error instanceof LifeboatError) return { error: `${error.code}: ${error.message}` }
    throw error
  }
}

export const ours = {
  expression: (text: string) => attempt(() => templar().evaluateExpression(text, place(text))),
  template: (text: string) => attempt(() => templar().evaluate(new Template(text, place(text)))),
  condition: (text: string) => attempt(() => templar().condition({ text, position: place(text) })),
  file: (one: FileCase) => {
    const { text, options } = typeof one === 'string' ? { text: one, options: {} } : one
    const named = Object.entries(options).map(([name, value]) => [
      name.replace(/_(.)/g, (_, l) => l.toUpperCase()),
      value,
    ])
    return attempt(() => templar().renderFile({ path: 'case', text }, Object.fromEntries(named) as RenderOptions))
  },
  loop: (one: { kind: string; terms: unknown }) => {
    const text = JSON.stringify(one.terms)
    return attempt(() => templar().loopItems(one.kind, readValue(text, 'terms'), place(text)))
  },
}

/**
 * Floats stand in the golden file with Python's spelling, to be told from integers; ours are numbers outside. Integers
 * beyond what a number holds exactly leave ours as a text of their digits.
 */
export const plainGolden = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plainGolden)
  if (value === null || typeof value !== 'object') return value
  if ('$integer' in value) return value.$integer
  if ('$float' in value) return Number(String(value.$float).replace('inf', 'Infinity'))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainGolden(item)]))
}
