import type { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'
import type { Value, Variables } from '../base/value.ts'

/** A value of a keyword together with the place where it stands. */
export interface Placed<T> {
  readonly value: T
  readonly position: Position
}

/** A bare Jinja2 expression (`when: x == 1`), or a literal boolean. */
export interface Condition {
  readonly text: string
  readonly position: Position
}

/**
 * Keywords that a play, role, block, include or task can carry and that what is inside inherits. Only what is written
 * there is present; the engine merges along the way down.
 */
export interface Keywords {
  readonly become?: Placed<Value>
  readonly becomeUser?: Placed<Value>
  readonly becomeMethod?: Placed<Value>
  readonly becomeExe?: Placed<Value>
  readonly becomeFlags?: Placed<Value>
  readonly remoteUser?: Placed<Value>
  readonly connection?: Placed<Value>
  readonly port?: Placed<Value>
  /** A mapping, a template, or a list of them merged in order. */
  readonly environment?: Placed<Value>
  readonly noLog?: Placed<Value>
  readonly checkMode?: Placed<Value>
  readonly diff?: Placed<Value>
  readonly ignoreErrors?: Placed<Value>
  readonly ignoreUnreachable?: Placed<Value>
  readonly anyErrorsFatal?: Placed<Value>
  readonly runOnce?: Placed<Value>
  readonly throttle?: Placed<Value>
  readonly timeout?: Placed<Value>
  readonly delegateTo?: Placed<Value>
  readonly delegateFacts?: Placed<Value>
  /** All must hold; inherited ones come first. */
  readonly when?: readonly Condition[]
  readonly tags?: readonly string[]
  readonly vars?: Variables
  /** Module name (short) to default arguments. */
  readonly moduleDefaults?: Placed<Value>
}

export interface LoopControl {
  readonly loopVar?: Value
  readonly indexVar?: Value
  readonly label?: Placed<Value>
  readonly pause?: Value
  readonly extended?: Value
}

export interface Loop {
  /** `loop`, or the lookup behind `with_…`: `items`, `dict`, `nested`, `together`, `sequence`, … */
  readonly kind: string
  readonly value: Placed<Value>
  readonly control: LoopControl
}

export interface Task {
  readonly kind: 'task'
  readonly name: Value | undefined
  readonly position: Position
  readonly keywords: Keywords
  /** Short name: `copy` for `ansible.builtin.copy`. */
  readonly module: Placed<string>
  /** Arguments as written: a mapping (from YAML or from `k=v`), or a free-form text. */
  readonly args: TaskArguments
  readonly loop: Loop | undefined
  readonly register: Placed<string> | undefined
  readonly notify: readonly Placed<Value>[]
  readonly changedWhen: readonly Condition[] | undefined
  readonly failedWhen: readonly Condition[] | undefined
  readonly until: readonly Condition[] | undefined
  readonly retries: Placed<Value> | undefined
  readonly delay: Placed<Value> | undefined
  /** Seconds that the task may take on its own on the host; 0 and none: it is waited for as any other. */
  readonly async: Placed<Value> | undefined
  /** Seconds between looks at a task that is on its own; 0 for none. */
  readonly poll: Placed<Value> | undefined
  /** Topics a handler listens to; empty for tasks. */
  readonly listen: readonly Placed<Value>[]
  /** The role whose tasks these are, and the folder of the file that the task stands in. */
  readonly role: Role | undefined
  readonly directory: string
}

export interface TaskArguments {
  /** Free-form text (`command: ls`), undefined where the arguments are a mapping only. */
  readonly freeForm: Placed<Value> | undefined
  readonly values: Readonly<Record<string, Placed<Value>>>
  /** The whole mapping given as one template (`args: "{{ x }}"`). */
  readonly template: Placed<Value> | undefined
}

export interface Block {
  readonly kind: 'block'
  readonly name: Value | undefined
  readonly position: Position
  readonly keywords: Keywords
  readonly block: readonly TaskItem[]
  readonly rescue: readonly TaskItem[]
  readonly always: readonly TaskItem[]
  /** Set on the block that stands for a role or a static import of one. */
  readonly role: Role | undefined
}

/** `include_tasks` or `include_role`: loaded when the run comes to it. Imports are blocks already. */
export interface Include {
  readonly kind: 'include'
  readonly what: 'tasks' | 'role'
  readonly name: Value | undefined
  readonly position: Position
  readonly keywords: Keywords
  /** File of the tasks, or name of the role. */
  readonly target: Placed<Value>
  /** `tasks_from`, `vars_from`, `defaults_from`, `handlers_from` of include_role. */
  readonly from: Readonly<Record<string, Value>>
  /** `apply:`: keywords laid on every task that is included. */
  readonly apply: Keywords
  /** Of include_role: whether defaults and vars of the role are seen by the rest of the play. */
  readonly public?: Placed<Value>
  /** Of include_role: whether the role runs again where it ran before with the same parameters. */
  readonly allowDuplicates?: Placed<Value>
  readonly loop: Loop | undefined
  readonly register: Placed<string> | undefined
  readonly role: Role | undefined
  readonly directory: string
}

export type TaskItem = Task | Block | Include

export interface Role {
  readonly name: string
  readonly path: string
  readonly defaults: Variables
  readonly vars: Variables
  /** Parameters given where the role is used. */
  readonly params: Variables
  readonly tasks: readonly TaskItem[]
  readonly handlers: readonly TaskItem[]
  /** What is the same in uses of a role that are one use for Ansible: its files, parameters, own condition and tags. */
  readonly use: string
  /** Whether it runs on a host again where the same use of it ran in the play before. */
  readonly allowDuplicates: boolean
}

export interface Play {
  readonly name: Value | undefined
  readonly position: Position
  readonly keywords: Keywords
  readonly hosts: Placed<Value>
  readonly gatherFacts: Placed<Value> | undefined
  readonly gatherSubset: Placed<Value> | undefined
  readonly vars: Variables
  readonly varsFiles: readonly Placed<Value>[]
  readonly serial: Placed<Value> | undefined
  readonly strategy: Placed<Value> | undefined
  readonly order: Placed<Value> | undefined
  readonly maxFailPercentage: Placed<Value> | undefined
  readonly forceHandlers: Placed<Value> | undefined
  readonly preTasks: readonly TaskItem[]
  /** Blocks, one a role, dependencies before those that need them. */
  readonly roles: readonly Block[]
  readonly tasks: readonly TaskItem[]
  readonly postTasks: readonly TaskItem[]
  /** Handlers of the play's roles and then its own: the order in which they run. */
  readonly handlers: readonly TaskItem[]
  /** Folder of the playbook file. */
  readonly directory: string
}

export interface Playbook {
  readonly path: string
  readonly directory: string
  readonly plays: readonly Play[]
  /** Items of the includes whose file or role is known before the run: not run from here, but checked with the rest. */
  readonly included: readonly TaskItem[]
  /** What is doubtful and yet no error. */
  readonly warnings: readonly LifeboatError[]
}
