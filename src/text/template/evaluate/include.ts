import { itemsOf } from '../python/iterate.ts'
import { str } from '../python/text.ts'
import type { Statement, StatementOf } from '../syntax/ast.ts'
import type { ParsedTemplate } from '../syntax/parse.ts'
import { fail } from '../values/fail.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { Evaluation } from './evaluation.ts'
import { Frame } from './frame.ts'
import { TemplateModule } from './namespace.ts'

type Render = (body: readonly Statement[], on: Evaluation) => string

/** `{% include %}`: what another template prints, with the variables of this one. */
export const includeTemplate = (
  statement: StatementOf<'include'>,
  names: RuntimeValue,
  on: Evaluation,
  render: Render,
): string => {
  const template = find(statement, names, on, statement.ignoreMissing)
  if (!template) return ''
  const frame = new Frame(statement.withContext ? on.frame : undefined)
  return on.world.deeper(() => render(template.body, new Evaluation(template.origin, frame, on.world)))
}

/** `{% import %}`: the macros and variables of another template. */
export const importTemplate = (
  statement: StatementOf<'import' | 'fromImport'>,
  names: RuntimeValue,
  on: Evaluation,
  render: Render,
): TemplateModule => {
  const template = find(statement, names, on, false) as ParsedTemplate
  const frame = new Frame(statement.withContext ? on.frame : undefined)
  const body = on.world.deeper(() => render(template.body, new Evaluation(template.origin, frame, on.world)))
  return new TemplateModule(frame.own(), body)
}

/** `{% from … import a as b %}`. */
export const importNames = (statement: StatementOf<'fromImport'>, module: TemplateModule, on: Evaluation): void => {
  for (const [name, alias] of statement.names) {
    const value = module.attribute(name)
    if (value === undefined) {
      throw on.at(statement, () => fail(`the template has no macro "${name}"`, [], 'template/not-found'))
    }
    on.frame.set(alias, value)
  }
}

const find = (
  statement: StatementOf<'include' | 'import' | 'fromImport'>,
  names: RuntimeValue,
  on: Evaluation,
  mayMiss: boolean,
): ParsedTemplate | undefined =>
  on.at(statement.template, () => {
    if (names instanceof Undefined) throw names.toError()
    const wanted = typeof names === 'string' ? [names] : itemsOf(names).map(str)
    for (const name of wanted) {
      const template = on.world.load(name)
      if (template) return template
    }
    if (mayMiss) return undefined
    const folders = on.world.lookups.baseDirectories
    throw fail(
      `the template ${wanted.map((name) => `"${name}"`).join(' or ')} does not exist`,
      folders.length > 0 ? [`searched in ${folders.join(', ')}, each with its folder templates`] : [],
      'template/not-found',
    )
  })
