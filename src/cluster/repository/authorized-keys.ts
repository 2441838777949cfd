import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'

/** A key that may enter a cluster's folder on the repository host, and nothing else. */
export interface Admission {
  /** `ssh-ed25519 AAAA… lifeboat db1`: the comment tells whose it is. */
  readonly publicKey: string
  /** Path of `serve` on the repository host. */
  readonly serve: string
  /** The cluster's folder. */
  readonly folder: string
  /** It may not write. */
  readonly readOnly: boolean
}

/**
 * The line of authorized_keys: no terminal, no forwarding, no rc file, and whatever is asked for, `serve` is run.
 *
 * @throws archive/bad-key
 */
export const authorizedLine = (admission: Admission): string => {
  const command = sh`exec ${[admission.serve, ...(admission.readOnly ? ['-r'] : []), admission.folder]}`.text
  return `restrict,command="${command.replaceAll('"', '\\"')}" ${checkKey(admission.publicKey)}`
}

/**
 * Whether a line lets a host into a folder through `serve`.
 *
 * @param holder comment of the key: whose it is
 */
export const isAdmission = (line: string, folder: string, holder: string): boolean => {
  const tail = sh` ${folder}`.text.replaceAll('"', '\\"')
  return /^restrict,command="exec .*serve/.test(line) && line.includes(`${tail}" `) && line.endsWith(` ${holder}`)
}

/**
 * A public key on one line: type, base64, and a comment where it has one.
 *
 * @throws archive/bad-key
 */
export const checkKey = (text: string): string => {
  const key = text.trim()
  if (/^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( [^\n\r]*)?$/.test(key)) return key
  throw new LifeboatError('archive/bad-key', `"${key.slice(0, 60)}" is not a public key`, {
    hints: ['it is one line: ssh-ed25519 AAAA…'],
  })
}
