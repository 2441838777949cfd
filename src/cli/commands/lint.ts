import { dirname } from 'node:path'
import { Secrets } from '../../base/secrets.ts'
import { checkPlaybooks } from '../../engine/check.ts'
import { loadPlaybook } from '../../playbook/load.ts'
import type { Playbook } from '../../playbook/types.ts'
import { decryptWith } from '../decrypt.ts'
import { readExtraVariables } from '../extra-variables.ts'
import { loadOptionsFor, moduleFoldersBeside } from '../start-run.ts'
import { readVaultPasswords, type VaultFlags } from '../vault-passwords.ts'

/** `lifeboat lint`: everything that can be known of playbooks without an inventory and without a host. */
export const lint = async (
  paths: readonly string[],
  flags: VaultFlags & { readonly extraVars: readonly string[] },
): Promise<number> => {
  const decrypt = decryptWith(await readVaultPasswords(flags), new Secrets())
  const folders = moduleFoldersBeside(paths.map((path) => dirname(path)))
  const extraVariables = await readExtraVariables(flags.extraVars, decrypt)
  const loadOptions = loadOptionsFor(extraVariables, folders, decrypt)
  const playbooks: Playbook[] = []
  for (const path of paths) playbooks.push(await loadPlaybook(path, loadOptions))
  await checkPlaybooks(playbooks, { moduleFolders: folders, extraVariables })
  process.stdout.write(playbooks.map((playbook) => `${playbook.path}: ok\n`).join(''))
  return 0
}
