import type { Position } from '../../../base/position.ts'
import type { Span } from '../syntax/ast.ts'
import type { Origin } from '../syntax/origin.ts'
import { placing } from '../values/fail.ts'
import type { Frame } from './frame.ts'
import type { World } from './world.ts'

/** One template being evaluated: its text, its own variables, and the world around it. */
export class Evaluation {
  readonly origin: Origin
  readonly frame: Frame
  readonly world: World

  constructor(origin: Origin, frame: Frame, world: World) {
    this.origin = origin
    this.frame = frame
    this.world = world
  }

  /** The same template with other variables of its own. */
  within(frame: Frame): Evaluation {
    return new Evaluation(this.origin, frame, this.world)
  }

  /** The template's text at a node. */
  textOf(span: Span): string {
    return this.origin.text.slice(span.start, span.end)
  }

  positionOf(span: Span): Position {
    return this.origin.position(span.start, span.end)
  }

  /** Runs something that belongs to a node: errors without a place get the node's. */
  at<T>(span: Span, run: () => T): T {
    return placing(() => this.positionOf(span), run)
  }
}
