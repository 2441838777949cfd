import type { Position, Source } from '../../../base/position.ts'
import type { Template } from '../../../base/value.ts'
import type { Expression } from './ast.ts'
import { DEFAULT_DELIMITERS, type Delimiters } from './delimiters.ts'
import { Origin } from './origin.ts'
import { type ParsedTemplate, parseBareExpression, parseTemplate } from './parse.ts'

const IN_PLAYBOOK: Delimiters = { ...DEFAULT_DELIMITERS, literalBackslashes: true }

const templates = new WeakMap<Template, ParsedTemplate>()
const conditions = new WeakMap<Position, Map<string, { readonly origin: Origin; readonly expression: Expression }>>()
const files = new WeakMap<Source, Map<string, ParsedTemplate>>()

/** A template of a playbook or inventory as a tree; parsed once. */
export const parsedTemplate = (template: Template): ParsedTemplate => {
  const known = templates.get(template)
  if (known) return known
  const parsed = parseTemplate(new Origin(template.text, template.position), IN_PLAYBOOK)
  templates.set(template, parsed)
  return parsed
}

/** A bare expression as a tree; parsed once a place. */
export const parsedExpression = (text: string, position: Position) => {
  const known = conditions.get(position)?.get(text)
  if (known) return known
  const origin = new Origin(text, position)
  const parsed = { origin, expression: parseBareExpression(origin) }
  const here = conditions.get(position) ?? new Map()
  conditions.set(position, here.set(text, parsed))
  return parsed
}

/** The template that a file holds as a tree; parsed once for the same delimiters. */
export const parsedFile = (source: Source, delimiters: Delimiters): ParsedTemplate => {
  const key = JSON.stringify(delimiters)
  const known = files.get(source)?.get(key)
  if (known) return known
  const parsed = parseTemplate(Origin.of(source), delimiters)
  const here = files.get(source) ?? new Map()
  files.set(source, here.set(key, parsed))
  return parsed
}
