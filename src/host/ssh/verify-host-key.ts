import { LifeboatError } from '../../base/errors.ts'
import { HOST_KEY_ALGORITHMS } from './algorithms.ts'
import { entriesFor, hostKeyError, judgeHostKey, keyTypeOf, type Verdict } from './host-key.ts'
import { addKnownHost, type KnownHostsMemory, readKnownHosts } from './known-hosts-files.ts'
import type { SshOptions } from './options.ts'
import { refuseRevoked } from './revoked-keys.ts'

export interface HostKeyCheck {
  /** What to ask the host for: key types that are known first, or a good host would look like a changed one. */
  readonly algorithms: readonly string[]
  /** ssh2's `hostVerifier`. */
  verify(key: Buffer, answer: (trusted: boolean) => void): void
  /** Why the key was refused. */
  readonly refusal: () => LifeboatError | undefined
  /** The key was let pass though another one is known: whoever stands there gets no password. */
  readonly isDoubtful: () => boolean
}

/** Prepares the check of one host's key against the known_hosts files. */
export const checkHostKey = async (options: SshOptions, memory: KnownHostsMemory): Promise<HostKeyCheck> => {
  const entries = await readKnownHosts(options.knownHostsFiles, memory)
  let refusal: LifeboatError | undefined
  let isDoubtful = false

  const judge = async (key: Buffer): Promise<boolean> => {
    await refuseRevoked(options, key)
    const verdict = judgeHostKey(entries, options, key)
    if (verdict.kind === 'known') return true
    if (verdict.kind !== 'revoked' && options.strictHostKeyChecking === 'no') {
      isDoubtful = verdict.kind === 'changed'
      if (!isDoubtful) await addKnownHost(options, key).catch(() => undefined)
      return true
    }
    const other = isWelcome(verdict, options) ? await addKnownHost(options, key) : 'refused'
    if (other === undefined) return true
    refusal = hostKeyError(options, key, other === 'refused' ? verdict : judgeHostKey([other], options, key))
    return false
  }

  return {
    algorithms: knownFirst(
      options.algorithms?.hostKey ?? HOST_KEY_ALGORITHMS,
      entriesFor(entries, options).flatMap((entry) => (entry.marker ? [] : [entry.keyType])),
    ),
    verify(key, answer) {
      judge(key).then(answer, (error: Error) => {
        refusal = error instanceof LifeboatError ? error : notAdded(options, key, error)
        answer(false)
      })
    },
    refusal: () => refusal,
    isDoubtful: () => isDoubtful,
  }
}

/** A host that no file knows at all. One that an authority vouches for would have to show a certificate. */
const isWelcome = (verdict: Verdict, options: SshOptions): boolean =>
  options.strictHostKeyChecking === 'accept-new' &&
  verdict.kind === 'unknown' &&
  verdict.others.length === 0 &&
  verdict.certAuthority === undefined

const notAdded = (options: SshOptions, key: Buffer, error: Error): LifeboatError => {
  const refusal = hostKeyError(options, key, { kind: 'unknown', certAuthority: undefined, others: [] })
  refusal.message += ` and could not be added (${keyTypeOf(key)}): ${error.message}`
  return refusal
}

const knownFirst = (algorithms: readonly string[], types: readonly string[]): string[] => {
  const known = (algorithm: string): boolean =>
    types.includes(algorithm) || (types.includes('ssh-rsa') && algorithm.startsWith('rsa-sha2-'))
  return [...algorithms.filter(known), ...algorithms.filter((algorithm) => !known(algorithm))]
}
