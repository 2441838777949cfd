import type { Filter } from '../evaluate/world.ts'
import { fail } from '../values/fail.ts'
import { textOf, wantNumber } from './values.ts'

interface Style {
  readonly beginning?: string
  readonly decoration: string
  readonly end?: string
}

const STYLES: ReadonlyMap<string, Style> = new Map<string, Style>([
  ['plain', { decoration: '# ' }],
  ['erlang', { decoration: '% ' }],
  ['c', { decoration: '// ' }],
  ['cblock', { beginning: '/*', decoration: ' * ', end: ' */' }],
  ['xml', { beginning: '<!--', decoration: ' - ', end: '-->' }],
])

/** Makes a text a comment: `{{ ansible_managed | comment }}`, in the style of the file it goes into. */
export const comment: Filter = (value, args) => {
  const parameters = ['decoration', 'newline', 'beginning', 'end', 'prefix', 'prefix_count', 'postfix', 'postfix_count']
  const [styleName = 'plain', ...rest] = args.bind('style', ...parameters)
  const style = STYLES.get(textOf(styleName))
  if (!style) throw fail(`comment has no style "${textOf(styleName)}"`, [`known: ${[...STYLES.keys()].join(', ')}`])
  const [decoration = style.decoration, newline = '\n', beginning = style.beginning, end = style.end] = rest
  const mark = textOf(decoration)
  const [prefix = mark.trimEnd(), prefixCount = 1, postfix = mark.trimEnd(), postfixCount = 1] = rest.slice(4)
  const line = textOf(newline)
  const around = (text: string, count: number): string => (text === '' ? '' : `${text}${line}`.repeat(count))
  const body = mark + textOf(value).replaceAll(line, `${line}${mark}`)
  const clean = body
    .replaceAll(`${mark}${line}`, `${mark.trimEnd()}${line}`)
    .replace(/\s+$/, (tail) => tail.replace(/[^\n]/g, ''))
  const tail = textOf(postfix)
  const count = wantNumber(postfixCount, 'postfix_count')
  return [
    beginning === undefined ? '' : `${textOf(beginning)}${line}`,
    around(textOf(prefix), wantNumber(prefixCount, 'prefix_count')),
    clean,
    tail === '' ? '' : `${line}${tail}`.repeat(count),
    end === undefined ? '' : `${line}${textOf(end)}`,
  ].join('')
}
