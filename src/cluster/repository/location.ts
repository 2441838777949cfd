import { LifeboatError } from '../../base/errors.ts'

/** Where a repository is, as the database host sees it. */
export type RepositoryLocation =
  | {
      /** A folder of its own, or of a mounted share. */
      readonly kind: 'path'
      /** Absolute, without a slash at its end. */
      readonly path: string
    }
  | {
      /** A folder of another host, reached over SSH by the database host itself. */
      readonly kind: 'ssh'
      /** As the user named it: a host of the inventory, or an address. */
      readonly host: string
      readonly path: string
    }

/**
 * Reads the `repository` of a user: an absolute path, or `host:/path`.
 *
 * @throws archive/bad-repository for a relative path, the root folder, or a path with control characters
 */
export const parseRepository = (text: string): RepositoryLocation => {
  const [, host, remote] = /^([A-Za-z0-9_][A-Za-z0-9_.-]*):(\/.*)$/.exec(text) ?? []
  const named = remote ?? text
  if (!named.startsWith('/') || /[\u0000-\u001f\u007f]/.test(named) || /(^|\/)\.\.?(\/|$)/.test(named)) {
    throw new LifeboatError('archive/bad-repository', `"${text}" is not an absolute path`, {
      hints: [
        'name a folder of the host, or of a share that is mounted on it: /var/backups/lifeboat',
        'or a folder of a repository host, which is reached over SSH: backup1:/srv/lifeboat',
      ],
    })
  }
  const path = named.replace(/\/+/g, '/').replace(/\/$/, '')
  if (path === '') throw new LifeboatError('archive/bad-repository', 'the root folder cannot be a repository')
  return host === undefined ? { kind: 'path', path } : { kind: 'ssh', host, path }
}
