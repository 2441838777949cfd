import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { ProcessOutput } from 'zx/core'
import { LifeboatError } from '../../base/errors.ts'
import type { Position } from '../../base/position.ts'
import { isMapping, type PlainValue } from '../../base/value.ts'
import type { Session } from '../connection.ts'
import { type HostShell, type HostShellEntry, hostShell } from './host-shell.ts'

/** What a script of the user's is given. */
export interface ScriptContext {
  /** zx's `$`, bound to the host and the task's user. */
  readonly $: HostShell
  /** Name of the host in the inventory. */
  readonly host: string
  readonly vars: Readonly<Record<string, PlainValue>>
  readonly args: Readonly<Record<string, PlainValue>>
  readonly log: (message: string) => void
  readonly signal: AbortSignal
}

export interface ScriptOptions {
  readonly session: Session
  readonly host: string
  readonly vars: Readonly<Record<string, PlainValue>>
  readonly args: Readonly<Record<string, PlainValue>>
  readonly environment?: Readonly<Record<string, string>> | undefined
  readonly signal: AbortSignal
  /** A line of the script's own `log`. */
  readonly log: (message: string) => void
  /** Every command and its output. */
  readonly onCommand?: ((entry: HostShellEntry) => void) | undefined
}

export interface ScriptResult {
  /** What the script returned; true where it said nothing, as for a command. */
  readonly changed: boolean
  readonly facts: Readonly<Record<string, unknown>>
  /** Everything else that it returned. */
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * Runs a script of the user's on the controller, with `$` bound to a host:
 * `export default async ({ $, host, vars, args, log, signal }) => ({ changed, facts })`.
 *
 * @throws host/script-bad, host/script-failed; what its commands threw of their own (host/lost, lifeboat/interrupted)
 */
export const runZxScript = async (path: string, options: ScriptOptions): Promise<ScriptResult> => {
  const main = await loadScript(path)
  const { session, host, vars, args, environment, signal, log } = options
  const $ = hostShell(session, { environment, signal, log: options.onCommand })
  let abort: () => void = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () =>
      reject(
        signal.reason instanceof LifeboatError
          ? signal.reason
          : new LifeboatError('lifeboat/interrupted', `${path} was stopped on ${host}`, { cause: signal.reason }),
      )
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
  })
  aborted.catch(() => {})
  try {
    const context: ScriptContext = { $, host, vars, args, log, signal }
    const returned = await Promise.race([Promise.resolve().then(() => main(context)), aborted])
    return readReturned(path, returned)
  } catch (error) {
    throw await scriptError(path, error)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

type Main = (context: ScriptContext) => unknown

const loadScript = async (path: string): Promise<Main> => {
  const module = (await import(pathToFileURL(path).href).catch((error: NodeJS.ErrnoException) => {
    const typescript = error.code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[cm]?ts$/.test(path)
    throw new LifeboatError(
      'host/script-bad',
      typescript ? `${path} is TypeScript, which this Node cannot load` : `${path} cannot be loaded: ${error.message}`,
      {
        hints: typescript ? ['write it as .mjs, or use Node 22.18 or newer'] : [],
        cause: error,
      },
    )
  })) as { default?: unknown }
  if (typeof module.default === 'function') return module.default as Main
  throw new LifeboatError('host/script-bad', `${path} has no function as its default export`, {
    hints: ['begin it with: export default async ({ $, host, vars, args, log }) => {'],
  })
}

const readReturned = (path: string, returned: unknown): ScriptResult => {
  if (returned === undefined || returned === null) return { changed: true, facts: {}, fields: {} }
  if (!isMapping(returned)) {
    throw new LifeboatError('host/script-bad', `${path} returned a ${typeof returned}, not { changed, facts }`)
  }
  const { changed = true, facts = {}, ...fields } = returned
  if (typeof changed !== 'boolean') {
    throw new LifeboatError('host/script-bad', `${path} returned "changed" as ${typeof changed}, not true or false`)
  }
  if (!isMapping(facts)) throw new LifeboatError('host/script-bad', `${path} returned "facts" that are no mapping`)
  return { changed, facts, fields }
}

const scriptError = async (path: string, error: unknown): Promise<LifeboatError> => {
  if (error instanceof LifeboatError) return error
  if (error instanceof ProcessOutput) {
    if (error.cause instanceof LifeboatError) return error.cause
    const said = error.stderr.trim() || error.stdout.trim()
    return new LifeboatError(
      'host/script-failed',
      `a command of ${path} ended with status ${error.exitCode}${said ? `: ${lastLines(said)}` : ''}`,
      {
        where: await placeIn(path, error.message),
        data: { rc: error.exitCode, stdout: error.stdout, stderr: error.stderr },
        cause: error,
      },
    )
  }
  const message = error instanceof Error ? error.message : String(error)
  return new LifeboatError('host/script-failed', `${path} failed: ${message}`, {
    where: error instanceof Error ? await placeIn(path, error.stack ?? '') : undefined,
    cause: error,
  })
}

const lastLines = (text: string): string => text.split('\n').slice(-5).join('\n')

/** Finds the script's own line in a stack. */
const placeIn = async (path: string, stack: string): Promise<Position | undefined> => {
  const url = pathToFileURL(path).href
  for (const name of [url, path]) {
    const at = stack.indexOf(`${name}:`)
    const [, line, column] = at === -1 ? [] : (/^:(\d+):(\d+)/.exec(stack.slice(at + name.length)) ?? [])
    if (line === undefined || column === undefined) continue
    const text = await readFile(path, 'utf8').catch(() => '')
    return { source: { path, text }, line: Number(line), column: Number(column) }
  }
  return undefined
}
