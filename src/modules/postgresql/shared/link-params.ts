import type { LinkRequest } from '../../../cluster/archive/link.ts'
import type { RepositoryLayout } from '../../../cluster/repository/layout.ts'
import { integer, list, text } from '../../shared/params.ts'

/** Parameters that tell a database host the way to a repository host. */
export const linkParams = {
  repository_address: text
    .optional()
    .describe('Address of the repository host as the database host reaches it. Default: the name before the colon.'),
  repository_port: integer.default(22).describe('Port of its SSH server.'),
  repository_user: text.default('lifeboat').describe('User to log in as, the owner of the repository.'),
  repository_host_keys: list(text)
    .optional()
    .describe(
      'Its public host keys, a result of `postgresql_repository`: it is let in under no other. Default: those that are pinned already.',
    ),
}

/** The way that those parameters mean; undefined for a repository that is a folder. */
export const linkRequest = (
  layout: RepositoryLayout,
  params: {
    readonly repository_address?: string | undefined
    readonly repository_port: number
    readonly repository_user: string
    readonly repository_host_keys?: readonly string[] | undefined
  },
): LinkRequest | undefined =>
  layout.location.kind === 'ssh'
    ? {
        address: params.repository_address ?? layout.location.host,
        port: params.repository_port,
        user: params.repository_user,
        hostKeys: params.repository_host_keys,
      }
    : undefined
