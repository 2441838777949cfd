import type { z } from 'zod'
import type { Change } from '../base/change.ts'
import type { LifeboatError } from '../base/errors.ts'
import type { PlainValue } from '../base/value.ts'
import type { HostProcess, RunOptions, RunResult, Session } from '../host/connection.ts'
import type { RenderOptions } from '../text/template/render-file.ts'

/** Progress of a long action. `done` and `total` in `unit`; a total that is not known is left out. */
export interface Progress {
  readonly phase: string
  readonly done: number
  readonly total?: number | undefined
  readonly unit: 'bytes' | 'files' | 'segments' | 'percent' | 'seconds'
}

/** What is kept beside a job (`async`), from which its result is made when somebody asks for it. Goes through JSON. */
export interface KeptForResult {
  /** What tells the outcomes of the script apart; never a secret. */
  readonly form: Readonly<Record<string, unknown>>
  /** What the result shows of the task. Not kept where the task has `no_log`. */
  readonly shown: Readonly<Record<string, unknown>>
}

export interface ModuleRunOptions extends RunOptions {
  /** Of a module with `background`, where the status of its script does not say all. */
  readonly keep?: KeptForResult | undefined
}

/** What a module may ask of the world while it works on one host. */
export interface ModuleContext {
  /** Name of the host in the inventory. */
  readonly host: string
  /** Id of the run: names of temporary files and folders end in it. */
  readonly runId: string
  readonly checkMode: boolean
  readonly diffMode: boolean
  readonly verbosity: number
  /** Aborts when the user interrupts or the task's timeout passes. */
  readonly signal: AbortSignal
  /** The task's `environment:`. `run` and `start` already apply it. */
  readonly environment: Readonly<Record<string, string>>
  /** Session as the task's user (login user, or become user). */
  readonly session: Session
  /** Runs a script as the task's user: one round trip. A status other than 0 is a value, not a throw. */
  run(script: string, options?: ModuleRunOptions): Promise<RunResult>
  /** Starts a script on a channel of its own. */
  start(script: string): Promise<HostProcess>
  /** A session as another user, by the task's become method: `root`, or the owner of a cluster. */
  sessionAs(user: string): Promise<Session>
  /** Reports progress of a long action; cheap, may be called often. */
  progress(progress: Progress): void
  /** A line for the user: `warn` is always shown, `verbose` with `-v`. */
  warn(message: string): void
  verbose(message: string): void
  /**
   * Finds a file on the controller as Ansible does: in `files/` or `templates/` of the role, then beside the tasks
   * file, then beside the playbook.
   *
   * @throws file/not-found with the places that were searched
   */
  findFile(kind: 'files' | 'templates', path: string): Promise<string>
  /** Renders the text of a template file with the task's variables (Ansible's defaults: trim_blocks on). */
  renderFile(path: string, options?: RenderOptions): Promise<string>
  /** Folder on the host, `~` and variables not expanded, in which jobs (`async`) are kept. */
  readonly jobFolder: string
  /** All variables of the host, evaluated; those that cannot be are left out. For scripts of the user's. */
  variables?(): Promise<Readonly<Record<string, PlainValue>>>
}

/** Fields of a task's result beside `changed`, `diff` and `failed`: what `register` gives the user. */
export type ResultFields = Readonly<Record<string, unknown>>

/** What is wrong with the parameters of a task. */
export interface Fault {
  /** The parameter whose place is shown; undefined where none is to blame, as for one that is missing. */
  readonly at: string | undefined
  /** Words to be read behind the name of the module, or an error with a code of its own. */
  readonly error: string | LifeboatError
}

/** Judges parameters together; undefined where nothing is wrong. */
export type Rule = () => Fault | undefined

interface ModuleBase<P extends z.ZodType> {
  /** One sentence for the index of the documentation. */
  readonly summary: string
  /** Further paragraphs of the module's page, Markdown. */
  readonly description?: string
  readonly examples: readonly ModuleExample[]
  /** Validation, defaults, documentation and JSON Schema. Descriptions by `.describe()`. */
  readonly params: P
  /**
   * Rules about several parameters together ("exclude each other"); what one of them must be by itself says `params`.
   * Pure. Each is judged as soon as all that it reads of `given` is known: before the first host is touched where no
   * template stands in its way, else when the arguments are evaluated. So it reads what it needs inside the rule.
   */
  rules?(given: z.output<P>): readonly Rule[]
  /** Other names of parameters, as Ansible knows them: `{ dest: 'path', name: 'path' }`. */
  readonly aliases?: Readonly<Record<string, string>>
  /** The parameter that takes a free-form string (`command: ls -l`). */
  readonly freeForm?: string
  /** Parameters whose values are hidden in every output. */
  readonly sensitive?: readonly string[]
  /**
   * `async` may let the host run it on its own: `act` (`apply` of a module that brings about a state) is one script, run
   * by `run` of its context, and nothing that the controller would have to do comes between or after.
   */
  readonly background?: true
  /** What `register` gives beside `changed`, `failed`, `diff`: name and meaning. */
  readonly returns?: Readonly<Record<string, string>>
}

export interface ModuleExample {
  readonly title: string
  readonly yaml: string
}

/**
 * A module that brings about a state. The engine runs `inspect` and `diff`; where something differs and this is not
 * check mode, `apply`, then `inspect` and `diff` again, which must find nothing (`module/did-not-converge`).
 */
export interface StateModule<P extends z.ZodType = z.ZodType, S = unknown> extends ModuleBase<P> {
  readonly kind: 'state'
  /**
   * One read-only script, one round trip.
   *
   * @param before given in the proof: the state that was inspected before `apply`. What was computed for it and must
   *   not be computed twice (a rendered template) is taken from there.
   */
  inspect(ctx: ModuleContext, params: z.output<P>, before?: S): Promise<S>
  /**
   * Pure: what differs. Empty means ok.
   *
   * @param before given in the proof: the state before `apply`, so that what is no state but an event (`restarted`,
   *   `touch`) can be proven to have happened since.
   */
  diff(state: S, params: z.output<P>, before?: S): readonly Change[]
  /** Makes exactly those changes. What it returns is merged into the result's fields. */
  apply(
    ctx: ModuleContext,
    params: z.output<P>,
    changes: readonly Change[],
    state: S,
  ): Promise<ResultFields | undefined>
  /** Pure: fields of the result, from the last state that was inspected. */
  result?(state: S, params: z.output<P>, changes: readonly Change[]): ResultFields
}

export interface ActionResult {
  readonly changed: boolean
  /** The action did not do what was asked; `msg` says why. */
  readonly failed?: boolean
  readonly skipped?: boolean
  readonly msg?: string
  /** `ansible_facts` among them become facts of the host, as of a module that reads. */
  readonly fields?: ResultFields
  readonly diff?: readonly Change[]
}

/** A module that only acts (`command`): skipped in check mode unless `check` can answer honestly. */
export interface ActionModule<P extends z.ZodType = z.ZodType> extends ModuleBase<P> {
  readonly kind: 'action'
  /** What check mode answers; undefined means that it cannot know, and the task is skipped. */
  check?(ctx: ModuleContext, params: z.output<P>): Promise<ActionResult | undefined>
  act(ctx: ModuleContext, params: z.output<P>): Promise<ActionResult>
}

/** A module that only reads: it runs in check mode too and never changes anything. */
export interface ReadModule<P extends z.ZodType = z.ZodType> extends ModuleBase<P> {
  readonly kind: 'read'
  /** `ansible_facts` among the fields become facts of the host. */
  read(
    ctx: ModuleContext,
    params: z.output<P>,
  ): Promise<ResultFields & { readonly failed?: boolean; readonly msg?: string }>
}

/** What a control module may ask: it works on the controller, with the host's variables, and touches no host. */
export interface ControlContext {
  readonly host: string
  readonly checkMode: boolean
  readonly verbosity: number
  /** Evaluates a bare Jinja2 expression with the task's variables. */
  evaluate(expression: string): unknown
}

export interface ControlResult {
  readonly failed?: boolean
  readonly skipped?: boolean
  readonly msg?: string
  /** Facts to set for the host (`set_fact`). */
  readonly facts?: ResultFields
  readonly fields?: ResultFields
}

/** A module that steers the run (`debug`, `assert`, `fail`, `set_fact`): no host is touched. */
export interface ControlModule<P extends z.ZodType = z.ZodType> extends ModuleBase<P> {
  readonly kind: 'control'
  decide(ctx: ControlContext, params: z.output<P>): ControlResult
}

export type Module = StateModule | ActionModule | ReadModule | ControlModule

/** Declares a module; the default export of its file. Its name is the file's. */
export const defineModule = <P extends z.ZodType, S>(module: StateModule<P, S>): StateModule<P, S> => module
export const defineAction = <P extends z.ZodType>(module: ActionModule<P>): ActionModule<P> => module
export const defineReader = <P extends z.ZodType>(module: ReadModule<P>): ReadModule<P> => module
export const defineControl = <P extends z.ZodType>(module: ControlModule<P>): ControlModule<P> => module
