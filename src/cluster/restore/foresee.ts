import type { Change } from '../../base/change.ts'
import { LifeboatError } from '../../base/errors.ts'
import type { RepositoryLayout } from '../repository/layout.ts'

/** Whether check mode could not look into a repository because this host is only going to be let in. */
export const isNotLetIn = (error: unknown): error is LifeboatError =>
  error instanceof LifeboatError && (error.code === 'archive/no-link' || error.code === 'archive/unreachable')

/**
 * What check mode knows of a restore while the repository host does not let this host in yet: that there would be one,
 * and nothing of what it would bring.
 */
export const foreseenChanges = (layout: RepositoryLayout, dataDirectory: string): readonly Change[] => [
  { subject: dataDirectory, before: null, after: `restored from ${layout.place}` },
]
