import { LifeboatError } from '../../base/errors.ts'
import { didYouMean } from '../../base/nearest.ts'
import type { Position, Source } from '../../base/position.ts'
import type { Value } from '../../base/value.ts'
import type { InventoryDraft } from '../draft.ts'
import { readHostNames } from '../host-names.ts'
import { readPythonLiteral } from '../python-literal.ts'
import { splitShellWords } from '../shell-words.ts'

const KINDS = ['hosts', 'children', 'vars'] as const
type Kind = (typeof KINDS)[number]

interface Line {
  readonly text: string
  readonly where: Position
}

/** A group that a section speaks of before any section has defined it. */
interface Pending {
  readonly where: Position
  readonly message: string
}

/**
 * Reads an INI inventory as Ansible's plugin does: hosts in `[group]`, groups in `[group:children]`, `key=value` in
 * `[group:vars]`; lines before the first section are ungrouped hosts. Values are typed as Python literals.
 *
 * @throws inventory/bad-section, inventory/bad-line, inventory/unknown-group, inventory/group-loop,
 * inventory/bad-range, inventory/bad-host
 */
export const readIni = (draft: InventoryDraft, source: Source): void => {
  const defined = new Set(draft.groups.keys())
  const pending = new Map<string, Pending>()
  let group = 'ungrouped'
  let kind: Kind = 'hosts'
  for (const line of significantLines(source)) {
    if (line.text.startsWith('[') && !/^\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]/.test(line.text)) {
      ;({ group, kind } = readSection(line))
      if (kind === 'vars') {
        if (!defined.has(group)) pending.set(group, { where: line.where, message: `[${group}:vars]` })
      } else {
        defined.add(group)
        draft.addGroup(group)
      }
    } else if (kind === 'hosts') {
      readHostLine(draft, group, line)
    } else if (kind === 'vars') {
      readVariableLine(draft, group, line)
    } else {
      const child = readChildLine(line)
      if (!defined.has(child)) pending.set(child, { where: line.where, message: `[${group}:children]` })
      draft.addChild(group, child, line.where)
    }
  }
  for (const [name, { where, message }] of pending) {
    if (!defined.has(name)) throw unknownGroup(name, message, where, defined)
  }
}

const significantLines = (source: Source): Line[] =>
  source.text.split('\n').flatMap((whole, index) => {
    const text = whole.trim()
    if (text === '' || text.startsWith('#') || text.startsWith(';')) return []
    const column = whole.length - whole.trimStart().length + 1
    return [{ text, where: { source, line: index + 1, column, length: text.length } }]
  })

const readSection = (line: Line): { group: string; kind: Kind } => {
  const match = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line.text)
  if (!match?.[1]) {
    throw new LifeboatError('inventory/bad-section', `"${line.text}" is not the name of a section`, {
      where: line.where,
      hints: ['sections are [group], [group:children] and [group:vars]'],
    })
  }
  const word = match[2] ?? 'hosts'
  const kind = KINDS.find((known) => known === word)
  if (!kind) {
    throw new LifeboatError('inventory/bad-section', `a section cannot be of the kind "${word}"`, {
      where: line.where,
      hints: [...didYouMean(word, KINDS), 'sections are [group], [group:children] and [group:vars]'],
    })
  }
  return { group: match[1], kind }
}

const readHostLine = (draft: InventoryDraft, group: string, line: Line): void => {
  const words = splitShellWords(line.text)
  if (!words) throw badLine('a quote is not closed', line.where)
  const [first, ...rest] = words
  if (!first) return
  if (first.text === '---') {
    throw badLine('"---" is not a host', line.where, ['if this is YAML, give the file the ending .yml'])
  }
  const { names, port } = readHostNames(first.text, part(line, first.offset, first.text.length))
  const vars: Record<string, Value> = port === undefined ? {} : { ansible_port: port }
  for (const word of rest) {
    const equals = word.text.indexOf('=')
    const where = part(line, word.offset, word.text.length)
    if (equals < 0) {
      throw badLine(`"${word.text}" is not of the form key=value`, where, [
        'quote a value that has spaces: key="a b", or key=\'[1, 2]\'',
      ])
    }
    const value = word.text.slice(equals + 1)
    const begin = word.offset + equals + 1
    const inQuotes = /["']/.test(line.text.charAt(begin))
    const name = word.text.slice(0, equals)
    vars[name] = readPythonLiteral(value, part(line, begin + (inQuotes ? 1 : 0), value.length))
  }
  for (const name of names) draft.addHost(name, group, vars)
}

const readVariableLine = (draft: InventoryDraft, group: string, line: Line): void => {
  const equals = line.text.indexOf('=')
  if (equals < 0) throw badLine(`"${line.text}" is not of the form key=value`, line.where)
  const value = line.text.slice(equals + 1).trim()
  const where = part(line, line.text.length - value.length, value.length)
  const name = line.text.slice(0, equals).trim()
  draft.setGroupVariable(group, name, readPythonLiteral(value, where), where)
}

const readChildLine = (line: Line): string => {
  const match = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line.text)
  if (!match?.[1]) throw badLine(`"${line.text}" is not the name of a group`, line.where)
  return match[1]
}

const part = (line: Line, offset: number, length: number): Position => ({
  ...line.where,
  column: line.where.column + offset,
  length: Math.max(1, length),
})

const badLine = (message: string, where: Position, hints: readonly string[] = []): LifeboatError =>
  new LifeboatError('inventory/bad-line', message, { where, hints })

const unknownGroup = (name: string, section: string, where: Position, known: Iterable<string>): LifeboatError =>
  new LifeboatError('inventory/unknown-group', `${section} names the group "${name}", which is not defined`, {
    where,
    hints: [...didYouMean(name, known), `a section [${name}], even an empty one, defines the group`],
  })
