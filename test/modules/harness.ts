/**
 * Runs modules for real against this machine, as the engine would run them, without an engine.
 *
 *   const { state, changes, fields } = await converge(file, { path, state: 'directory' })
 *
 * `converge` holds what every state module promises: check mode predicts exactly the changes that a run makes, a look
 * afterwards finds nothing left, and a second run changes nothing. `context()` makes the `ModuleContext` over a local
 * session (or one of another connection), `run` executes a module of any kind once, `predict` is check mode.
 */
import { readFileSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { expect } from 'vitest'
import type { z } from 'zod'
import type { Change } from '../../src/base/change.ts'
import { LifeboatError } from '../../src/base/errors.ts'
import type { PlainValue } from '../../src/base/value.ts'
import type { RunOptions, Session } from '../../src/host/connection.ts'
import { parseArguments } from '../../src/modules/arguments.ts'
import type { ActionResult, Module, ModuleContext, StateModule } from '../../src/modules/contract.ts'
import type { RenderOptions } from '../../src/text/template/render-file.ts'
import { localSession } from './local-session.ts'

export interface ContextOptions {
  readonly session?: Session
  readonly sessionAs?: (user: string) => Promise<Session>
  readonly checkMode?: boolean
  readonly diffMode?: boolean
  readonly verbosity?: number
  readonly environment?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly runId?: string
  /** Folder on the controller in which `src` of copy and template is looked for. */
  readonly directory?: string
  /** Stands in for the template engine; without it templates are left as they are. */
  readonly render?: (text: string, options: RenderOptions | undefined) => string | Promise<string>
}

export interface TestContext extends ModuleContext {
  readonly warnings: string[]
  readonly scripts: string[]
}

/** A context over a session on this machine. It keeps the warnings and the scripts that the module ran. */
export const context = (options: ContextOptions = {}): TestContext => {
  const session = options.session ?? localSession()
  const scripts: string[] = []
  const warnings: string[] = []
  const environment = options.environment ?? {}
  const signal = options.signal ?? new AbortController().signal
  const find = async (_kind: string, path: string): Promise<string> => {
    const found = isAbsolute(path) ? path : join(options.directory ?? '.', path)
    await access(found).catch(() => {
      throw new LifeboatError('file/not-found', `there is no file ${found}`)
    })
    return found
  }
  return {
    host: 'localhost',
    jobFolder: '~/.lifeboat/async',
    runId: options.runId ?? '20260101T000000Z-test',
    checkMode: options.checkMode ?? false,
    diffMode: options.diffMode ?? true,
    verbosity: options.verbosity ?? 0,
    signal,
    environment,
    session,
    warnings,
    scripts,
    run: (script: string, run: RunOptions = {}) => {
      scripts.push(script)
      return session.run(script, { signal, ...run, environment: { ...environment, ...run.environment } })
    },
    start: (script) => session.start(script, { environment, signal }),
    sessionAs: options.sessionAs ?? (async () => session),
    progress: () => undefined,
    warn: (message) => void warnings.push(message),
    verbose: () => undefined,
    findFile: find,
    renderFile: async (path, render) => (options.render ?? ((text) => text))(readFileSync(path, 'utf8'), render),
  }
}

export interface Convergence<S> {
  /** State before the change, and the last one that was inspected. */
  readonly before: S
  readonly state: S
  readonly changes: readonly Change[]
  readonly fields: Readonly<Record<string, unknown>>
  readonly warnings: readonly string[]
}

export interface ConvergeOptions extends ContextOptions {
  readonly name?: string
  /** The second run changes something too (`restarted`): only the proof is asked for. */
  readonly event?: boolean
  /** Nothing is expected to differ from the beginning. */
  readonly ok?: boolean
}

/**
 * Brings a state about and checks all promises of the contract.
 *
 * @param params as a user writes them, before validation
 */
export const converge = async <P extends z.ZodType, S>(
  module: StateModule<P, S>,
  params: Record<string, PlainValue>,
  options: ConvergeOptions = {},
): Promise<Convergence<S>> => {
  const parsed = parseArguments(options.name ?? 'module', module as never, params) as z.output<P>
  const predicted = await predict(module, params, options)
  const ctx = context(options)
  const before = await module.inspect(ctx, parsed)
  const changes = module.diff(before, parsed)
  expect(predicted, 'check mode predicts the changes').toEqual(changes)
  if (options.ok) expect(changes).toEqual([])
  let state = before
  let applied: Readonly<Record<string, unknown>> = {}
  if (changes.length > 0) {
    applied = (await module.apply(ctx, parsed, changes, before)) ?? {}
    state = await module.inspect(ctx, parsed, before)
    expect(module.diff(state, parsed, before), 'nothing is left after the change').toEqual([])
  }
  if (!options.event) {
    expect(module.diff(await module.inspect(context(options), parsed), parsed), 'a second run changes nothing').toEqual(
      [],
    )
  }
  const fields = { ...module.result?.(state, parsed, changes), ...applied }
  return { before, state, changes, fields, warnings: ctx.warnings }
}

/** The changes that check mode predicts. */
export const predict = async <P extends z.ZodType, S>(
  module: StateModule<P, S>,
  params: Record<string, PlainValue>,
  options: ConvergeOptions = {},
): Promise<readonly Change[]> => {
  const parsed = parseArguments(options.name ?? 'module', module as never, params) as z.output<P>
  return module.diff(await module.inspect(context({ ...options, checkMode: true }), parsed), parsed)
}

/** Runs an action once (in check mode: what it answers there), or reads. */
export const run = async (
  module: Extract<Module, { kind: 'action' | 'read' }>,
  params: Record<string, PlainValue>,
  options: ContextOptions & { name?: string } = {},
): Promise<ActionResult> => {
  const parsed = parseArguments(options.name ?? 'module', module, params)
  const ctx = context(options)
  if (module.kind === 'read') {
    const { failed, msg, ...fields } = await module.read(ctx, parsed)
    return {
      changed: false,
      ...(failed === undefined ? {} : { failed }),
      ...(msg === undefined ? {} : { msg }),
      fields,
    }
  }
  if (!ctx.checkMode) return module.act(ctx, parsed)
  return (await module.check?.(ctx, parsed)) ?? { changed: false, skipped: true }
}
