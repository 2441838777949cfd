import { LifeboatError } from '../base/errors.ts'
import { quoteConfValue, unquoteConfValue } from './conf-value.ts'

/** One active line of a configuration file. */
export interface ConfLine {
  /** `include`, `include_if_exists` and `include_dir` pull in other files. */
  readonly kind: 'setting' | 'include' | 'include_if_exists' | 'include_dir'
  /** As written; PostgreSQL ignores the case. The directive's own name where it is one. */
  readonly name: string
  /** Without quotes and escapes. */
  readonly value: string
  /** From 1. */
  readonly line: number
}

const NAME = String.raw`[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*`
const LINE = new RegExp(
  String.raw`^\s*(${NAME}(?:\.${NAME})*)(?:\s*=\s*|\s+|(?='))('(?:[^'\\\n]|\\.|'')*'|[^\s'#=]+)\s*(?:#.*)?$`,
  'u',
)

/**
 * Reads a file in the syntax of postgresql.conf: `name = value`, the equals sign optional, values in single quotes
 * with doubled quotes and backslash escapes, comments from `#`, include directives (manual: Setting Parameters).
 *
 * @throws postgres/bad-conf for a line that PostgreSQL could not read either
 */
export const parseConf = (text: string, path = 'postgresql.conf'): ConfLine[] => {
  const lines: ConfLine[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue
    const match = LINE.exec(line)
    if (!match) {
      throw new LifeboatError('postgres/bad-conf', `${path} line ${index + 1} is not a setting: ${line.trim()}`)
    }
    const name = match[1] ?? ''
    lines.push({ kind: kindOf(name), name, value: unquoteConfValue(match[2] ?? ''), line: index + 1 })
  }
  return lines
}

/** The values that are in force in this one file: of several lines with a name the last one counts. Names in lower case. */
export const confValues = (lines: readonly ConfLine[]): ReadonlyMap<string, string> =>
  new Map(lines.filter((line) => line.kind === 'setting').map((line) => [line.name.toLowerCase(), line.value]))

/**
 * Gives the text with `name` set: the last active line of that name is replaced, else a line is added at the end.
 * Everything else, comments too, stays as it is.
 */
export const setConfValue = (text: string, name: string, value: string, path?: string): string => {
  const line = `${name} = ${quoteConfValue(value)}`
  const last = linesOf(text, name, path).at(-1)
  if (last === undefined) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`
  return text
    .split('\n')
    .map((old, index) => (index === last - 1 ? line + commentOf(old) : old))
    .join('\n')
}

/** Gives the text without any active line of that name. */
export const removeConfValue = (text: string, name: string, path?: string): string => {
  const gone = new Set(linesOf(text, name, path))
  return text
    .split('\n')
    .filter((_, index) => !gone.has(index + 1))
    .join('\n')
}

const kindOf = (name: string): ConfLine['kind'] => {
  const lower = name.toLowerCase()
  return lower === 'include' || lower === 'include_if_exists' || lower === 'include_dir' ? lower : 'setting'
}

const linesOf = (text: string, name: string, path?: string): number[] =>
  parseConf(text, path)
    .filter((line) => line.kind === 'setting' && line.name.toLowerCase() === name.toLowerCase())
    .map((line) => line.line)

const commentOf = (line: string): string => {
  const match = /^(?:[^'#]|'(?:[^'\\]|\\.|'')*')*(\s*#.*?)\r?$/.exec(line)
  return match?.[1] ? `\t${match[1].trim()}` : ''
}
