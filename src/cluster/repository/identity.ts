import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'
import type { RepositoryLayout } from './layout.ts'

const identitySchema = z.object({
  version: z.literal(1),
  /** Decimal text: 64 bits are more than a JSON number carries. */
  system_identifier: z.string().regex(/^\d+$/),
  major_version: z.number().int(),
  /** Bytes. */
  wal_segment_size: z.number().int(),
  /** Host of the inventory that set the folder up, and when (UTC). */
  created_by: z.string(),
  created: z.string(),
})

/**
 * To which cluster a folder of the repository belongs. Nothing is written where it does not match, and where it is
 * missing the share is not mounted or the folder was never set up (traps A9, A10).
 */
export type Identity = z.output<typeof identitySchema>

/** What of an identity is compared. */
export type ClusterIdentity = Pick<Identity, 'system_identifier' | 'major_version' | 'wal_segment_size'>

/**
 * Reads `identity.json`.
 *
 * @param path for the message
 * @throws archive/bad-identity
 */
export const parseIdentity = (text: string, path: string): Identity => {
  try {
    return identitySchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new LifeboatError('archive/bad-identity', `${path} is not the identity of a cluster`, {
      cause,
      hints: ['restore the file from a copy, or move the folder away and set archiving up again'],
    })
  }
}

/** Writes `identity.json`: one key a line, as the helpers in sh read it. */
export const formatIdentity = (identity: Identity): string => `${JSON.stringify(identity, null, 2)}\n`

/**
 * Checks that a folder of the repository belongs to a cluster.
 *
 * @throws archive/identity-mismatch
 */
export const checkIdentity = (layout: RepositoryLayout, found: Identity, cluster: ClusterIdentity): void => {
  const words = {
    system_identifier: 'system identifier',
    major_version: 'major version',
    wal_segment_size: 'WAL segment size',
  } as const
  for (const key of ['system_identifier', 'major_version', 'wal_segment_size'] as const) {
    if (found[key] === cluster[key]) continue
    throw new LifeboatError(
      'archive/identity-mismatch',
      `${layout.place} belongs to another cluster: its ${words[key]} is ${found[key]}, this cluster's is ${cluster[key]}`,
      {
        hints: [
          'give this cluster a name of its own in the repository (name), or move that folder away',
          `it was set up by ${found.created_by} at ${found.created}`,
        ],
        data: { key, found: found[key], expected: cluster[key] },
      },
    )
  }
}
