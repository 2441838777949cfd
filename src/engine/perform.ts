import { LifeboatError } from '../base/errors.ts'
import type { TaskInfo } from '../base/events.ts'
import type { Secrets } from '../base/secrets.ts'
import type { PlainValue, Value, Variables } from '../base/value.ts'
import type { Become, Session } from '../host/connection.ts'
import { parseArguments } from '../modules/arguments.ts'
import type { ControlModule, ControlResult } from '../modules/contract.ts'
import { loadModule } from '../modules/load.ts'
import type { Placed } from '../playbook/types.ts'
import { removeOmitted } from '../text/template/omit.ts'
import type { Templar } from '../text/template/templar.ts'
import { Undefined } from '../text/template/values/undefined.ts'
import { asBoolean, becomeOf } from './become.ts'
import { connectionVariables } from './connection-variables.ts'
import { executeModule, failureOf, type ModuleOutcome, outcomeOf } from './execute-module.ts'
import { namingHalfDone } from './half-done.ts'
import { asNumber } from './keyword-values.ts'
import { moduleContext } from './module-context.ts'
import type { PlayRun } from './run.ts'
import { positionsOf, taskArguments } from './task-arguments.ts'
import { taskBackground } from './task-background.ts'
import type { TaskStep } from './task-conditions.ts'
import { templarFor } from './templar.ts'
import { timeLimit } from './time-limit.ts'

export interface Performed {
  readonly outcome: ModuleOutcome
  readonly delegatedTo: string | undefined
}

/** Evaluates the arguments of a task and runs its module once, on the host or on the one it is delegated to. */
export const perform = async (
  playRun: PlayRun,
  step: TaskStep,
  info: TaskInfo,
  host: string,
  templar: Templar,
  local: Variables,
): Promise<Performed> => {
  const { run } = playRun
  const { keywords, item: task } = step
  const value = (placed: Placed<Value> | undefined): PlainValue | undefined => {
    if (placed === undefined) return undefined
    return removeOmitted(templar.evaluate(placed.value))
  }
  let delegatedTo: string | undefined
  try {
    const delegate = value(keywords.delegateTo)
    delegatedTo = delegate === undefined || delegate === null || delegate === '' ? undefined : String(delegate)
    const name = task.module.value
    const module = await loadModule(name, run.moduleFolders)
    const args = taskArguments(task, module, keywords, templar)
    const params = parseArguments(name, module, args, positionsOf(task, module), task.module.position)
    const checkMode = keywords.checkMode
      ? asBoolean(value(keywords.checkMode), 'check_mode', keywords.checkMode)
      : run.options.checkMode
    const diffMode = keywords.diff ? asBoolean(value(keywords.diff), 'diff', keywords.diff) : run.options.diffMode
    const hidden = keywords.noLog !== undefined && asBoolean(value(keywords.noLog), 'no_log', keywords.noLog)
    const redact = <T>(kept: T): T => run.secrets.redactValue(kept)
    const background = taskBackground(task, module, value, { checkMode, hidden, redact })
    if (module.kind === 'control') {
      return {
        outcome: control(module, params, { host, checkMode, playRun, templar, where: task.module }),
        delegatedTo,
      }
    }
    const target = delegatedTo ?? host
    const own = delegatedTo === undefined ? templar : templarFor(playRun, target, { local })
    const variables = connectionVariables(own, keywords, value)
    const become = becomeOf(keywords, value, variables, run.options)
    keepSecret(run.secrets, variables, PASSWORDS)
    keepSecret(run.secrets, args, module.sensitive ?? [])
    const sessionAs = (wanted: Become | undefined): Promise<Session> =>
      run.connections.session(target, variables, wanted)
    const seconds = keywords.timeout ? asNumber(value(keywords.timeout) ?? 0, 'timeout', keywords.timeout.position) : 0
    const environment = environmentOf(keywords.environments, value)
    const limit = timeLimit(run.signal, seconds)
    const context = moduleContext({
      host,
      task: info,
      runId: run.options.runId,
      checkMode,
      diffMode,
      verbosity: run.options.verbosity,
      signal: limit.signal,
      environment,
      session: await sessionAs(become),
      become,
      sessionAs,
      templar,
      emit: (event) => {
        // What a module says of its work is part of what no_log hides.
        if (!(hidden && event.type === 'host-message')) run.events.emit(event)
      },
      role: step.role,
      directory: task.directory,
      playDirectory: playRun.play.directory,
      jobFolder: String(variables.ansible_async_dir ?? environment.ANSIBLE_ASYNC_DIR ?? '~/.lifeboat/async'),
    })
    const outcome = await executeModule(module, params, context, background).finally(limit.end)
    return { outcome: namingHalfDone(outcome, info, target), delegatedTo }
  } catch (error) {
    return { outcome: failureOf(error), delegatedTo }
  }
}

/** Variables that hold passwords: whatever they are, no output shows them. */
const PASSWORDS = [
  'ansible_password',
  'ansible_ssh_pass',
  'ansible_ssh_password',
  'ansible_private_key_passphrase',
  'ansible_ssh_private_key_passphrase',
  'ansible_become_password',
  'ansible_become_pass',
]

const keepSecret = (secrets: Secrets, values: Readonly<Record<string, PlainValue>>, names: readonly string[]): void => {
  for (const name of names) {
    const value = values[name]
    if (typeof value === 'string' || typeof value === 'number') secrets.add(String(value))
  }
}

const environmentOf = (
  environments: readonly Placed<Value>[],
  value: (placed: Placed<Value>) => PlainValue | undefined,
): Record<string, string> => {
  const merged: Record<string, string> = {}
  for (const placed of environments) {
    const evaluated = value(placed)
    for (const mapping of Array.isArray(evaluated) ? evaluated : [evaluated]) {
      if (mapping === undefined || mapping === null || mapping === '') continue
      if (typeof mapping !== 'object' || Array.isArray(mapping)) {
        throw new LifeboatError('engine/bad-keyword-value', 'environment must be a mapping of names to values', {
          where: placed.position,
        })
      }
      for (const [name, text] of Object.entries(mapping)) merged[name] = text === null ? '' : String(text)
    }
  }
  return merged
}

interface ControlParts {
  readonly host: string
  readonly checkMode: boolean
  readonly playRun: PlayRun
  readonly templar: Templar
  readonly where: Placed<string>
}

const control = (module: ControlModule, params: unknown, parts: ControlParts): ModuleOutcome => {
  const { host, checkMode, playRun, templar, where } = parts
  const evaluate = (expression: string): unknown => {
    const value = templar.evaluateExpression(expression, where.position)
    if (value instanceof Undefined) throw value.toError()
    return value
  }
  const result: ControlResult = module.decide(
    { host, checkMode, verbosity: playRun.run.options.verbosity, evaluate },
    params,
  )
  return outcomeOf({
    failed: result.failed ?? false,
    skipped: result.skipped ?? false,
    msg: result.msg,
    fields: { ...result.fields, ...(result.facts ? { ansible_facts: result.facts } : {}) },
    variables: result.facts,
  })
}
