import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { HELPER_FOLDER_SCRIPT } from '../helper-folder.ts'
import { sshAccess } from './access.ts'
import type { RepositoryLayout } from './layout.ts'
import { linkFolder } from './link.ts'
import { READS_ONLY } from './state-script.ts'

/** The key of a link as it is on the database host. */
export interface KeyState {
  readonly session: Session
  /** Folder of the link's files. */
  readonly link: string
  /** Comment of the key: whose it is. */
  readonly holder: string
  /** Undefined where it was not made. */
  readonly publicKey: string | undefined
  /** What the repository host lets it do now, as far as this host can reach it. */
  readonly admitted: Admitted
}

export type Admitted = 'no' | 'read' | 'write'

/**
 * Looks for the key of a link, and tries it where the way is laid.
 *
 * @param session of the cluster's owner
 * @throws archive/no-ssh
 */
export const inspectKey = async (session: Session, layout: RepositoryLayout, holder: string): Promise<KeyState> => {
  const found = await session.run(`${HELPER_FOLDER_SCRIPT}printf '%s' "$helpers"
command -v ssh >/dev/null && command -v ssh-keygen >/dev/null
`)
  if (found.status !== 0) throw noSsh()
  const link = linkFolder(found.stdout, layout)
  const { stdout } = await session.run(
    sh`if [ -f ${`${link}/key`} ] && [ -f ${`${link}/key.pub`} ]; then cat ${`${link}/key.pub`}; fi`.text,
  )
  const publicKey = stdout.trim() || undefined
  const admitted = publicKey === undefined ? 'no' : await tryKey(session, layout, link)
  return { session, link, holder, publicKey, admitted }
}

const tryKey = async (session: Session, layout: RepositoryLayout, link: string): Promise<Admitted> => {
  const { status, stdout } = await session.run(
    `${sh`[ -r ${`${link}/config`} ] || exit 1`.text}\n${sshAccess(session, layout, link).state()}`,
  )
  if (status !== 0) return 'no'
  return stdout.startsWith(READS_ONLY) ? 'read' : 'write'
}

/**
 * Makes the key, readable by its owner alone and without a passphrase: PostgreSQL uses it when nobody is there.
 *
 * @throws archive/cannot-set-up
 */
export const makeKey = async ({ session, link, holder }: KeyState): Promise<void> => {
  const key = `${link}/key`
  const { status, stderr } = await session.run(
    sh`umask 077
mkdir -p ${link} && rm -f ${[key, `${key}.pub`]} &&
  ssh-keygen -q -t ed25519 -N '' -C ${holder} -f ${`${key}.new`} </dev/null &&
  mv -f ${`${key}.new`} ${key} && mv -f ${`${key}.new.pub`} ${`${key}.pub`} && { sync ${key} 2>/dev/null || sync; }`
      .text,
  )
  if (status === 0) return
  throw new LifeboatError('archive/cannot-set-up', `the key ${key} cannot be made: ${stderr.trim()}`)
}

/** What is said of a host that cannot use SSH. */
export const noSsh = (): LifeboatError =>
  new LifeboatError('archive/no-ssh', 'this host has no ssh or no ssh-keygen', {
    hints: ['a repository on another host is reached with them; install openssh-client'],
  })
