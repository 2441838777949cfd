import { fail } from '../values/fail.ts'

export interface RegexOptions {
  readonly ignoreCase?: boolean
  readonly multiline?: boolean
  readonly global?: boolean
  /** Only a match at the very beginning counts (Python's `re.match`). */
  readonly sticky?: boolean
}

const compiled = new Map<string, RegExp>()
const MOST = 500

/**
 * Compiles a regular expression of Python's `re` for JavaScript: named groups `(?P<x>…)` and `(?P=x)`, `\A` and `\Z`,
 * inline flags at the beginning or around a group, comments, POSIX-like brackets as Python reads them.
 *
 * @throws template/bad-regex
 */
export const compileRegex = (pattern: string, options: RegexOptions = {}): RegExp => {
  const key = `${options.ignoreCase ?? ''} ${options.multiline ?? ''} ${options.global ?? ''} ${options.sticky ?? ''} ${pattern}`
  const known = compiled.get(key)
  if (known) {
    known.lastIndex = 0
    return known
  }
  const regex = compile(pattern, options)
  if (compiled.size >= MOST) compiled.clear()
  compiled.set(key, regex)
  return regex
}

const compile = (pattern: string, options: RegexOptions): RegExp => {
  const inline = /^\(\?([aiLmsux]+)\)/.exec(pattern)
  const letters = inline?.[1] ?? ''
  const multiline = (options.multiline ?? false) || letters.includes('m')
  const body = pattern.slice(inline?.[0].length ?? 0)
  const source = translate(letters.includes('x') ? withoutBlanks(body) : body, multiline)
  const ignoreCase = (options.ignoreCase ?? false) || letters.includes('i')
  const flags = [
    'u',
    ignoreCase ? 'i' : '',
    letters.includes('s') ? 's' : '',
    options.global ? 'g' : '',
    options.sticky ? 'y' : '',
  ].join('')
  try {
    return new RegExp(source, flags)
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /, '').toLowerCase() : ''
    throw fail(`"${pattern}" is not a regular expression: ${reason}`, [], 'template/bad-regex')
  }
}

const PIECE =
  /\\A|\\Z|\\\d+|\\[bB]|\\x[\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\[\s\S]|\(\?P<(\w+)>|\(\?P=(\w+)\)|\(\?#[^)]*\)|\(\?\(|\(\?[imsx]+(?:-[imsx]+)?:|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\{(?!\d*,?\d*\}|,\d+\})|(?<=^|[|(])\{|[\]}]|\^|\$|\.|[*+?}]\+|[\s\S]/gu

const KEPT_ESCAPES = 'dDwWsStnrfvbB0'
const SYNTAX = '^$\\.*+?()[]{}|/-'

/** Rewrites what Python writes otherwise than JavaScript; the result is for the `u` flag. */
const translate = (pattern: string, multiline: boolean): string =>
  pattern.replace(PIECE, (piece, name?: string, reference?: string) => {
    if (name !== undefined) return `(?<${name}>`
    if (reference !== undefined) return `\\k<${reference}>`
    if (piece.startsWith('(?#')) return ''
    if (piece === '(?(')
      throw fail(`"${pattern}" has a conditional group, which is not supported`, [], 'template/bad-regex')
    if (/^\(\?[imsx-]+:$/.test(piece)) return '(?:'
    if (piece === '\\A') return '(?<![\\s\\S])'
    if (piece === '\\Z') return '(?![\\s\\S])'
    if (piece === '^') return multiline ? '(?<=(?<![\\s\\S])|\\n)' : '(?<![\\s\\S])'
    if (piece === '$') return multiline ? '(?=\\n|(?![\\s\\S]))' : '(?=\\n?(?![\\s\\S]))'
    if (piece === '.') return piece
    if (piece === ']' || piece === '}' || piece === '{') return `\\${piece}`
    if (/^[*+?]\+$/.test(piece)) return piece.slice(0, 1)
    if (piece.startsWith('[') && piece.length > 1) return characterClass(piece)
    return piece.startsWith('\\') ? escapeOf(piece) : piece
  })

const escapeOf = (piece: string): string => {
  const letter = piece.slice(1)
  if (/^(?:[1-9]\d?|x[\da-fA-F]{2}|u[\da-fA-F]{4})$/.test(letter)) return piece
  if (letter === 'a') return '\\x07'
  if (/^\d+$/.test(letter)) return `\\x${Number.parseInt(letter, 8).toString(16).padStart(2, '0')}`
  if (KEPT_ESCAPES.includes(letter) || SYNTAX.includes(letter)) return letter === '-' ? '-' : piece
  return letter
}

const characterClass = (text: string): string => {
  const [, negated = '', first = '', rest = ''] = /^\[(\^?)(\]?)([\s\S]*)\]$/u.exec(text) ?? []
  const inside = rest.replace(/\\([\s\S])|[[\]^]|[-&]{2}/gu, (piece, escaped?: string) => {
    if (escaped === undefined) return Array.from(piece, (one) => `\\${one === '&' ? 'x26' : one}`).join('')
    if (escaped === 'a') return '\\x07'
    return 'dDwWsStnrfvbxu0'.includes(escaped) || SYNTAX.includes(escaped) ? piece : escaped
  })
  const hyphen = inside.replace(/(\\[dDwWsS])-(?!$)/g, '$1\\-')
  return `[${negated}${first ? '\\]' : ''}${hyphen}]`
}

const withoutBlanks = (pattern: string): string =>
  pattern.replace(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\s+|#.*$/gm, (piece) => (/^[\s#]/.test(piece) ? '' : piece))

/** Fills a replacement of Python's (`\1`, `\g<name>`, `\n`) with what a match found. */
export const expandReplacement = (replacement: string, match: RegExpMatchArray): string =>
  replacement.replace(
    /\\(?:g<(\w+)>|(\d{1,2})|([\s\S]))/g,
    (whole, group?: string, digits?: string, letter?: string) => {
      const name = group ?? digits
      if (name === undefined) return LETTERS[letter ?? ''] ?? (/[a-zA-Z]/.test(letter ?? '') ? badEscape(whole) : whole)
      if (/^\d+$/.test(name)) {
        if (Number(name) >= match.length) throw fail(`the replacement names the group ${name}, which the pattern lacks`)
        return match[Number(name)] ?? ''
      }
      if (!match.groups || !Object.hasOwn(match.groups, name)) {
        throw fail(`the replacement names the group "${name}", which the pattern lacks`)
      }
      return match.groups[name] ?? ''
    },
  )

const LETTERS: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  f: '\f',
  v: '\v',
  a: '\x07',
  b: '\b',
  '\\': '\\',
}

const badEscape = (piece: string): string => {
  throw fail(`the replacement has an unknown escape ${piece}`, [], 'template/bad-regex')
}

/** Python's re.escape: a text as a pattern that matches just it. */
export const escapeRegex = (text: string): string =>
  text.replace(/[\s()[\]{}?*+\-|^$\\.&~#]/g, (character) => `\\${character}`)
