import { readFile } from 'node:fs/promises'
import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'
import { isMapping, type Variables } from '../base/value.ts'
import { parseYaml } from './yaml/parse.ts'
import { type ToValueOptions, toValue } from './yaml/value.ts'

const VAULT = '$ANSIBLE_VAULT;'

/**
 * Reads a file of variables (YAML or JSON, as a whole encrypted with Ansible Vault or not): group_vars, host_vars,
 * vars_files, include_vars, defaults and vars of roles. An empty file has no variables.
 *
 * @param where the place that names the file, for a file that cannot be read
 * @throws file/not-found, yaml/…, vault/…, variables/not-a-mapping
 */
export const readVariablesFile = async (
  path: string,
  options: ToValueOptions = {},
  where?: Position,
): Promise<Variables> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new LifeboatError('file/not-found', `the variables file ${path} cannot be read`, { where, cause })
  })
  const source = { path, text: text.startsWith(VAULT) ? decryptWhole(path, text, options) : text }
  const root = parseYaml(source)
  if (root === undefined) return {}
  const value = toValue(root, options)
  if (value === null) return {}
  if (isMapping(value)) return value as Variables
  throw new LifeboatError('variables/not-a-mapping', 'a file of variables must be a mapping of names to values', {
    where: root.position,
    hints: root.kind === 'sequence' ? ['write "name: value" without a dash before it'] : [],
  })
}

const decryptWhole = (path: string, text: string, options: ToValueOptions): string => {
  const position = { source: { path, text }, line: 1, column: 1 }
  if (options.decrypt) return options.decrypt(text, position)
  throw new LifeboatError('vault/no-password', `${path} is encrypted and no vault password was given`, {
    hints: ['give the password with --vault-password-file FILE or --ask-vault-pass'],
  })
}
