import { LifeboatError } from '../../base/errors.ts'

/**
 * Where a repository is, as the database host sees it: a folder of its own or of a mounted share. A repository host
 * reached over SSH will be a second kind.
 */
export interface RepositoryLocation {
  readonly kind: 'path'
  /** Absolute, without a slash at its end. */
  readonly path: string
}

/**
 * Reads the `repository` of a user: an absolute path.
 *
 * @throws archive/bad-repository for a relative path, the root folder, or a path with control characters;
 *   archive/remote-repository for `host:/path`
 */
export const parseRepository = (text: string): RepositoryLocation => {
  const remote = /^([^/\s:]+):(\/.*)$/.exec(text)
  if (remote) {
    throw new LifeboatError(
      'archive/remote-repository',
      `"${text}" is a repository on another host, which is not supported yet`,
      { hints: [`mount ${remote[2]} of ${remote[1]} on the database host and name the folder there`] },
    )
  }
  if (!text.startsWith('/') || /[\u0000-\u001f\u007f]/.test(text) || /(^|\/)\.\.?(\/|$)/.test(text)) {
    throw new LifeboatError('archive/bad-repository', `"${text}" is not an absolute path`, {
      hints: ['name a folder of the host, or of a share that is mounted on it: /var/backups/lifeboat'],
    })
  }
  const path = text.replace(/\/+/g, '/').replace(/\/$/, '')
  if (path === '') throw new LifeboatError('archive/bad-repository', 'the root folder cannot be a repository')
  return { kind: 'path', path }
}
