import type { Position } from '../base/position.ts'
import type { Secrets } from '../base/secrets.ts'
import { decryptVault, type VaultPassword } from '../text/vault/index.ts'
import type { YamlNode } from '../text/yaml/node.ts'
import { parseYaml } from '../text/yaml/parse.ts'

export type Decrypt = (text: string, position: Position) => string

/** Values of an encrypted file that are shorter than this (ports, switches) are no secrets: hiding them hides too much. */
const SHORTEST = 6

const textsOf = (node: YamlNode | undefined): string[] => {
  if (node === undefined) return []
  if (node.kind === 'scalar') return typeof node.value === 'string' ? [node.value] : []
  return node.kind === 'sequence' ? node.items.flatMap(textsOf) : node.entries.flatMap(({ value }) => textsOf(value))
}

/** Opens texts of Ansible Vault with the given passwords; what was encrypted is kept out of every output. */
export const decryptWith = (passwords: readonly VaultPassword[], secrets: Secrets): Decrypt => {
  for (const { password } of passwords) secrets.add(password)
  return (text, position) => {
    const opened = decryptVault(text, passwords, position)
    const isWholeFile = position.source.text === text
    if (!isWholeFile) secrets.add(opened)
    else
      for (const value of textsOf(parseQuietly(position.source.path, opened)))
        if (value.length >= SHORTEST) secrets.add(value)
    return opened
  }
}

/** An encrypted file may be no YAML at all (a file that a lookup reads): then its text as a whole is the secret. */
const parseQuietly = (path: string, text: string): YamlNode | undefined => {
  try {
    return parseYaml({ path, text })
  } catch {
    return undefined
  }
}
