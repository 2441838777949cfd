import type { Arguments } from './arguments.ts'
import type { RuntimeValue } from './types.ts'

/** A thing with attributes that is neither text, number, list nor mapping: `loop`, a namespace, a function, a date. */
export abstract class Instance {
  /** What Python calls its type; shown by `type_debug` and in errors. */
  abstract readonly typeName: string

  /** The attribute of a name, undefined when there is none. */
  abstract attribute(name: string): RuntimeValue | undefined

  /** What it prints as. */
  abstract text(): string
}

/** Something that a template can call: a function of ours, a macro, a method bound to its value. */
export class Callable extends Instance {
  readonly typeName = 'function'
  readonly name: string
  readonly call: (args: Arguments) => RuntimeValue

  constructor(name: string, call: (args: Arguments) => RuntimeValue) {
    super()
    this.name = name
    this.call = call
  }

  attribute(name: string): RuntimeValue | undefined {
    return name === 'name' ? this.name : undefined
  }

  text(): string {
    return `<function ${this.name}>`
  }
}
