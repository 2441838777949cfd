import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TRAPS } from './trap-list.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const testFiles = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? testFiles(path) : path.endsWith('.test.ts') ? [path] : []
  })

interface TrapTest {
  readonly traps: readonly string[]
  readonly title: string
  readonly path: string
}

/** Tests whose title begins with the numbers of traps: `A5, R16: what it shows`. */
const trapTests = (): TrapTest[] =>
  testFiles('test').flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    const titles = [...text.matchAll(/(['"`])((?:[ABRD]\d+)(?:, [ABRD]\d+)*): ((?:(?!\1).)+)\1/g)]
    return titles.map(([, , numbers = '', title = '']) => ({ traps: numbers.split(', '), title, path }))
  })

const KINDS: readonly (readonly [string, string])[] = [
  ['A', 'Archiving'],
  ['B', 'Base backup'],
  ['R', 'Restore and recovery'],
  ['D', 'A copy beside production'],
]

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** The table of traps, each with the tests that carry its number. */
export const trapsPage = (): string => {
  const tests = trapTests()
  const rowOf = (number: string): string => {
    const own = tests.filter(({ traps }) => traps.includes(number))
    const shown = own.map(({ title, path }) => `${cell(title)} ([${path.replace(/^.*\//, '')}](../${path}))`)
    return `| ${number} | ${cell(TRAPS[number] ?? '')} | ${shown.join('<br>') || '–'} |`
  }
  const sections = KINDS.map(([letter, title]) => {
    const numbers = Object.keys(TRAPS).filter((number) => number.startsWith(letter))
    return [
      `## ${title}`,
      '',
      '| trap | what happens | tests |',
      '| --- | --- | --- |',
      ...numbers.map(rowOf),
      '',
    ].join('\n')
  })
  const head = [
    '# Traps',
    '',
    'What PostgreSQL and the tools around it do that loses data, by the numbers that code and tests refer to, each with',
    'the tests that show how it is handled. `.hosts` and `.processes` tests run on real PostgreSQL.',
    '',
  ]
  return [...head, ...sections].join('\n')
}
