import type { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'
import type { Variables } from '../base/value.ts'

export interface InventoryHost {
  readonly name: string
  /** Variables that stand beside the host in the sources. Those of groups and folders are not in them. */
  readonly vars: Variables
  /** All groups it belongs to, also through children, sorted by name, without `all`: Ansible's `group_names`. */
  readonly groups: readonly string[]
}

export interface InventoryGroup {
  readonly name: string
  readonly parents: readonly string[]
  readonly children: readonly string[]
  /** Hosts that stand in the group itself. */
  readonly hosts: readonly string[]
  readonly vars: Variables
  /** Longest way from `all`, which is 0. A deeper group wins over a higher one. */
  readonly depth: number
  /** `ansible_group_priority`, 1 where none is given. The higher wins within one depth. */
  readonly priority: number
}

export interface SelectOptions {
  /** The pattern of `--limit`; `@file` reads patterns from a file, one a line. */
  readonly limit?: string | undefined
  /** Where the pattern stands, for messages. */
  readonly where?: Position | undefined
  /** Told of each part of the pattern that no host or group matches (`inventory/unmatched-pattern`). */
  readonly onUnmatched?: ((warning: LifeboatError) => void) | undefined
}

/** The hosts and groups of all sources, merged in their order. */
export interface Inventory {
  readonly hosts: ReadonlyMap<string, InventoryHost>
  /** With `all` and `ungrouped`. */
  readonly groups: ReadonlyMap<string, InventoryGroup>
  /** The sources as they were named. */
  readonly sources: readonly string[]
  /** What is doubtful and yet no error. */
  readonly warnings: readonly LifeboatError[]
  /**
   * Names of the hosts that a pattern selects, in inventory order. A pattern that names `localhost`, `127.0.0.1` or
   * `::1`, which no source holds, selects it all the same (`implicitHost` gives its host).
   *
   * @throws inventory/bad-pattern, file/not-found for `@file` in the limit
   */
  select(pattern: string | readonly string[], options?: SelectOptions): string[]
  /** Names of all hosts in a group and in the groups below it; empty for a group that is not there. */
  hostsOf(group: string): string[]
}
