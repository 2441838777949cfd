import { accessForFormat } from '../evaluate/access.ts'
import { formatBraces } from '../python/brace-format.ts'
import { itemsOf } from '../python/iterate.ts'
import { align } from '../python/number-format.ts'
import { repr } from '../python/text.ts'
import { capitalizeText, splitLines, splitText, stripText, swapCase, titleText } from '../python/text-functions.ts'
import { isTrue } from '../python/truth.ts'
import { kindOf } from '../python/type-name.ts'
import { Dict } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import type { Method } from './types.ts'

const text = (value: RuntimeValue | undefined, what = 'the argument'): string => {
  if (typeof value === 'string') return value
  throw fail(`${what} must be a text, not ${kindOf(value ?? null)}`)
}

const optional = (value: RuntimeValue | undefined): string | undefined =>
  value === undefined || value === null ? undefined : text(value)

const strip =
  (side: 'left' | 'right' | 'both'): Method =>
  (self, args) =>
    stripText(text(self), side, optional(args.bind('characters')[0]))

const split =
  (fromRight: boolean): Method =>
  (self, args) => {
    const [separator, limit = -1] = args.bind('sep', 'maxsplit')
    return splitText(text(self), optional(separator), Number(limit), fromRight)
  }

const pad =
  (side: '<' | '>' | '^'): Method =>
  (self, args) => {
    const [width, fill = ' '] = args.bind('width!', 'fillchar')
    return align(text(self), { width: Number(width), fill: text(fill), align: side })
  }

/** `startswith` and `endswith`: one text or a tuple of them, within bounds. */
const affix =
  (matches: (part: string, affix: string) => boolean): Method =>
  (self, args) => {
    const [wanted, start = 0, end = null] = args.bind('affix!', 'start', 'end')
    const part = text(self).slice(Number(start), end === null ? undefined : Number(end))
    const affixes = typeof wanted === 'string' ? [wanted] : itemsOf(wanted as RuntimeValue).map((one) => text(one))
    return affixes.some((one) => matches(part, one))
  }

const search =
  (last: boolean, mustFind: boolean): Method =>
  (self, args) => {
    const [wanted, start = 0, end = null] = args.bind('sub!', 'start', 'end')
    const whole = text(self)
    const part = whole.slice(0, end === null ? undefined : Number(end))
    const index = last ? part.lastIndexOf(text(wanted)) : part.indexOf(text(wanted), Number(start))
    if (index < 0 && mustFind) throw fail(`${repr(wanted as RuntimeValue)} is not in the text`)
    return index < Number(start) ? -1 : index
  }

const partition =
  (last: boolean): Method =>
  (self, args) => {
    const separator = text(args.bind('sep!')[0])
    const whole = text(self)
    const index = last ? whole.lastIndexOf(separator) : whole.indexOf(separator)
    if (index < 0) return new Tuple(last ? ['', '', whole] : [whole, '', ''])
    return new Tuple([whole.slice(0, index), separator, whole.slice(index + separator.length)])
  }

const matches =
  (pattern: RegExp): Method =>
  (self) =>
    pattern.test(text(self))

const replace: Method = (self, args) => {
  const [old, replacement, count = -1] = args.bind('old!', 'new!', 'count')
  const parts = text(self).split(text(old))
  const limit = Number(count) < 0 ? parts.length - 1 : Math.min(Number(count), parts.length - 1)
  const head = parts.slice(0, limit + 1).join(text(replacement))
  return [head, ...parts.slice(limit + 1)].join(text(old))
}

const zfill: Method = (self, args) => {
  const width = Number(args.bind('width!')[0])
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/s.exec(text(self)) ?? []
  return sign + digits.padStart(width - sign.length, '0')
}

const translate: Method = (self, args) => {
  const [table] = args.bind('table!')
  if (!(table instanceof Dict)) throw fail('translate needs the mapping that maketrans makes')
  const one = (character: string): string => {
    const to = table.get(character.codePointAt(0) as number) ?? table.get(character)
    return to === undefined
      ? character
      : to === null
        ? ''
        : typeof to === 'number'
          ? String.fromCodePoint(to)
          : text(to)
  }
  return Array.from(text(self), one).join('')
}

const changed =
  (change: (value: string) => string): Method =>
  (self) =>
    change(text(self))

/** Methods of texts. */
export const textMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['split', split(false)],
  ['rsplit', split(true)],
  ['splitlines', (self, args) => splitLines(text(self), isTrue(args.bind('keepends')[0] ?? false))],
  ['strip', strip('both')],
  ['lstrip', strip('left')],
  ['rstrip', strip('right')],
  ['startswith', affix((part, prefix) => part.startsWith(prefix))],
  ['endswith', affix((part, suffix) => part.endsWith(suffix))],
  ['removeprefix', (self, args) => remove(text(self), text(args.bind('prefix!')[0]), true)],
  ['removesuffix', (self, args) => remove(text(self), text(args.bind('suffix!')[0]), false)],
  ['find', search(false, false)],
  ['rfind', search(true, false)],
  ['index', search(false, true)],
  ['rindex', search(true, true)],
  ['count', (self, args) => text(self).split(text(args.bind('sub!')[0])).length - 1],
  ['replace', replace],
  [
    'join',
    (self, args) =>
      itemsOf(args.bind('items!')[0] as RuntimeValue)
        .map((item) => text(item, 'every item'))
        .join(text(self)),
  ],
  ['format', (self, args) => formatBraces(text(self), args, accessForFormat)],
  ['partition', partition(false)],
  ['rpartition', partition(true)],
  ['lower', changed((value) => value.toLowerCase())],
  ['upper', changed((value) => value.toUpperCase())],
  ['casefold', changed((value) => value.toLowerCase())],
  ['title', changed(titleText)],
  ['capitalize', changed(capitalizeText)],
  ['swapcase', changed(swapCase)],
  ['ljust', pad('<')],
  ['rjust', pad('>')],
  ['center', pad('^')],
  ['zfill', zfill],
  ['translate', translate],
  ['expandtabs', (self, args) => text(self).replaceAll('\t', ' '.repeat(Number(args.bind('tabsize')[0] ?? 8)))],
  ['isdigit', matches(/^\p{Nd}+$/u)],
  ['isdecimal', matches(/^\p{Nd}+$/u)],
  ['isnumeric', matches(/^\p{N}+$/u)],
  ['isalpha', matches(/^\p{L}+$/u)],
  ['isalnum', matches(/^[\p{L}\p{N}]+$/u)],
  ['isspace', matches(/^\s+$/u)],
  ['islower', (self) => text(self) === text(self).toLowerCase() && text(self) !== text(self).toUpperCase()],
  ['isupper', (self) => text(self) === text(self).toUpperCase() && text(self) !== text(self).toLowerCase()],
  ['isidentifier', matches(/^[\p{L}_][\p{L}\p{N}_]*$/u)],
  ['encode', (self) => text(self)],
])

const remove = (value: string, affixText: string, first: boolean): string => {
  if (first) return value.startsWith(affixText) ? value.slice(affixText.length) : value
  return affixText !== '' && value.endsWith(affixText) ? value.slice(0, -affixText.length) : value
}
