import type { PlainValue, Value } from '../base/value.ts'
import type { Placed } from '../playbook/types.ts'
import type { Templar } from '../text/template/templar.ts'
import { LazyMapping } from '../text/template/values/lazy.ts'
import type { Effective } from './keywords.ts'
import type { ConnectionVariables } from './run.ts'

/** Variables of a host that say how it is reached, how another user is become there and where its jobs are kept. */
const NAMES = [
  'ansible_host',
  'ansible_port',
  'ansible_user',
  'ansible_connection',
  'ansible_password',
  'ansible_private_key_file',
  'ansible_timeout',
  'ansible_ssh_host',
  'ansible_ssh_port',
  'ansible_ssh_user',
  'ansible_ssh_pass',
  'ansible_ssh_password',
  'ansible_ssh_private_key_file',
  'ansible_private_key_passphrase',
  'ansible_ssh_private_key_passphrase',
  'ansible_ssh_executable',
  'ansible_ssh_args',
  'ansible_ssh_common_args',
  'ansible_ssh_extra_args',
  'ansible_ssh_timeout',
  'ansible_host_key_checking',
  'ansible_ssh_host_key_checking',
  'ansible_become',
  'ansible_become_user',
  'ansible_become_method',
  'ansible_become_password',
  'ansible_become_pass',
  'ansible_become_exe',
  'ansible_become_flags',
  'ansible_async_dir',
] as const

/**
 * The connection variables of a host, evaluated. `connection`, `remote_user` and `port` of the play or task stand in
 * where the host has no variable of its own.
 */
export const connectionVariables = (
  templar: Templar,
  keywords: Effective,
  value: (placed: Placed<Value> | undefined) => PlainValue | undefined,
): ConnectionVariables => {
  const variables: Record<string, PlainValue> = {}
  const keyword = (name: string, placed: Placed<Value> | undefined): void => {
    const evaluated = value(placed)
    if (evaluated !== undefined && evaluated !== null) variables[name] = evaluated
  }
  keyword('ansible_connection', keywords.connection)
  keyword('ansible_user', keywords.remoteUser)
  keyword('ansible_port', keywords.port)
  for (const name of NAMES) {
    const evaluated = templar.variable(name)
    if (evaluated !== undefined && evaluated !== null && !(evaluated instanceof LazyMapping))
      variables[name] = evaluated
  }
  return variables
}
