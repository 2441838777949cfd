import { LifeboatError } from '../base/errors.ts'

/** Who may still connect while a cluster is locked. */
export interface HbaKeeper {
  /** Role in the database, the superuser. */
  readonly role: string
  /** Operating system user that owns the cluster. */
  readonly systemUser: string
}

const MAP = 'lifeboat'

/**
 * A pg_hba.conf that lets in the owner of the cluster through the local socket and nobody else: in force while a
 * restored cluster is not yet released (trap R30).
 */
export const lockedHba = (keeper: HbaKeeper): string => {
  const method = keeper.role === keeper.systemUser ? 'peer' : `peer map=${MAP}`
  return [
    '# Locked by Lifeboat while the cluster is restored: only its owner may connect, through the local socket.',
    `local  all          ${quoteHba(keeper.role)}  ${method}`,
    `local  replication  ${quoteHba(keeper.role)}  ${method}`,
    '',
  ].join('\n')
}

/** The pg_ident.conf that belongs to it; empty but for a comment where role and system user have one name. */
export const lockedIdent = (keeper: HbaKeeper): string => {
  const comment = '# Locked by Lifeboat while the cluster is restored.\n'
  if (keeper.role === keeper.systemUser) return comment
  return `${comment}${MAP}  ${quoteHba(keeper.systemUser)}  ${quoteHba(keeper.role)}\n`
}

// Quoted, a name is no keyword (all, replication) and no group, pattern or file (+ / @).
const quoteHba = (name: string): string => {
  if (name.includes('\n'))
    throw new LifeboatError('postgres/bad-setting', 'a role with a line end cannot stand in pg_hba.conf')
  return `"${name.replaceAll('"', '""')}"`
}
