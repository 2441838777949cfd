import { LifeboatError } from '../../base/errors.ts'
import type { Source } from '../../base/position.ts'
import { Template } from '../../base/value.ts'
import { FloatLiteral } from '../float-literal.ts'
import { isUndefinedError } from './evaluate/access.ts'
import type { TemplateFunction, World } from './evaluate/world.ts'
import { findFilter } from './filters/index.ts'
import { functions } from './functions/index.ts'
import type { LookupEnvironment } from './lookups/environment.ts'
import { loadTemplate } from './lookups/load-template.ts'
import { omitToken } from './omit.ts'
import { resolve } from './resolve.ts'
import { evaluateTemplate, renderText } from './result.ts'
import { overlay, type Scope, type ScopeValue } from './scope.ts'
import { parsedFile, parsedTemplate } from './syntax/cached.ts'
import { DEFAULT_DELIMITERS } from './syntax/delimiters.ts'
import type { ParsedTemplate } from './syntax/parse.ts'
import { findTest } from './tests/index.ts'
import type { Arguments } from './values/arguments.ts'
import { float } from './values/float.ts'
import { Lazy } from './values/lazy.ts'
import type { RuntimeValue } from './values/types.ts'
import { Undefined } from './values/undefined.ts'

const DEEPEST = 100

export interface WorldOptions {
  readonly lookups: LookupEnvironment
  readonly now: () => Date
  readonly lookupsAllowed?: boolean
}

/** The world as one scope shows it: variables evaluated when they are used, once each, circles found. */
export class ScopeWorld implements World {
  readonly lookups: LookupEnvironment
  readonly now: () => Date
  readonly #scope: Scope
  readonly #evaluated = new Map<string, RuntimeValue>()
  readonly #texts = new Set<string>()
  readonly #evaluating: string[] = []
  #depth = 0
  lookupsAllowed: boolean

  constructor(scope: Scope, options: WorldOptions) {
    this.#scope = scope
    this.lookups = options.lookups
    this.now = options.now
    this.lookupsAllowed = options.lookupsAllowed ?? true
  }

  variable(name: string): RuntimeValue | undefined {
    const known = this.#evaluated.get(name)
    if (known !== undefined) return known
    const found = this.#scope.get(name)
    if (found === undefined) return name === 'omit' ? omitToken : undefined
    const value = this.#evaluateVariable(name, found)
    this.#evaluated.set(name, value)
    return value
  }

  names(): Iterable<string> {
    return this.#scope.names()
  }

  /** Evaluates one template. */
  template(template: Template): RuntimeValue {
    return this.#result(template).value
  }

  filter(name: string, value: RuntimeValue, args: Arguments): RuntimeValue {
    return findFilter(name)(value, args, this)
  }

  test(name: string, value: RuntimeValue, args: Arguments): boolean {
    return findTest(name)(value, args, this)
  }

  function(name: string): TemplateFunction | undefined {
    return functions.get(name)
  }

  functionNames(): Iterable<string> {
    return functions.keys()
  }

  load(name: string): ParsedTemplate | undefined {
    const source = loadTemplate(name, this.lookups)
    return source && parsedFile(source, DEFAULT_DELIMITERS)
  }

  render(path: string, text: string, variables: ReadonlyMap<string, RuntimeValue>): string {
    const source: Source = { path, text }
    const own = Object.fromEntries(variables) as Record<string, ScopeValue>
    const options = { lookups: this.lookups, now: this.now, lookupsAllowed: this.lookupsAllowed }
    const world = variables.size === 0 ? this : new ScopeWorld(overlay(own, this.#scope), options)
    return this.deeper(() => renderText(parsedFile(source, DEFAULT_DELIMITERS), world))
  }

  deeper<T>(run: () => T): T {
    if (this.#depth >= DEEPEST) {
      throw new LifeboatError('template/too-deep', `templates call each other more than ${DEEPEST} levels deep`)
    }
    this.#depth++
    try {
      return run()
    } finally {
      this.#depth--
    }
  }

  #evaluateVariable(name: string, found: ScopeValue): RuntimeValue {
    if (this.#evaluating.includes(name)) throw this.#circle(name, found)
    this.#evaluating.push(name)
    try {
      const value = found instanceof Lazy ? found.value : found
      if (!(value instanceof Template)) return resolve(value, (template) => this.template(template))
      const result = this.#result(value)
      if (result.isText) this.#texts.add(name)
      return result.value
    } catch (error) {
      if (!isUndefinedError(error)) throw error
      return becauseOf(name, error)
    } finally {
      this.#evaluating.pop()
    }
  }

  #result(template: Template): { value: RuntimeValue; isText: boolean } {
    if (template instanceof FloatLiteral) return { value: float(template.value), isText: false }
    return this.deeper(() => evaluateTemplate(parsedTemplate(template), this, (name) => this.#texts.has(name)))
  }

  #circle(name: string, found: ScopeValue): LifeboatError {
    const chain = [...this.#evaluating.slice(this.#evaluating.indexOf(name)), name]
    return new LifeboatError(
      'template/recursive-variable',
      `the variable "${name}" is defined by itself: ${chain.join(' → ')}`,
      { where: found instanceof Template ? found.position : undefined, data: { chain } },
    )
  }
}

/** A variable whose own value needs something undefined is undefined itself, until it is used. */
const becauseOf = (name: string, error: LifeboatError): Undefined =>
  new Undefined(name, () => ({
    message: error.message,
    position: error.where,
    hints: [...error.hints, `the variable "${name}" needs it`],
    cause: error,
  }))
