import { emptyStats, type HostStats } from '../base/result.ts'
import type { PlainValue } from '../base/value.ts'

/** What a run knows of one host: grows from task to task and lasts from play to play. */
export class HostState {
  readonly name: string
  /** Facts by their variable name (`ansible_hostname`). */
  facts: Record<string, PlainValue> = {}
  /** `set_fact` and `register`, which share one precedence: the later wins. */
  variables: Record<string, PlainValue> = {}
  /** `include_vars`. */
  includedVariables: Record<string, PlainValue> = {}
  /** Failed (and not rescued) or unreachable: takes no part in later plays. */
  out: 'failed' | 'unreachable' | undefined
  readonly stats: HostStats = emptyStats()

  constructor(name: string) {
    this.name = name
  }
}

/** The states of all hosts that a run has met, made at first sight. */
export class HostStates {
  readonly #states = new Map<string, HostState>()

  of(name: string): HostState {
    const known = this.#states.get(name)
    if (known) return known
    const state = new HostState(name)
    this.#states.set(name, state)
    return state
  }

  all(): readonly HostState[] {
    return [...this.#states.values()]
  }
}
