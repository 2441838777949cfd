import type { LookupEnvironment } from '../lookups/environment.ts'
import type { ParsedTemplate } from '../syntax/parse.ts'
import type { Arguments } from '../values/arguments.ts'
import type { RuntimeValue } from '../values/types.ts'

/** What filters, tests, functions and lookups may ask of the evaluation that calls them. */
export interface World {
  /** The evaluated variable of a name, undefined when the scope has none. */
  variable(name: string): RuntimeValue | undefined
  /** Names of all variables, for "did you mean". */
  names(): Iterable<string>
  /** Applies a filter by its name, as `map('basename')` does. */
  filter(name: string, value: RuntimeValue, args: Arguments): RuntimeValue
  /** Applies a test by its name, as `select('defined')` does. */
  test(name: string, value: RuntimeValue, args: Arguments): boolean
  /** A function by its name, undefined when there is none. */
  function(name: string): TemplateFunction | undefined
  functionNames(): Iterable<string>
  /** Parses a template that another includes; undefined when there is no such file. */
  load(name: string): ParsedTemplate | undefined
  /** Evaluates the text of a file as a template with the same variables (the lookup `template`). */
  render(path: string, text: string, variables: ReadonlyMap<string, RuntimeValue>): string
  /** Runs one level deeper: of macros, includes and variables that hold templates. */
  deeper<T>(run: () => T): T
  readonly lookups: LookupEnvironment
  readonly lookupsAllowed: boolean
  readonly now: () => Date
}

export type Filter = (value: RuntimeValue, args: Arguments, world: World) => RuntimeValue
export type Test = (value: RuntimeValue, args: Arguments, world: World) => boolean
export type TemplateFunction = (args: Arguments, world: World) => RuntimeValue
