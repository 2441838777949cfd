import { LifeboatError } from '../../base/errors.ts'
import type { Source } from '../../base/position.ts'
import type { World } from './evaluate/world.ts'
import { parseLiteral } from './python/literal.ts'
import { renderText } from './result.ts'
import { parsedFile } from './syntax/cached.ts'
import { DEFAULT_DELIMITERS, type Delimiters } from './syntax/delimiters.ts'
import { Origin } from './syntax/origin.ts'
import { parseTemplate } from './syntax/parse.ts'

/** Options of a template file, named as the template module's. */
export interface RenderOptions {
  readonly trimBlocks?: boolean | undefined
  readonly lstripBlocks?: boolean | undefined
  readonly newlineSequence?: string | undefined
  readonly variableStartString?: string | undefined
  readonly variableEndString?: string | undefined
  readonly blockStartString?: string | undefined
  readonly blockEndString?: string | undefined
  readonly commentStartString?: string | undefined
  readonly commentEndString?: string | undefined
}

const OVERRIDE = '#jinja2:'

/** Renders a template file. Its first line may set options: `#jinja2: trim_blocks: False, lstrip_blocks: True`. */
export const renderFile = (source: Source, options: RenderOptions, world: World): string => {
  const header = source.text.startsWith(OVERRIDE) ? readHeader(source) : {}
  const delimiters = { ...delimitersOf(options), ...header }
  const parsed =
    Object.keys(header).length === 0 ? parsedFile(source, delimiters) : parseTemplate(behindHeader(source), delimiters)
  const text = renderText(parsed, world)
  const newline = options.newlineSequence ?? '\n'
  return newline === '\n' ? text : text.replaceAll('\n', newline)
}

const delimitersOf = (options: RenderOptions): Delimiters => ({
  ...DEFAULT_DELIMITERS,
  trimBlocks: options.trimBlocks ?? true,
  lstripBlocks: options.lstripBlocks ?? false,
  variableStart: options.variableStartString ?? DEFAULT_DELIMITERS.variableStart,
  variableEnd: options.variableEndString ?? DEFAULT_DELIMITERS.variableEnd,
  blockStart: options.blockStartString ?? DEFAULT_DELIMITERS.blockStart,
  blockEnd: options.blockEndString ?? DEFAULT_DELIMITERS.blockEnd,
  commentStart: options.commentStartString ?? DEFAULT_DELIMITERS.commentStart,
  commentEnd: options.commentEndString ?? DEFAULT_DELIMITERS.commentEnd,
})

const NAMES: Readonly<Record<string, keyof Delimiters>> = {
  trim_blocks: 'trimBlocks',
  lstrip_blocks: 'lstripBlocks',
  variable_start_string: 'variableStart',
  variable_end_string: 'variableEnd',
  block_start_string: 'blockStart',
  block_end_string: 'blockEnd',
  comment_start_string: 'commentStart',
  comment_end_string: 'commentEnd',
  line_statement_prefix: 'lineStatementPrefix',
  line_comment_prefix: 'lineCommentPrefix',
}

const readHeader = (source: Source): Partial<Delimiters> => {
  const line = source.text.slice(OVERRIDE.length, headerEnd(source.text))
  const entries = line.split(',').map((pair) => {
    const [, name = '', text = ''] = /^\s*(\w+)\s*:\s*(.*?)\s*$/.exec(pair) ?? []
    const key = NAMES[name]
    const value = parseLiteral(text)
    if (key === undefined || (typeof value !== 'string' && typeof value !== 'boolean')) {
      throw new LifeboatError('template/syntax', `"${pair.trim()}" is not an option that a template can set`, {
        where: { source, line: 1, column: 1, length: headerEnd(source.text) },
        hints: [`options: ${Object.keys(NAMES).join(', ')}`, 'write them as: #jinja2: trim_blocks: False'],
      })
    }
    return [key, value] as const
  })
  return Object.fromEntries(entries)
}

const headerEnd = (text: string): number => {
  const end = text.indexOf('\n')
  return end < 0 ? text.length : end
}

const behindHeader = (source: Source): Origin =>
  new Origin(source.text.slice(headerEnd(source.text) + 1), { source, line: 2, column: 1 })
