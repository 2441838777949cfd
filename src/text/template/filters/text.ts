import { quote } from '../../../base/quote.ts'
import type { Filter } from '../evaluate/world.ts'
import { formatPercent } from '../python/percent.ts'
import { str } from '../python/text.ts'
import { capitalizeText, splitText, stripText } from '../python/text-functions.ts'
import { Dict } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { flag, textOf, wantNumber, wantText } from './values.ts'

const SAFE_WORD = /^[\w@%+=:,./-]+$/

/** As Python's shlex.quote: left alone what needs no quotes. */
const quoteForShell: Filter = (value) => {
  const text = value === null ? '' : textOf(value)
  return SAFE_WORD.test(text) && !/[^\x20-\x7e]/.test(text) ? text : quoteAlways(text)
}

const quoteAlways = (text: string): string => (text === '' ? "''" : quotePython(text))

const quotePython = (text: string): string => {
  quote(text)
  return `'${text.replaceAll("'", `'"'"'`)}'`
}

const trim: Filter = (value, args) => {
  const [characters = null] = args.bind('chars')
  return stripText(textOf(value), 'both', characters === null ? undefined : textOf(characters))
}

const replace: Filter = (value, args) => {
  const [old, replacement, count = null] = args.bind('old!', 'new!', 'count')
  const parts = textOf(value).split(textOf(old))
  const limit = count === null ? parts.length - 1 : Math.min(Number(count), parts.length - 1)
  const head = parts.slice(0, limit + 1).join(textOf(replacement))
  return [head, ...parts.slice(limit + 1)].join(textOf(old))
}

const split: Filter = (value, args) => {
  const [separator = null, limit = -1] = args.bind('sep', 'maxsplit')
  return splitText(wantText(value, 'what is split'), separator === null ? undefined : textOf(separator), Number(limit))
}

const truncate: Filter = (value, args) => {
  const [length = 255, killWords, end = '...', leeway = 5] = args.bind('length', 'killwords', 'end', 'leeway')
  const text = textOf(value)
  const limit = wantNumber(length, 'the length')
  const tail = textOf(end)
  const slack = leeway === null ? 5 : wantNumber(leeway, 'the leeway')
  if (text.length <= limit + slack) return text
  const cut = text.slice(0, limit - tail.length)
  if (flag(killWords)) return cut + tail
  const space = cut.lastIndexOf(' ')
  return (space < 0 ? cut : cut.slice(0, space)) + tail
}

const indent: Filter = (value, args) => {
  const [width = 4, first, blank] = args.bind('width', 'first', 'blank')
  const margin = typeof width === 'string' ? width : ' '.repeat(wantNumber(width, 'the width'))
  const lines = `${textOf(value)}\n`.split('\n').slice(0, -1)
  const [head = '', ...rest] = lines
  const indented = rest.map((line) => (line === '' && !flag(blank) ? line : margin + line))
  return [flag(first) && (head !== '' || flag(blank)) ? margin + head : head, ...indented].join('\n')
}

const title: Filter = (value) =>
  textOf(value)
    .split(/([-\s({[<]+)/u)
    .map(capitalizeText)
    .join('')

const center: Filter = (value, args) => {
  const [width = 80] = args.bind('width')
  const text = textOf(value)
  const room = wantNumber(width, 'the width') - text.length
  if (room <= 0) return text
  const left = Math.floor(room / 2) + (room % 2 === 1 && wantNumber(width, 'the width') % 2 === 1 ? 1 : 0)
  return ' '.repeat(left) + text + ' '.repeat(room - left)
}

const wordwrap: Filter = (value, args) => {
  const [width = 79, breakLong, separator = null] = args.bind(
    'width',
    'break_long_words',
    'wrapstring',
    'break_on_hyphens',
  )
  const limit = wantNumber(width, 'the width')
  const join = separator === null ? '\n' : textOf(separator)
  return textOf(value)
    .split('\n')
    .map((line) => wrapLine(line, limit, flag(breakLong, true)).join(join))
    .join(join)
}

const wrapLine = (line: string, limit: number, breakLong: boolean): string[] => {
  const lines: string[] = []
  let current = ''
  for (const word of line.match(/\s+|[^\s-]*-+|[^\s-]+/g) ?? []) {
    let piece = word
    if ((current + piece).length > limit && current !== '') {
      lines.push(current.trimEnd())
      current = ''
      if (/^\s/.test(piece)) continue
    }
    while (breakLong && piece.length > limit) {
      lines.push(piece.slice(0, limit))
      piece = piece.slice(limit)
    }
    current += piece
  }
  if (current.trimEnd() !== '' || lines.length === 0) lines.push(current.trimEnd())
  return lines
}

const format: Filter = (value, args) => {
  if (args.named.size > 0 && args.positional.length > 0) {
    throw fail('the filter "format" takes values by place or by name, not both', [], 'template/bad-arguments')
  }
  return formatPercent(textOf(value), args.named.size > 0 ? new Dict(args.named) : new Tuple(args.positional))
}

const escapeHtml: Filter = (value) =>
  textOf(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;')
    .replaceAll("'", '&#39;')

const stripTags: Filter = (value) =>
  textOf(value)
    .replace(/<!--.*?-->|<[^>]*>/gs, '')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ')

const onText =
  (change: (text: string) => RuntimeValue): Filter =>
  (value, args) => {
    args.bind()
    return change(textOf(value))
  }

/** Filters that make or work on texts. */
export const textFilters: Readonly<Record<string, Filter>> = {
  string: (value) => str(value),
  lower: onText((text) => text.toLowerCase()),
  upper: onText((text) => text.toUpperCase()),
  capitalize: onText(capitalizeText),
  title,
  trim,
  replace,
  split,
  truncate,
  indent,
  center,
  wordwrap,
  wordcount: onText((text) => (text.match(/\w+/gu) ?? []).length),
  format,
  quote: quoteForShell,
  escape: escapeHtml,
  e: escapeHtml,
  forceescape: escapeHtml,
  safe: (value) => textOf(value),
  striptags: stripTags,
}
