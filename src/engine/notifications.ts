import { LifeboatError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import type { Position } from '../base/position.ts'
import type { Task, TaskItem } from '../playbook/types.ts'
import { type Effective, inherit, noKeywords } from './keywords.ts'

interface Handler {
  readonly item: Task
  readonly keywords: Effective
  readonly names: readonly string[]
  readonly topics: readonly string[]
  readonly index: number
}

/** Evaluates the name of a handler or a topic with the play's variables. */
export type NameOf = (task: Task) => { readonly names: readonly string[]; readonly topics: readonly string[] }

/** The handlers of a play and who was notified of what. Handlers run in the order in which they are defined. */
export class Notifications {
  readonly #handlers: Handler[] = []
  readonly #notified = new Map<string, Set<Handler>>()
  readonly #nameOf: NameOf

  constructor(items: readonly TaskItem[], keywords: Effective, nameOf: NameOf) {
    this.#nameOf = nameOf
    this.add(items, keywords)
  }

  /** Adds handlers, at the start those of the play, later those of an included role. Known ones are passed over. */
  add(items: readonly TaskItem[], keywords: Effective = noKeywords): void {
    for (const item of items) {
      if (item.kind === 'block') this.add(item.block, inherit(keywords, item.keywords))
      else if (item.kind === 'task' && !this.#handlers.some((handler) => handler.item === item)) {
        this.#handlers.push({ item, keywords, ...this.#nameOf(item), index: this.#handlers.length })
      }
    }
  }

  /**
   * Marks the handlers that a name or topic means for a host. Of several handlers with one name the last counts, as
   * in Ansible; of those that listen to a topic all do, but of one name too only the last.
   *
   * @throws engine/unknown-handler
   */
  notify(host: string, name: string, where: Position): void {
    const named = this.#handlers.findLast((handler) => handler.names.includes(name))
    const listening = this.#handlers.filter((handler) => handler.topics.includes(name))
    const meant = new Set([
      ...(named ? [named] : []),
      ...listening.filter(
        ({ names }, index) =>
          names[0] === undefined || !listening.slice(index + 1).some((later) => later.names[0] === names[0]),
      ),
    ])
    if (meant.size === 0) {
      const known = this.#handlers.flatMap((handler) => [...handler.names, ...handler.topics])
      throw new LifeboatError('engine/unknown-handler', `no handler is named "${name}" or listens to it`, {
        where,
        hints: didYouMean(name, known),
      })
    }
    const set = this.#notified.get(host) ?? new Set()
    for (const handler of meant) set.add(handler)
    this.#notified.set(host, set)
  }

  /** Gives and clears the notified handlers of a host one by one, so that a handler can still notify a later one. */
  *take(host: string): Generator<{ item: Task; index: number; keywords: Effective }> {
    for (let index = 0; index < this.#handlers.length; index++) {
      const handler = this.#handlers[index]
      const set = this.#notified.get(host)
      if (handler === undefined || !set?.delete(handler)) continue
      yield handler
    }
  }

  /** Whether a host still has handlers to run. */
  pending(host: string): boolean {
    return (this.#notified.get(host)?.size ?? 0) > 0
  }
}
