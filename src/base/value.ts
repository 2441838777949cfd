import type { Position } from './position.ts'

/**
 * A string of the user's that has template syntax in it (`{{ }}`, `{% %}`, `{# #}`), not yet evaluated.
 *
 * Only what a user wrote becomes a template: results, facts and `!unsafe` text stay plain strings and are never
 * evaluated, whatever they hold.
 */
export class Template {
  readonly text: string
  /** Where the text begins in the user's file. */
  readonly position: Position
  constructor(text: string, position: Position) {
    this.text = text
    this.position = position
  }
}

/** A value of a variable: what YAML and JSON can say, and templates where the user wrote them. */
export type Value = null | boolean | number | string | Template | readonly Value[] | { readonly [key: string]: Value }

/** A value with every template evaluated. `undefined` never occurs in one. */
export type PlainValue = null | boolean | number | string | PlainValue[] | { [key: string]: PlainValue }

export type Variables = { readonly [name: string]: Value }

export const isMapping = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Template)

/** Whether a text has template syntax in it. */
export const hasTemplate = (text: string): boolean => /\{[{%#]/.test(text)
