import { LifeboatError } from '../../base/errors.ts'
import { quote, sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { sshAccess, sshCommand } from './access.ts'
import { formatIdentity, type Identity } from './identity.ts'
import type { RepositoryLayout } from './layout.ts'

/**
 * Makes a cluster's folder in the repository: owned by the cluster's owner, mode 0700, with an identity that replaces
 * none. What is there already stays.
 *
 * @param owner session of the cluster's owner, who does it where he may: on a share root often may not
 * @param root session of root, where the task has one
 * @throws archive/cannot-set-up
 */
export const setUpFolder = async (
  layout: RepositoryLayout,
  identity: Identity,
  owner: Session,
  root?: Session,
): Promise<void> => {
  const asOwner = await owner.run(ownerScript(layout))
  if (asOwner.status !== 0) {
    const asRoot = await root?.run(rootScript(layout, owner.user))
    if (asRoot?.status !== 0) {
      throw new LifeboatError(
        'archive/cannot-set-up',
        `${layout.folder} cannot be made: ${lastLine(asRoot ?? asOwner)}`,
        {
          hints: root
            ? []
            : [`${owner.user} may not write there; run the task as root (become: true) or make the folder`],
        },
      )
    }
  }
  const written = await owner.run(identityScript(layout, identity))
  if (written.status === 0) return
  throw new LifeboatError('archive/cannot-set-up', `${layout.identityFile} cannot be written: ${lastLine(written)}`)
}

/**
 * Gives the cluster's folder on a repository host its identity, which replaces none.
 *
 * @param owner session of the cluster's owner, on the database host
 * @param link folder of the link's files
 * @throws archive/cannot-set-up, archive/unreachable
 */
export const identifyFar = async (
  owner: Session,
  layout: RepositoryLayout,
  link: string,
  identity: Identity,
): Promise<void> => {
  const result = await owner.run(sshCommand(link, [], ['identify']), { stdin: formatIdentity(identity) })
  sshAccess(owner, layout, link).check(result)
  if (result.status === 0) return
  throw new LifeboatError('archive/cannot-set-up', `${layout.place} takes no identity: ${lastLine(result)}`, {
    hints: ['its folders are made on the repository host by postgresql_repository'],
  })
}

const ownerScript = (layout: RepositoryLayout): string =>
  sh`umask 077
mkdir -p ${layout.walFolder} ${layout.backupFolder} && chmod 0700 ${layout.folder} && [ -w ${layout.walFolder} ]`.text

// Others may pass through the repository itself, for it may hold clusters of several owners.
const rootScript = (layout: RepositoryLayout, owner: string): string =>
  sh`umask 022
[ -d ${layout.root} ] || mkdir -p -m 0711 ${layout.root} || exit 1
umask 077
mkdir -p ${layout.walFolder} ${layout.backupFolder} || exit 1
chown ${`${owner}:`} ${layout.folder} ${layout.walFolder} ${layout.backupFolder} && chmod 0700 ${layout.folder}`.text

const identityScript = (layout: RepositoryLayout, identity: Identity): string => {
  const file = quote(layout.identityFile)
  const temporary = `${file}.$$`
  return `umask 077
[ ! -e ${file} ] || exit 0
trap 'rm -f '${quote(temporary)} EXIT
printf '%s' ${quote(formatIdentity(identity))} > ${temporary} && { sync ${temporary} 2>/dev/null || sync; } &&
  ln ${temporary} ${file} && { ${sh`sync ${layout.folder}`.text} 2>/dev/null || sync; }
`
}

const lastLine = ({ stderr }: { readonly stderr: string }): string => stderr.trim().split('\n').at(-1) ?? ''
