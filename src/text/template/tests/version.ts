import type { Test } from '../evaluate/world.ts'
import { str } from '../python/text.ts'
import { fail } from '../values/fail.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'

type Part = number | string
type ReadVersion = (text: string) => readonly Part[]

/** Numbers and runs of letters in turn; dots only part them: what Python's LooseVersion sees. */
const readLoose: ReadVersion = (text) =>
  (text.match(/\d+|[a-z]+|[^a-z\d.]+/g) ?? []).map((part) => (/^\d/.test(part) ? Number(part) : part))

const readStrict: ReadVersion = (text) => {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?$/.exec(text)
  if (!match) throw badVersion(text, 'strict', ['its form is 1.2, 1.2.3 or 1.2a3'])
  const [, major, minor, patch = '0', stage = 'z', number = '0'] = match
  return [Number(major), Number(minor), Number(patch), stage, Number(number)]
}

const readSemantic: ReadVersion = (text) => {
  const match = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([\dA-Za-z.-]+))?(?:\+[\dA-Za-z.-]+)?$/.exec(text)
  if (!match) throw badVersion(text, 'semver', ['its form is 1.2.3, 1.2.3-rc.1 or 1.2.3+build'])
  const [, major, minor, patch, stage] = match
  const stages =
    stage === undefined ? ['\uffff'] : stage.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  return [Number(major), Number(minor), Number(patch), ...stages]
}

const badVersion = (text: string, type: string, hints: readonly string[]) =>
  fail(`"${text}" is not a version of the type ${type}`, hints)

const comparePart = (a: Part, b: Part, semantic: boolean): number => {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0
  if (semantic) return a === '\uffff' || (typeof a === 'string' && b !== '\uffff') ? 1 : -1
  throw fail(`the versions cannot be compared: ${JSON.stringify(a)} against ${JSON.stringify(b)}`)
}

const compareVersions = (a: readonly Part[], b: readonly Part[], semantic: boolean): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = comparePart(a[i] as Part, b[i] as Part, semantic)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

const READERS: ReadonlyMap<string, ReadVersion> = new Map([
  ['loose', readLoose],
  ['strict', readStrict],
  ['semver', readSemantic],
  ['semantic', readSemantic],
])

const OPERATORS: ReadonlyMap<string, (order: number) => boolean> = new Map(
  (
    [
      ['== = eq', (order) => order === 0],
      ['!= <> ne', (order) => order !== 0],
      ['< lt', (order) => order < 0],
      ['<= le', (order) => order <= 0],
      ['> gt', (order) => order > 0],
      ['>= ge', (order) => order >= 0],
    ] as [string, (order: number) => boolean][]
  ).flatMap(([names, holds]) => names.split(' ').map((name) => [name, holds] as const)),
)

/** `is version('15', '>=')`: versions as Python's LooseVersion compares them, unless strict or a type is asked for. */
export const version: Test = (value, args) => {
  const [other, operator = 'eq', strict = null, type = null] = args.bind(
    'version!',
    'operator',
    'strict',
    'version_type',
  )
  if (strict !== null && type !== null) throw fail('give either strict or version_type, not both')
  const typeName = type !== null ? str(type) : strict === true ? 'strict' : 'loose'
  const read = READERS.get(typeName)
  if (!read) throw fail(`there is no version_type "${typeName}"`, [`known: ${[...READERS.keys()].join(', ')}`])
  const holds = OPERATORS.get(str(operator))
  if (!holds) throw fail(`"${str(operator)}" does not compare versions`, ['known: ==, !=, <, <=, >, >='])
  const [a, b] = [versionText(value), versionText(other as RuntimeValue)]
  return holds(compareVersions(read(a), read(b), typeName.startsWith('sem')))
}

const versionText = (value: RuntimeValue): string => {
  if (value instanceof Undefined) throw value.toError()
  const text = str(value)
  if (text === '') throw fail('a version cannot be an empty text')
  return text
}
