import type { Change } from './change.ts'

export type TaskStatus = 'ok' | 'changed' | 'failed' | 'unreachable' | 'skipped'

/** An error as plain data, for events, the journal and JSON output. */
export interface ErrorReport {
  readonly code: string
  readonly message: string
  readonly hints: readonly string[]
  /** `path:line:column` and the code frame, where the cause stands in the user's own text. */
  readonly where?: string
  readonly frame?: string
}

/** What a task came to on one host (or for one item of its loop). */
export interface TaskResult {
  readonly status: TaskStatus
  /** Failed, but `ignore_errors` (or `ignore_unreachable`) lets the host go on. */
  readonly ignored: boolean
  readonly msg: string | undefined
  /** What `register` gives beside the fields above: `rc`, `stdout`, a module's own. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly changes: readonly Change[]
  /** Whether changes are to be shown in full, where the task says so itself (`diff`); else `--diff` decides. */
  readonly diff?: boolean
  readonly error: ErrorReport | undefined
  /** Seconds by the monotonic clock. */
  readonly duration: number
  /** `no_log`: reporters show nothing of the result but its status. */
  readonly hidden: boolean
  /** Results of a loop's items, in order. */
  readonly items: readonly ItemResult[] | undefined
  /** Attempts made, where `until` repeated the task. */
  readonly attempts: number | undefined
  readonly delegatedTo: string | undefined
}

export interface ItemResult extends TaskResult {
  readonly item: unknown
  /** What is shown for the item: `loop_control.label`, or the item itself. */
  readonly label: string
}

/** Counts of a host's tasks as Ansible's recap shows them. */
export interface HostStats {
  ok: number
  changed: number
  unreachable: number
  failed: number
  skipped: number
  rescued: number
  ignored: number
}

export const emptyStats = (): HostStats => ({
  ok: 0,
  changed: 0,
  unreachable: 0,
  failed: 0,
  skipped: 0,
  rescued: 0,
  ignored: 0,
})
