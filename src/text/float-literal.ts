import type { Position } from '../base/position.ts'
import { Template } from '../base/value.ts'

/**
 * A number written with a fraction of zero (`9.0`). It prints as `9.0` inside a text, as Python's float does, which a
 * JavaScript number cannot remember; outside of templates it is the plain number. Being a template, it reaches the
 * evaluator wherever a value is used.
 */
export class FloatLiteral extends Template {
  readonly value: number
  constructor(value: number, position: Position) {
    super(`{{ ${value.toFixed(1)} }}`, position)
    this.value = value
  }
}
