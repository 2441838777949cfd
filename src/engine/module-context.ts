import { access, readFile } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { LifeboatError } from '../base/errors.ts'
import type { RunEventBody, TaskInfo } from '../base/events.ts'
import type { PlainValue } from '../base/value.ts'
import type { Become, HostProcess, RunOptions, RunResult, Session } from '../host/connection.ts'
import type { ModuleContext } from '../modules/contract.ts'
import type { Role } from '../playbook/types.ts'
import type { RenderOptions } from '../text/template/render-file.ts'
import type { Templar } from '../text/template/templar.ts'
import { LazyMapping } from '../text/template/values/lazy.ts'

export interface ContextParts {
  readonly host: string
  readonly task: TaskInfo
  readonly runId: string
  readonly checkMode: boolean
  readonly diffMode: boolean
  readonly verbosity: number
  readonly signal: AbortSignal
  readonly environment: Readonly<Record<string, string>>
  readonly session: Session
  readonly become: Become | undefined
  readonly sessionAs: (become: Become) => Promise<Session>
  readonly templar: Templar
  readonly emit: (event: RunEventBody) => void
  readonly role: Role | undefined
  readonly directory: string
  readonly playDirectory: string
  readonly jobFolder: string
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const findFile = async (parts: ContextParts, kind: 'files' | 'templates', path: string): Promise<string> => {
  if (isAbsolute(path)) {
    if (await exists(path)) return path
    throw new LifeboatError('file/not-found', `${path} does not exist on the controller`)
  }
  const folders = [
    ...(parts.role ? [join(parts.role.path, kind), parts.role.path] : []),
    join(parts.directory, kind),
    parts.directory,
    join(parts.playDirectory, kind),
    parts.playDirectory,
  ].map((folder) => resolve(folder))
  const places = [...new Set(folders)].map((folder) => join(folder, path))
  for (const place of places) if (await exists(place)) return place
  throw new LifeboatError('file/not-found', `${path} was not found on the controller`, {
    hints: [`searched: ${places.join(', ')}`],
  })
}

const render = async (parts: ContextParts, path: string, options: RenderOptions = {}): Promise<string> => {
  const text = await readFile(path, 'utf8')
  return parts.templar.renderFile({ path, text }, options)
}

/** All variables of the host, evaluated; one that cannot be evaluated is left out until somebody asks for it by name. */
const variablesOf = (templar: Templar): Record<string, PlainValue> => {
  const variables: Record<string, PlainValue> = {}
  const all = templar.variables()
  for (const name of all.keys()) {
    try {
      const value = templar.variable(name)
      if (value !== undefined && !(value instanceof LazyMapping)) variables[name] = value
    } catch (error) {
      if (!(error instanceof LifeboatError)) throw error
    }
  }
  return variables
}

/** Makes the context of a module at work on one host. */
export const moduleContext = (parts: ContextParts): ModuleContext => {
  const { host, task, session, environment, signal, emit } = parts
  const withDefaults = (options: RunOptions = {}): RunOptions => ({
    signal,
    ...options,
    environment: { ...environment, ...options.environment },
  })
  return {
    host,
    runId: parts.runId,
    checkMode: parts.checkMode,
    diffMode: parts.diffMode,
    verbosity: parts.verbosity,
    signal,
    environment,
    session,
    jobFolder: parts.jobFolder,
    run: (script: string, options?: RunOptions): Promise<RunResult> => session.run(script, withDefaults(options)),
    start: (script: string): Promise<HostProcess> => session.start(script, { environment, signal }),
    sessionAs: (user: string): Promise<Session> => {
      if (user === session.user) return Promise.resolve(session)
      const { password, executable, flags } = parts.become ?? {}
      return parts.sessionAs({ user, method: parts.become?.method ?? 'sudo', password, executable, flags })
    },
    progress: (progress) => emit({ type: 'host-progress', task, host, progress }),
    warn: (message) => emit({ type: 'host-message', task, host, level: 'warning', message }),
    verbose: (message) => emit({ type: 'host-message', task, host, level: 'verbose', message }),
    variables: async () => variablesOf(parts.templar),
    findFile: (kind, path) => findFile(parts, kind, path),
    renderFile: (path, options) => render(parts, path, options),
  }
}
