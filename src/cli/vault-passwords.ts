import { execFile } from 'node:child_process'
import { access, constants, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { LifeboatError } from '../base/errors.ts'
import type { VaultPassword } from '../text/vault/index.ts'
import { askPassword } from './prompt.ts'

const execute = promisify(execFile)

export interface VaultFlags {
  readonly vaultPasswordFile: readonly string[]
  readonly vaultId: readonly string[]
  readonly askVaultPass?: boolean
}

/** Reads a password from a file, or from what an executable file prints, as ansible-playbook does. */
const readPassword = async (path: string): Promise<string> => {
  const executable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
  try {
    const text = executable ? (await execute(path, [])).stdout : await readFile(path, 'utf8')
    const password = text.replace(/\r?\n$/, '').trim()
    if (password !== '') return password
  } catch (cause) {
    throw new LifeboatError('file/not-found', `the vault password file ${path} cannot be read`, { cause })
  }
  throw new LifeboatError('vault/no-password', `the vault password file ${path} is empty`)
}

const readVaultId = async (text: string): Promise<VaultPassword> => {
  const at = text.indexOf('@')
  const label = at > 0 ? text.slice(0, at) : undefined
  const source = at >= 0 ? text.slice(at + 1) : text
  const password =
    source === 'prompt' ? await askPassword(`Vault password${label ? ` (${label})` : ''}`) : await readPassword(source)
  return label === undefined ? { password } : { password, label }
}

/**
 * The vault passwords of the command line, and of ANSIBLE_VAULT_PASSWORD_FILE where it names none.
 *
 * @throws file/not-found, vault/no-password, cli/bad-option where there is no terminal to ask on
 */
export const readVaultPasswords = async (flags: VaultFlags): Promise<VaultPassword[]> => {
  const passwords: VaultPassword[] = []
  if (flags.askVaultPass) passwords.push({ password: await askPassword('Vault password') })
  for (const id of flags.vaultId) passwords.push(await readVaultId(id))
  const fromEnvironment = process.env.ANSIBLE_VAULT_PASSWORD_FILE
  const fallback = passwords.length === 0 && fromEnvironment ? [fromEnvironment] : []
  const files = flags.vaultPasswordFile.length > 0 ? flags.vaultPasswordFile : fallback
  for (const path of files) passwords.push({ password: await readPassword(path) })
  return passwords
}
