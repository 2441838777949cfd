import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type LogEntry, type Options, type ProcessPromise, $ as zx } from 'zx/core'
import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Session } from '../connection.ts'
import { HostChild } from './spawn.ts'

export interface HostShellOptions {
  /** Environment of every command. Nothing of the controller's is passed on. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Stops what runs on the host when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** Hears of every command and of its output, piece by piece. */
  readonly log?: ((entry: HostShellEntry) => void) | undefined
}

export interface HostShellEntry {
  readonly kind: 'command' | 'stdout' | 'stderr'
  readonly text: string
}

/** What `$({ … })` takes: zx's options that mean something on a host. */
export type CommandOptions = Partial<
  Pick<
    Options,
    | 'input'
    | 'timeout'
    | 'nothrow'
    | 'signal'
    | 'delimiter'
    | 'halt'
    | 'cwd'
    | 'quiet'
    | 'verbose'
    | 'timeoutSignal'
    | 'killSignal'
  >
> & { readonly env?: Readonly<Record<string, string | undefined>> }

/** zx's `$`, bound to a host and a user: a template runs there, options give another `$`. */
export interface HostShell {
  (pieces: TemplateStringsArray, ...values: unknown[]): ProcessPromise
  (options: CommandOptions): HostShell
}

/**
 * zx's `$` for a session. Commands are POSIX sh, run in the user's home folder or `cwd`, and read end of file unless
 * `input` is given, something is piped into them or `stdin` is used at once. Output is held in memory: bulk data
 * belongs to `session.start`.
 *
 * What zx would do on the controller instead is closed: `.pipe` of a template runs on the host, `.pipe('file')` and
 * `$.sync` are refused, kill and timeouts stop the process group on the host.
 *
 * @throws host/script-bad for options that cannot be honoured
 */
export const hostShell = (session: Session, options: HostShellOptions = {}): HostShell => bind(session, options, {})

const bind = (session: Session, options: HostShellOptions, own: CommandOptions): HostShell => {
  const shell = (first: TemplateStringsArray | CommandOptions, ...values: unknown[]): ProcessPromise | HostShell =>
    isTemplate(first)
      ? launch(session, options, own, first, values)
      : bind(session, options, { ...own, ...checked(first) })
  return shell as HostShell
}

const launch = (
  session: Session,
  options: HostShellOptions,
  own: CommandOptions,
  pieces: TemplateStringsArray,
  values: readonly unknown[],
): ProcessPromise => {
  const { cwd, env, ...rest } = own
  let child: HostChild | undefined
  let stdinAsked = rest.input !== undefined
  const askStdin = (): void => {
    stdinAsked = true
  }
  const spawn = (command: string, _words: readonly string[], spawnOptions: { signal?: AbortSignal }): HostChild => {
    const signals = [options.signal, spawnOptions.signal].filter((signal) => signal !== undefined)
    child = new HostChild(session, command, {
      cwd,
      environment: { ...options.environment, ...given(env) },
      signal: signals.length > 0 ? AbortSignal.any(signals) : undefined,
      wantsStdin: () => stdinAsked,
    })
    return child
  }
  const promise = zx({
    ...CLOSED,
    ...rest,
    log: (entry: LogEntry) => report(entry, options),
    spawn: spawn as unknown as Options['spawn'],
  })(pieces, ...values)
  setCaller(promise)
  return bindPromise(promise, { kill: (signal) => child?.kill(signal), askStdin, again: bind(session, options, own) })
}

/** zx's settings as they must be, whatever its defaults are made by ZX_ variables of the environment. */
const CLOSED: Partial<Options> = {
  shell: 'sh',
  prefix: '',
  postfix: '',
  quote,
  quiet: true,
  verbose: false,
  nothrow: false,
  env: {},
  stdio: 'pipe',
  detached: false,
  preferLocal: false,
  killSignal: 'SIGTERM',
  timeoutSignal: 'SIGTERM',
  spawnSync: (() => {
    throw refused('$.sync', 'await the command instead')
  }) as unknown as Options['spawnSync'],
  kill: async () => {
    throw refused('$.kill', 'use kill() of the command')
  },
}

const report = (entry: LogEntry, options: HostShellOptions): void => {
  if (entry.kind === 'cmd') options.log?.({ kind: 'command', text: entry.cmd })
  if (entry.kind === 'stdout' || entry.kind === 'stderr') options.log?.({ kind: entry.kind, text: String(entry.data) })
}

interface Binding {
  kill(signal: 'TERM' | 'KILL' | 'INT'): Promise<void> | undefined
  askStdin(): void
  /** The same `$` again, for templates piped into. */
  readonly again: HostShell
}

/** Gives a command's promise the methods that zx would otherwise run on the controller. */
const bindPromise = (promise: ProcessPromise, binding: Binding): ProcessPromise => {
  const inner = promise as unknown as { _stdin: NodeJS.EventEmitter; _pipe: (...all: unknown[]) => unknown }
  inner._stdin.on('pipe', binding.askStdin)
  const zxPipe = inner._pipe.bind(promise)
  const pipe =
    (source: 'stdout' | 'stderr' | 'stdall') =>
    (target: unknown, ...values: unknown[]): unknown => {
      if (typeof target === 'string') throw refused('.pipe(path)', 'redirect in the command, or pipe into a stream')
      return isTemplate(target)
        ? zxPipe(source, binding.again({ halt: true })(target, ...values))
        : zxPipe(source, target)
    }
  const define = (name: string, descriptor: PropertyDescriptor): void =>
    void Object.defineProperty(promise, name, { configurable: true, ...descriptor })
  define('pipe', {
    value: Object.assign(pipe('stdout'), { stdout: pipe('stdout'), stderr: pipe('stderr'), stdall: pipe('stdall') }),
  })
  define('kill', { value: async (signal?: string) => await binding.kill(signalName(signal)) })
  for (const name of ['write', 'end'] as const) {
    const method = promise[name].bind(promise) as (...all: unknown[]) => unknown
    define(name, {
      value: (...all: unknown[]) => {
        binding.askStdin()
        return method(...all)
      },
    })
  }
  define('stdin', {
    get() {
      binding.askStdin()
      return promise.child?.stdin
    },
  })
  return promise
}

const isTemplate = (value: unknown): value is TemplateStringsArray => Array.isArray(value) && 'raw' in value

const signalName = (signal: string | undefined): 'TERM' | 'KILL' | 'INT' => {
  const name = (signal ?? 'SIGTERM').replace(/^SIG/, '')
  if (name === 'TERM' || name === 'KILL' || name === 'INT') return name
  throw refused(`the signal ${name}`, 'use SIGTERM, SIGINT or SIGKILL')
}

const KNOWN = new Set<string>([
  ...['input', 'timeout', 'nothrow', 'signal', 'delimiter', 'halt', 'cwd', 'env', 'quiet', 'verbose'],
  ...['timeoutSignal', 'killSignal'],
])

const checked = (options: CommandOptions): CommandOptions => {
  for (const name of Object.keys(options)) {
    if (!KNOWN.has(name)) throw refused(`the option ${name}`, `the options are ${[...KNOWN].join(', ')}`)
  }
  if (options.cwd !== undefined && !isAbsolute(options.cwd)) {
    throw refused(`cwd "${options.cwd}"`, 'write an absolute path of the host')
  }
  return options
}

const given = (env: CommandOptions['env']): Record<string, string> => {
  const entries = Object.entries(env ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(entries)
}

const refused = (what: string, hint: string): LifeboatError =>
  new LifeboatError('host/script-bad', `${what} is not possible in a command on a host`, { hints: [hint] })

/** zx names the place of a command by the first file of the stack, which would be this one. */
const setCaller = (promise: ProcessPromise): void => {
  const lines = new Error().stack?.split('\n').slice(1) ?? []
  const caller = lines.find((line) => !line.includes(fileURLToPath(import.meta.url)) && !/node_modules.zx./.test(line))
  const snapshot = (promise as unknown as { _snapshot?: { from: string } })._snapshot
  if (caller && snapshot) snapshot.from = caller.replace(/^\s*at\s+/, '')
}
