import type { HostStats, ItemResult, TaskResult } from './result.ts'

/** A play as reporters see it. */
export interface PlayInfo {
  readonly id: string
  readonly name: string
  readonly path: string
}

/** A task as reporters see it. The same id for all hosts that run it at one time. */
export interface TaskInfo {
  readonly id: string
  readonly name: string
  readonly module: string
  /** `path:line` of the task in the playbook. */
  readonly path: string
  readonly role: string | undefined
  readonly handler: boolean
}

export interface ProgressReport {
  readonly phase: string
  readonly done: number
  readonly total?: number | undefined
  readonly unit: string
}

/** Everything that happens in a run. Reports, the journal and whatever else looks at a run are made of these alone. */
export type RunEvent = { readonly time: number } & (
  | {
      readonly type: 'run-began'
      readonly runId: string
      readonly playbooks: readonly string[]
      readonly checkMode: boolean
      readonly diffMode: boolean
    }
  | { readonly type: 'play-began'; readonly play: PlayInfo; readonly hosts: readonly string[] }
  | { readonly type: 'play-empty'; readonly play: PlayInfo; readonly pattern: string }
  | { readonly type: 'task-began'; readonly play: PlayInfo; readonly task: TaskInfo; readonly hosts: readonly string[] }
  | { readonly type: 'host-began'; readonly task: TaskInfo; readonly host: string }
  | {
      readonly type: 'host-progress'
      readonly task: TaskInfo
      readonly host: string
      readonly progress: ProgressReport
    }
  | {
      readonly type: 'host-message'
      readonly task: TaskInfo
      readonly host: string
      readonly level: 'warning' | 'verbose'
      readonly message: string
    }
  | {
      readonly type: 'host-retry'
      readonly task: TaskInfo
      readonly host: string
      readonly attempt: number
      readonly left: number
    }
  | { readonly type: 'item-ended'; readonly task: TaskInfo; readonly host: string; readonly result: ItemResult }
  | { readonly type: 'host-ended'; readonly task: TaskInfo; readonly host: string; readonly result: TaskResult }
  | { readonly type: 'included'; readonly task: TaskInfo; readonly hosts: readonly string[]; readonly file: string }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'play-stopped'; readonly play: PlayInfo; readonly reason: string }
  | {
      readonly type: 'run-ended'
      readonly runId: string
      readonly stats: Readonly<Record<string, HostStats>>
      readonly exit: number
      readonly duration: number
      readonly interrupted: boolean
    }
)

type Timeless<T> = T extends unknown ? Omit<T, 'time'> : never

/** An event before it is stamped with the time (milliseconds since the epoch). */
export type RunEventBody = Timeless<RunEvent>

export type Listener = (event: RunEvent) => void

/** Hands every event to every listener, in order, with secrets taken out. */
export class EventStream {
  readonly #listeners: Listener[] = []
  readonly #redact: <T>(value: T) => T

  constructor(redact: <T>(value: T) => T = (value) => value) {
    this.#redact = redact
  }

  subscribe(listener: Listener): void {
    this.#listeners.push(listener)
  }

  emit(body: RunEventBody): void {
    const event = { ...this.#redact(body), time: Date.now() } as RunEvent
    for (const listener of this.#listeners) listener(event)
  }
}
