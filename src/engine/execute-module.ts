import type { Change } from '../base/change.ts'
import { isMultiline } from '../base/diff-text.ts'
import { LifeboatError } from '../base/errors.ts'
import { reportError } from '../base/report-error.ts'
import type { ErrorReport } from '../base/result.ts'
import type {
  ActionModule,
  ActionResult,
  Module,
  ModuleContext,
  ReadModule,
  ResultFields,
  StateModule,
} from '../modules/contract.ts'
import { UNCHANGED } from '../modules/shared/job-result.ts'
import { type Background, backgroundContext, LeftToHost } from './background.ts'

/** What a module came to, before `changed_when`, `failed_when` and `ignore_errors` have their say. */
export interface ModuleOutcome {
  readonly changed: boolean
  readonly failed: boolean
  readonly skipped: boolean
  readonly unreachable: boolean
  readonly msg: string | undefined
  readonly fields: Readonly<Record<string, unknown>>
  readonly changes: readonly Change[]
  readonly error: ErrorReport | undefined
  /** Variables to set for the host under exactly these names (`set_fact`); facts go by `ansible_facts`. */
  readonly variables: Readonly<Record<string, unknown>> | undefined
}

export const outcomeOf = (part: Partial<ModuleOutcome>): ModuleOutcome => ({
  changed: false,
  failed: false,
  skipped: false,
  unreachable: false,
  msg: undefined,
  fields: {},
  changes: [],
  error: undefined,
  variables: undefined,
  ...part,
})

/** The exit status of errors that mean no connection, or one that was lost. */
const EXIT_UNREACHABLE = 4

/** A failure as the outcome of a task: errors of a host are results, never throws. */
export const failureOf = (error: unknown, changes: readonly Change[] = []): ModuleOutcome => {
  const report = reportError(error)
  const data = error instanceof LifeboatError ? error.data : {}
  const unreachable = error instanceof LifeboatError && error.exitStatus === EXIT_UNREACHABLE
  return outcomeOf({ failed: !unreachable, unreachable, msg: report.message, fields: data, changes, error: report })
}

const summarize = (changes: readonly Change[]): string =>
  changes
    .map((change) =>
      change.sensitive || isMultiline(change)
        ? change.subject
        : `${change.subject} (${show(change.before)} → ${show(change.after)})`,
    )
    .join(', ')

const show = (value: Change['before']): string => {
  const text = value === null ? 'nothing' : Array.isArray(value) ? value.join(', ') : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** Does the work of a module; where the host was left to do it alone, nothing more is known than that it has begun. */
const work = async <T>(
  ctx: ModuleContext,
  background: Background | undefined,
  act: (ctx: ModuleContext) => Promise<T>,
): Promise<{ readonly done?: T; readonly fields: ResultFields }> => {
  if (!background) return { done: await act(ctx), fields: {} }
  const own = backgroundContext(ctx, background)
  try {
    return { done: await act(own), fields: own.fields() }
  } catch (error) {
    if (error instanceof LeftToHost) return { fields: error.fields }
    throw error
  }
}

/** Inspects, decides, and in a real run applies and proves by inspecting and deciding once more. */
const bringAbout = async (
  module: StateModule,
  params: unknown,
  ctx: ModuleContext,
  background: Background | undefined,
): Promise<ModuleOutcome> => {
  const before = await module.inspect(ctx, params)
  const changes = module.diff(before, params)
  const fieldsOf = (state: unknown): ResultFields => module.result?.(state, params, changes) ?? {}
  if (changes.length === 0) {
    // Who asks for the job later must find one.
    const nothing = background && (await work(ctx, background, (own) => own.run(':', { keep: UNCHANGED })))
    return outcomeOf({ fields: { ...fieldsOf(before), ...nothing?.fields } })
  }
  if (ctx.checkMode) return outcomeOf({ changed: true, changes, fields: fieldsOf(before) })
  const worked = await work(ctx, background, async (own) => (await module.apply(own, params, changes, before)) ?? {})
  if (worked.done === undefined) return outcomeOf({ changed: true, changes, fields: worked.fields })
  const applied = { ...worked.done, ...worked.fields }
  const after = await module.inspect(ctx, params, before)
  const left = module.diff(after, params, before)
  const fields = { ...fieldsOf(after), ...applied }
  if (left.length === 0) return outcomeOf({ changed: true, changes, fields })
  const error = new LifeboatError(
    'module/did-not-converge',
    `after the change this still differs: ${summarize(left)}`,
    {
      hints: [
        'something on the host undoes the change, or it takes effect later; compare the values above on the host',
      ],
    },
  )
  return { ...failureOf(error, changes), changed: true, fields }
}

const fromAction = (result: ActionResult): ModuleOutcome =>
  outcomeOf({
    changed: result.changed,
    failed: result.failed ?? false,
    skipped: result.skipped ?? false,
    msg: result.msg,
    fields: result.fields ?? {},
    changes: result.diff ?? [],
  })

const act = async (
  module: ActionModule,
  params: unknown,
  ctx: ModuleContext,
  background: Background | undefined,
): Promise<ModuleOutcome> => {
  if (!ctx.checkMode) {
    const { done, fields } = await work(ctx, background, (own) => module.act(own, params))
    if (done === undefined) return outcomeOf({ changed: true, fields })
    return fromAction({ ...done, fields: { ...done.fields, ...fields } })
  }
  const answer = await module.check?.(ctx, params)
  if (answer) return fromAction(answer)
  return outcomeOf({ skipped: true, msg: 'skipped in check mode: what this command would change cannot be known' })
}

const read = async (module: ReadModule, params: unknown, ctx: ModuleContext): Promise<ModuleOutcome> => {
  const { failed, msg, ...fields } = await module.read(ctx, params)
  return outcomeOf({ failed: failed ?? false, msg, fields })
}

/**
 * Runs a module that works on a host. Whatever it throws becomes a failed or unreachable outcome.
 *
 * @param background where the host is to do the work on its own (`async`)
 */
export const executeModule = async (
  module: Exclude<Module, { kind: 'control' }>,
  params: unknown,
  ctx: ModuleContext,
  background?: Background,
): Promise<ModuleOutcome> => {
  try {
    switch (module.kind) {
      case 'state':
        return await bringAbout(module, params, ctx, background)
      case 'action':
        return await act(module, params, ctx, background)
      case 'read':
        return await read(module, params, ctx)
    }
  } catch (error) {
    const stopped = ctx.signal.aborted && !(error instanceof LifeboatError)
    return failureOf(stopped ? ctx.signal.reason : error)
  }
}
