/** How a template is cut into text and code: Jinja2's environment options. */
export interface Delimiters {
  readonly variableStart: string
  readonly variableEnd: string
  readonly blockStart: string
  readonly blockEnd: string
  readonly commentStart: string
  readonly commentEnd: string
  /** The newline behind a block or comment goes away. */
  readonly trimBlocks: boolean
  /** Blanks before a block or comment that stands first on its line go away. */
  readonly lstripBlocks: boolean
  readonly lineStatementPrefix?: string | undefined
  readonly lineCommentPrefix?: string | undefined
  /** A backslash in a text inside `{{ }}` is only a backslash, as Ansible has it outside of template files. */
  readonly literalBackslashes: boolean
}

/** Ansible's: `trim_blocks` on. */
export const DEFAULT_DELIMITERS: Delimiters = {
  variableStart: '{{',
  variableEnd: '}}',
  blockStart: '{%',
  blockEnd: '%}',
  commentStart: '{#',
  commentEnd: '#}',
  trimBlocks: true,
  lstripBlocks: false,
  literalBackslashes: false,
}
