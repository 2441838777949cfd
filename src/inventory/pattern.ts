import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'

/** One part of a host pattern. `web:&db:!old` has three of them. */
export interface PatternPart {
  readonly mode: 'add' | 'keep' | 'drop'
  /** The part as written, without `&` and `!`. */
  readonly text: string
}

/**
 * Splits a host pattern at its commas, spaces or colons; colons inside brackets and those of an IPv6 address divide
 * nothing.
 */
export const splitPattern = (pattern: string): PatternPart[] => {
  const pieces = pattern.includes(',') ? pattern.split(',') : splitAtColons(pattern)
  return pieces
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
    .map(readPart)
}

const readPart = (text: string): PatternPart => {
  if (text.startsWith('!')) return { mode: 'drop', text: text.slice(1) }
  if (text.startsWith('&')) return { mode: 'keep', text: text.slice(1) }
  return { mode: 'add', text }
}

/** Eight groups, or fewer with `::` among them; `a:b:c` are three names. */
const isIpv6 = (text: string): boolean =>
  /^[0-9A-Fa-f:]+$/.test(text) && (text.includes('::') || text.split(':').length === 8)

const splitAtColons = (pattern: string): string[] => {
  const text = pattern.trim()
  if (isIpv6(text.replace(/^[!&]/, ''))) return [text]
  return text.match(/(?:[^\s:[]|\[[^\]]*\]|\[)+/g) ?? []
}

/** A part taken apart: what names are matched against, and which of the hosts found are taken. */
export interface Matcher {
  readonly matches: (name: string) => boolean
  /** Whether the part can only mean one name. */
  readonly exact: boolean
  /** First and last index, both inclusive; a last one of undefined means up to the end. */
  readonly slice?: { readonly first: number; readonly last: number | undefined }
}

/**
 * Reads a part: a name, a glob (`db*`, `db?`, `w[0-3]*`), `~` and a regular expression; `[0]`, `[-1]`, `[1:3]`, `[2:]`
 * behind it take some of what it finds.
 *
 * @throws inventory/bad-pattern
 */
export const readMatcher = (text: string, where?: Position): Matcher => {
  if (text.startsWith('~')) return { matches: matcherOf(text.slice(1), text, where), exact: false }
  const subscript = /^(.+)\[(?:(-?\d+)|(\d+)([:-])(\d*))\]$/.exec(text)
  if (subscript?.[1] && subscript[4] !== '-') {
    const single = subscript[2] === undefined ? undefined : Number(subscript[2])
    const first = single ?? Number(subscript[3])
    const last = single ?? (subscript[5] ? Number(subscript[5]) : undefined)
    return { ...readName(subscript[1]), slice: { first, last } }
  }
  if (subscript?.[1]) {
    throw new LifeboatError('inventory/bad-pattern', `the host pattern "${text}" has a subscript with a dash`, {
      where,
      hints: [`write ${subscript[1]}[${subscript[3]}:${subscript[5]}], both ends are taken`],
    })
  }
  return readName(text)
}

const readName = (text: string): Matcher => {
  if (text === 'all' || text === '*') return { matches: (name) => name === 'all', exact: true }
  if (!/[*?[]/.test(text)) return { matches: (name) => name === text, exact: true }
  const glob = globOf(text)
  return { matches: (name) => glob.test(name), exact: false }
}

const matcherOf = (expression: string, text: string, where?: Position): ((name: string) => boolean) => {
  try {
    const regex = new RegExp(`^(?:${expression})`)
    return (name) => regex.test(name)
  } catch (cause) {
    throw new LifeboatError('inventory/bad-pattern', `"${text}" is not a regular expression`, { where, cause })
  }
}

const globOf = (glob: string): RegExp => {
  const source = glob.replaceAll(
    /\[(!?)([^\]]+)\]|[\s\S]/g,
    (piece, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${not ? '^' : ''}${set.replaceAll(/[\\\]^]/g, '\\$&')}]`
      if (piece === '*') return '.*'
      return piece === '?' ? '.' : piece.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    },
  )
  return new RegExp(`^${source}$`)
}
