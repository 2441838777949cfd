import type { Session } from '../../host/connection.ts'

/** What a restore works with on its host. */
export interface RestoreWorld {
  /** Session of the cluster's owner. */
  readonly owner: Session
  /** Session of root, for the service manager; undefined where the task has none. */
  readonly root: Session | undefined
  readonly signal: AbortSignal
  progress(phase: string, done: number, total: number | undefined, unit: 'bytes' | 'segments'): void
  warn(message: string): void
}
