import { LifeboatError } from '../base/errors.ts'
import type { PlainValue, Value } from '../base/value.ts'
import type { Become } from '../host/connection.ts'
import type { Placed } from '../playbook/types.ts'
import type { Effective } from './keywords.ts'
import type { RunOptions } from './options.ts'
import type { ConnectionVariables } from './run.ts'

const TRUE = new Set(['true', 'yes', 'on', '1', 'y', 't'])
const FALSE = new Set(['false', 'no', 'off', '0', 'n', 'f', ''])

/**
 * Reads the value of a keyword that is true or false, with the spellings that Ansible takes.
 *
 * @throws engine/bad-keyword-value
 */
export const asBoolean = (value: PlainValue | undefined, keyword: string, placed?: Placed<Value>): boolean => {
  if (typeof value === 'boolean') return value
  if (value === null || value === undefined) return false
  const text = String(value).trim().toLowerCase()
  if (TRUE.has(text)) return true
  if (FALSE.has(text)) return false
  throw new LifeboatError('engine/bad-keyword-value', `${keyword} must be true or false, not "${String(value)}"`, {
    where: placed?.position,
  })
}

const METHODS = ['sudo', 'su', 'doas'] as const

const methodOf = (text: string, placed: Placed<Value> | undefined): Become['method'] => {
  const method = METHODS.find((known) => known === text)
  if (method) return method
  throw new LifeboatError('engine/bad-keyword-value', `become_method "${text}" is not known`, {
    where: placed?.position,
    hints: [`use one of ${METHODS.join(', ')}`],
  })
}

const text = (value: PlainValue | undefined): string | undefined =>
  value === undefined || value === null || value === '' ? undefined : String(value)

/**
 * How a task becomes another user: variables of the host (`ansible_become…`) before keywords before the command line.
 * Undefined where it stays the login user.
 */
export const becomeOf = (
  keywords: Effective,
  evaluate: (placed: Placed<Value> | undefined) => PlainValue | undefined,
  variables: ConnectionVariables,
  options: RunOptions,
): Become | undefined => {
  const wanted = variables.ansible_become ?? evaluate(keywords.become) ?? options.become
  if (!asBoolean(wanted, 'become', keywords.become)) return undefined
  const pick = (
    variable: PlainValue | undefined,
    keyword: Placed<Value> | undefined,
    fallback?: string,
  ): string | undefined => text(variable) ?? text(evaluate(keyword)) ?? fallback
  const method = pick(variables.ansible_become_method, keywords.becomeMethod, options.becomeMethod ?? 'sudo') ?? 'sudo'
  return {
    user: pick(variables.ansible_become_user, keywords.becomeUser, options.becomeUser ?? 'root') ?? 'root',
    method: methodOf(method, keywords.becomeMethod),
    password: text(variables.ansible_become_password) ?? text(variables.ansible_become_pass) ?? options.becomePassword,
    executable: pick(variables.ansible_become_exe, keywords.becomeExe),
    flags: pick(variables.ansible_become_flags, keywords.becomeFlags),
  }
}
