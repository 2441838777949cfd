import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const SRC = resolve(import.meta.dirname, '../src')

/** The rooms from the ground up. A file may import from its own room and from rooms with a lower number. */
const LEVEL: Readonly<Record<string, number>> = {
  base: 0,
  text: 1,
  inventory: 2,
  playbook: 3,
  host: 2,
  postgres: 1,
  cluster: 3,
  modules: 4,
  engine: 5,
  report: 1,
  cli: 6,
}

/** Rooms that one would reach by level but must not: who knows whom is more than who is higher. */
const STRANGERS: Readonly<Record<string, readonly string[]>> = {
  playbook: ['host', 'postgres', 'cluster'],
  host: ['postgres', 'inventory', 'playbook'],
  postgres: ['text'],
  cluster: ['inventory', 'playbook'],
  report: ['text', 'inventory', 'playbook', 'postgres'],
  modules: ['engine', 'inventory'],
}

/** The one door of each third-party package. */
const DOORS: Readonly<Record<string, RegExp>> = {
  ssh2: /^host\/ssh\//,
  'ssh-config': /^host\/ssh\/config\//,
  zx: /^host\/shell\//,
  yaml: /^text\/yaml\//,
  commander: /^cli\//,
  pino: /^engine\/journal\.ts$/,
  'log-update': /^report\/terminal\//,
  'p-limit': /^(cli|host)\//,
  diff: /^base\/diff-text\.ts$/,
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesIn(path) : path.endsWith('.ts') ? [path] : []
  })

interface Import {
  readonly from: string
  readonly specifier: string
  readonly target: string | undefined
}

const importsOf = (path: string): Import[] => {
  const text = readFileSync(path, 'utf8')
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)]
  return found.map(([, specifier = '']) => ({
    from: relative(SRC, path),
    specifier,
    target: specifier.startsWith('.') ? relative(SRC, resolve(dirname(path), specifier)) : undefined,
  }))
}

const files = filesIn(SRC)
const imports = files.flatMap(importsOf)
const roomOf = (path: string): string => path.split('/')[0] ?? ''

test('imports only go down the rooms', () => {
  const wrong = imports.flatMap(({ from, target }) => {
    if (target === undefined || target.startsWith('..')) return []
    const [a, b] = [roomOf(from), roomOf(target)]
    if (a === b || from === 'index.ts') return []
    const up = (LEVEL[b] ?? 99) >= (LEVEL[a] ?? -1)
    return up || STRANGERS[a]?.includes(b) ? [`${from} → ${target}`] : []
  })
  expect(wrong).toEqual([])
})

test('modules know nothing of playbooks but the arguments as they were written', () => {
  const wrong = imports.filter(
    ({ from, target }) =>
      roomOf(from) === 'modules' && target?.startsWith('playbook/') && target !== 'playbook/types.ts',
  )
  expect(wrong.map(({ from, target }) => `${from} → ${target}`)).toEqual([])
})

test('a third-party package has one door', () => {
  const wrong = imports.flatMap(({ from, specifier }) => {
    const name = specifier.split('/')[0] ?? ''
    const door = DOORS[name]
    return door && !door.test(from) ? [`${from} imports ${name}`] : []
  })
  expect(wrong).toEqual([])
})

test('no file imports itself in a circle, but for the grammars of templates and playbooks, which are circles', () => {
  const graph = new Map<string, string[]>()
  for (const { from, target } of imports) if (target) graph.set(from, [...(graph.get(from) ?? []), target])
  const types = new Map(files.map((path) => [relative(SRC, path), readFileSync(path, 'utf8')]))
  const isValueImport = (from: string, target: string): boolean => {
    const text = types.get(from) ?? ''
    const name = target.split('/').at(-1) ?? ''
    return new RegExp(`^import (?!type ).*/?${name.replace('.', '\\.')}'`, 'm').test(text)
  }
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (node: string, path: readonly string[]): void => {
    if (path.includes(node)) {
      circles.push([...path.slice(path.indexOf(node)), node].join(' → '))
      return
    }
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) if (isValueImport(node, next)) visit(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) visit(node, [])
  const grammar = /^(text\/template\/\S+( → )?)+$|^(playbook\/\S+( → )?)+$/
  expect(circles.filter((circle) => !grammar.test(circle))).toEqual([])
})

test('no file has more than 400 lines', () => {
  const long = files.flatMap((path) => {
    const lines = readFileSync(path, 'utf8').split('\n').length
    return lines > 400 ? [`${relative(SRC, path)}: ${lines}`] : []
  })
  expect(long).toEqual([])
})

test('only the command line writes to the terminal or ends the process', () => {
  const wrong = files.flatMap((path) => {
    const name = relative(SRC, path)
    if (roomOf(name) === 'cli') return []
    const text = readFileSync(path, 'utf8')
    return /process\.exit\b|console\.\w+\(|process\.(stdout|stderr)\.write/.test(text) ? [name] : []
  })
  expect(wrong).toEqual([])
})

test('every folder of src is a room of this table', () => {
  const rooms = readdirSync(SRC).filter((name) => statSync(join(SRC, name)).isDirectory())
  expect(rooms.filter((room) => !(room in LEVEL))).toEqual([])
})
