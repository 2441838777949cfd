import { repr } from '../python/text.ts'
import { Instance } from '../values/instance.ts'
import type { RuntimeValue } from '../values/types.ts'

/** What `namespace()` makes: attributes that survive the loop in which they are set. */
export class Namespace extends Instance {
  readonly typeName = 'namespace'
  readonly #attributes: Map<string, RuntimeValue>

  constructor(attributes: Iterable<readonly [string, RuntimeValue]>) {
    super()
    this.#attributes = new Map(attributes)
  }

  attribute(name: string): RuntimeValue | undefined {
    return this.#attributes.get(name)
  }

  set(name: string, value: RuntimeValue): void {
    this.#attributes.set(name, value)
  }

  text(): string {
    return `<Namespace {${Array.from(this.#attributes, ([name, value]) => `${repr(name)}: ${repr(value)}`).join(', ')}}>`
  }
}

/** What `import` gives a name to: the macros and variables of another template. */
export class TemplateModule extends Namespace {
  readonly #body: string

  constructor(attributes: Iterable<readonly [string, RuntimeValue]>, body: string) {
    super(attributes)
    this.#body = body
  }

  override text(): string {
    return this.#body
  }
}
