import { LifeboatError } from '../../base/errors.ts'
import type { Position, Source } from '../../base/position.ts'
import { hasTemplate, type PlainValue, Template, type Value } from '../../base/value.ts'
import { isUndefinedError } from './evaluate/access.ts'
import { Evaluation } from './evaluate/evaluation.ts'
import { evaluate, evaluateTruth } from './evaluate/expression.ts'
import { Frame } from './evaluate/frame.ts'
import type { LookupEnvironment } from './lookups/environment.ts'
import { loopItems } from './lookups/loop-items.ts'
import { isTrue } from './python/truth.ts'
import { type RenderOptions, renderFile } from './render-file.ts'
import { hasTemplateInside, resolve } from './resolve.ts'
import type { Scope } from './scope.ts'
import { ScopeWorld } from './scope-world.ts'
import { parsedExpression } from './syntax/cached.ts'
import { LazyMapping } from './values/lazy.ts'
import { toPlain } from './values/plain.ts'
import { Undefined } from './values/undefined.ts'

export interface TemplarOptions {
  /** Where lookups, includes and imports find files; without it only absolute paths are found. */
  readonly lookups?: LookupEnvironment | undefined
  /** The clock behind `now()`. */
  readonly now?: (() => Date) | undefined
}

/**
 * Evaluates templates, expressions and conditions against one scope. Variables are evaluated when they are used and
 * once each, so a Templar lives as long as its variables do not change: a task on a host, or one round of its loop.
 */
export class Templar {
  readonly #world: ScopeWorld

  constructor(scope: Scope, options: TemplarOptions = {}) {
    this.#world = new ScopeWorld(scope, {
      lookups: options.lookups ?? { baseDirectories: [] },
      now: options.now ?? (() => new Date()),
    })
  }

  /**
   * Evaluates all templates in a value, as Ansible does with `jinja2_native` off: a template gives a text, unless the
   * text looks like a list, a mapping or a boolean, or the template is one variable that is a number or null. A list or
   * mapping without a template in it is given back as it is.
   *
   * @throws template/… with the place in the user's file
   */
  evaluate(value: Value): PlainValue {
    if (!hasTemplateInside(value)) return value as PlainValue
    return toPlain(resolve(value, (template) => this.#world.template(template)))
  }

  /** Evaluates a bare expression (`x + 1`) to its native value; undefined variables are a result here. */
  evaluateExpression(text: string, position: Position): PlainValue | Undefined {
    const { origin, expression } = parsedExpression(text, position)
    const value = evaluate(expression, new Evaluation(origin, new Frame(), this.#world))
    return value instanceof Undefined ? value : toPlain(value)
  }

  /**
   * Decides a condition (`when`, `until`, …) by Python's truth of its value. Braces in a condition are evaluated first
   * and, where they give a text, that text is the condition; lookups are off for it.
   *
   * @throws template/undefined-variable naming the condition
   */
  condition(condition: { readonly text: string; readonly position: Position }): boolean {
    const { text, position } = condition
    try {
      if (!hasTemplate(text)) return this.#truth(text, position)
      const value = this.#world.template(new Template(text, position))
      return typeof value === 'string' ? this.#decideText(value, position) : isTrue(value)
    } catch (error) {
      throw isUndefinedError(error) ? undecided(text, error) : error
    }
  }

  /** Renders the text of a template file: Ansible's rules for newlines, `trim_blocks` on unless told. */
  renderFile(source: Source, options: RenderOptions = {}): string {
    return renderFile(source, options, this.#world)
  }

  /** The evaluated variable of a name, undefined when there is none. A lazy mapping stays lazy. */
  variable(name: string): PlainValue | LazyMapping | undefined {
    const value = this.#world.variable(name)
    if (value instanceof Undefined) throw value.toError()
    return value === undefined || value instanceof LazyMapping ? value : toPlain(value)
  }

  /** All variables as a mapping that evaluates each when it is used: what `vars` and `hostvars[…]` are. */
  variables(): LazyMapping {
    return new LazyMapping({
      get: (name) => this.variable(name),
      has: (name) => this.#world.variable(name) !== undefined,
      keys: () => this.#world.names(),
    })
  }

  /**
   * The items of a task's loop.
   *
   * @param kind `loop`, or the lookup behind `with_…`: `items`, `dict`, `nested`, `sequence`, …
   */
  loopItems(kind: string, value: Value, position: Position): PlainValue[] {
    return loopItems(kind, value, position, this.#world).map(toPlain)
  }

  #truth(text: string, position: Position): boolean {
    if (text.trim() === '') return true
    const { origin, expression } = parsedExpression(text, position)
    return evaluateTruth(expression, new Evaluation(origin, new Frame(), this.#world))
  }

  /** What the braces of a condition gave is a condition again, as in Ansible. */
  #decideText(text: string, position: Position): boolean {
    if (text === '') return false
    this.#world.lookupsAllowed = false
    try {
      return this.#truth(text, position)
    } finally {
      this.#world.lookupsAllowed = true
    }
  }
}

const undecided = (condition: string, error: LifeboatError): LifeboatError =>
  new LifeboatError(error.code, `the condition "${condition.trim()}" cannot be decided: ${error.message}`, {
    where: error.where,
    hints: error.hints,
    cause: error,
    data: { ...error.data, condition },
  })
