import type { EventStream, PlayInfo } from '../base/events.ts'
import type { Secrets } from '../base/secrets.ts'
import type { PlainValue, Variables } from '../base/value.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { HostVariables } from '../inventory/variable-folders.ts'
import type { LoadOptions } from '../playbook/load.ts'
import type { Play } from '../playbook/types.ts'
import type { ConnectionPool } from './connections.ts'
import type { HostStates } from './host-state.ts'
import type { Effective } from './keywords.ts'
import type { Notifications } from './notifications.ts'
import type { RunOptions } from './options.ts'
import type { RolesRun } from './roles-run.ts'

/** Everything a run works with. Made once by the command line, handed down, never global. */
export interface Run {
  readonly options: RunOptions
  readonly inventory: Inventory
  readonly hostVariables: HostVariables
  readonly events: EventStream
  readonly secrets: Secrets
  readonly connections: ConnectionPool
  readonly hosts: HostStates
  readonly loadOptions: LoadOptions
  /** The user's own `plugins/modules` folders. */
  readonly moduleFolders: readonly string[]
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal
  /** Lets at most `forks` pieces of work on hosts go on at a time. */
  readonly limit: <T>(work: () => Promise<T>) => Promise<T>
}

/** One batch of a play in the making. */
export interface PlayRun {
  readonly run: Run
  readonly play: Play
  readonly info: PlayInfo
  readonly keywords: Effective
  /** All hosts of the play, and those of this batch. */
  readonly hosts: readonly string[]
  readonly batch: readonly string[]
  /** Hosts of the batch that still take part. */
  readonly active: Set<string>
  /** Hosts of the play that were told to end, in this batch or an earlier one. */
  readonly ended: Set<string>
  readonly notifications: Notifications
  readonly roles: RolesRun
  /** Variables of the play that differ from host to host: `vars_files` already read. */
  readonly fileVariables: ReadonlyMap<string, Variables>
  readonly roleDefaults: Variables
  /** Why the play ends before its time: too many failed, or `meta: end_play`. */
  stopped: { readonly reason: string; readonly failed: boolean } | undefined
  readonly roleVariables: Variables
}

/** The variables that a connection and its become are made of, evaluated. */
export type ConnectionVariables = Readonly<Record<string, PlainValue>>
