import type { LifeboatError } from '../../base/errors.ts'
import { HOST_KEY_ALGORITHMS } from './algorithms.ts'
import { entriesFor, hostKeyError, judgeHostKey, keyTypeOf } from './host-key.ts'
import { addKnownHost, readKnownHosts } from './known-hosts-files.ts'
import type { SshOptions } from './options.ts'

export interface HostKeyCheck {
  /** What to ask the host for: key types that are known first, or a good host would look like a changed one. */
  readonly algorithms: readonly string[]
  /** ssh2's `hostVerifier`. */
  verify(key: Buffer, answer: (trusted: boolean) => void): void
  /** Why the key was refused. */
  readonly refusal: () => LifeboatError | undefined
}

/** Prepares the check of one host's key against the known_hosts files. */
export const checkHostKey = async (options: SshOptions): Promise<HostKeyCheck> => {
  const entries = options.strictHostKeyChecking === 'no' ? [] : await readKnownHosts(options.knownHostsFiles)
  let refusal: LifeboatError | undefined

  const judge = async (key: Buffer): Promise<boolean> => {
    if (options.strictHostKeyChecking === 'no') return true
    const verdict = judgeHostKey(entries, options, key)
    if (verdict.kind === 'known') return true
    if (verdict.kind === 'unknown' && verdict.others.length === 0 && options.strictHostKeyChecking === 'accept-new') {
      await addKnownHost(options, key)
      return true
    }
    refusal = hostKeyError(options, key, verdict)
    return false
  }

  return {
    algorithms: knownFirst(
      options.algorithms?.hostKey ?? HOST_KEY_ALGORITHMS,
      entriesFor(entries, options).flatMap((entry) => (entry.marker ? [] : [entry.keyType])),
    ),
    verify(key, answer) {
      judge(key).then(answer, (error: Error) => {
        refusal = hostKeyError(options, key, { kind: 'unknown', certAuthority: undefined, others: [] })
        refusal.message += ` and could not be added (${keyTypeOf(key)}): ${error.message}`
        answer(false)
      })
    },
    refusal: () => refusal,
  }
}

const knownFirst = (algorithms: readonly string[], types: readonly string[]): string[] => {
  const known = (algorithm: string): boolean =>
    types.includes(algorithm) || (types.includes('ssh-rsa') && algorithm.startsWith('rsa-sha2-'))
  return [...algorithms.filter(known), ...algorithms.filter((algorithm) => !known(algorithm))]
}
