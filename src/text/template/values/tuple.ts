import type { RuntimeValue } from './types.ts'

/** A Python tuple: a list that cannot change and prints in parentheses. */
export class Tuple {
  readonly items: readonly RuntimeValue[]
  constructor(items: readonly RuntimeValue[]) {
    this.items = items
  }
}
