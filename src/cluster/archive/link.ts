import type { Change } from '../../base/change.ts'
import { LifeboatError } from '../../base/errors.ts'
import { quote, sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { sshAccess } from '../repository/access.ts'
import { checkKey } from '../repository/authorized-keys.ts'
import { parseFolder, type RepositoryFolder } from '../repository/folder.ts'
import { FRAME_FUNCTION, parseFrames } from '../repository/frames.ts'
import { noSsh } from '../repository/key.ts'
import type { RepositoryLayout } from '../repository/layout.ts'
import { formatLink, LINK_FILES, type LinkFiles, type LinkWish, linkFolder } from '../repository/link.ts'
import type { InstalledHelpers } from './install.ts'

/** The way to a repository host as it shall be; without host keys, those that are pinned already. */
export type LinkRequest = Omit<LinkWish, 'hostKeys'> & { readonly hostKeys?: readonly string[] | undefined }

/** The way to the repository host, as it is on the database host. */
export interface Link {
  readonly folder: string
  /** There is a key. */
  readonly key: boolean
  readonly wish: LinkWish
  /** The files as they shall be, and as they are. */
  readonly files: LinkFiles
  readonly found: ReadonlyMap<string, string>
}

/** Subjects of changes of a link. */
export const LINK = 'link'
export const HOST_KEY = 'host key'

/**
 * Looks at the files of a link.
 *
 * @throws archive/no-ssh, archive/no-link without any host key, archive/bad-key
 */
export const inspectLink = async (
  session: Session,
  helpers: InstalledHelpers,
  layout: RepositoryLayout,
  request: LinkRequest,
): Promise<Link> => {
  if (!helpers.programs.includes('ssh')) throw noSsh()
  const folder = linkFolder(helpers.folder, layout)
  const { stdoutBytes } = await session.run(`${FRAME_FUNCTION}cd ${quote(folder)} 2>/dev/null || exit 0
for file in key.pub ${LINK_FILES.join(' ')}; do [ ! -f $file ] || frame $file $file; done
`)
  const found = new Map(parseFrames(stdoutBytes).map(({ name, content }) => [name, content.toString()]))
  const pinned = (found.get('known_hosts') ?? '').split('\n').flatMap((line) => line.split(/^repository /)[1] ?? [])
  const hostKeys = request.hostKeys ? request.hostKeys.map(checkKey) : pinned
  if (hostKeys.length === 0) {
    throw new LifeboatError('archive/no-link', `no host key of the repository host is known for ${layout.place}`, {
      hints: [
        'give repository_host_keys: they are a result of postgresql_repository, which runs on the repository host',
        'playbook archive.yml does it all',
      ],
    })
  }
  const wish = { ...request, hostKeys }
  return { folder, key: found.has('key.pub'), wish, files: formatLink(helpers.folder, layout, wish), found }
}

/** What differs of a link; pure. */
export const planLink = (link: Link): Change[] => {
  const changes: Change[] = []
  const way = (config: string | undefined): string | null => {
    const value = (name: string): string => new RegExp(`^  ${name} (.*)$`, 'm').exec(config ?? '')?.[1] ?? ''
    return config === undefined ? null : `${value('User')}@${value('HostName')}:${value('Port')}`
  }
  const differs = (name: keyof LinkFiles): boolean => link.files[name] !== link.found.get(name)
  if (differs('config') || differs('socket')) {
    changes.push({ subject: LINK, before: way(link.found.get('config')), after: way(link.files.config) })
  }
  if (differs('known_hosts')) {
    changes.push({ subject: HOST_KEY, before: link.found.get('known_hosts') ?? null, after: link.files.known_hosts })
  }
  return changes
}

/** Writes the files of a link. The connection that is kept is ended, for it is one of the old ones. */
export const applyLink = async (session: Session, link: Link): Promise<void> => {
  const writes = Object.entries(link.files).map(
    ([name, text]) => sh`printf %s ${text} > ${`${name}.new`} && mv -f ${`${name}.new`} ${name} || exit 1`.text,
  )
  const { status, stderr } = await session.run(`umask 077
${sh`mkdir -p ${link.folder} && cd ${link.folder} || exit 1`.text}
[ ! -f config ] || ssh -F config -O exit repository 2>/dev/null
${writes.join('\n')}
`)
  if (status === 0) return
  throw new LifeboatError('archive/cannot-set-up', `${link.folder} cannot be written: ${stderr.trim()}`)
}

/**
 * Looks at the cluster's folder over SSH; with files that are not in place yet, from a folder where they are tried.
 *
 * @throws archive/unreachable, archive/no-link, archive/repository-unreadable, archive/bad-identity
 */
export const inspectFar = async (session: Session, layout: RepositoryLayout, link: Link): Promise<RepositoryFolder> => {
  if (!link.key) {
    throw new LifeboatError('archive/no-link', `this host has no key for ${layout.place}`, {
      hints: ['make it with postgresql_repository_key, or run playbook archive.yml'],
    })
  }
  const inPlace = planLink(link).length === 0
  const call = (folder: string): string => sshAccess(session, layout, folder).state()
  const result = await session.run(inPlace ? call(link.folder) : tryOut(link, call('.')))
  sshAccess(session, layout, link.folder).check(result)
  return parseFolder(result, layout, link.wish.user)
}

const tryOut = (link: Link, call: string): string => {
  const config = link.files.config.replaceAll(/^ {2}Control\w+ .*\n/gm, '')
  return `umask 077
scratch=$(mktemp -d) && cd "$scratch" || exit 1
trap 'rm -rf "$scratch"' EXIT
${sh`printf %s ${config} > config && printf %s ${link.files.known_hosts} > known_hosts && ln -s ${`${link.folder}/key`} key || exit 1`.text}
${call}
`
}
