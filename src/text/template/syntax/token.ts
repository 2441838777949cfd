/** A piece of a template. `start` and `end` are offsets in its text. */
export type Token =
  | { readonly kind: 'data'; readonly text: string; readonly start: number; readonly end: number }
  | { readonly kind: Mark; readonly text: string; readonly start: number; readonly end: number }

/** `open…` and `close…` are the delimiters; the others stand between them. */
export type Mark =
  | 'openVariable'
  | 'closeVariable'
  | 'openBlock'
  | 'closeBlock'
  | 'name'
  | 'text'
  | 'integer'
  | 'float'
  | 'operator'
  | 'end'
