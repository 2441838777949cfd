import { LifeboatError } from '../../base/errors.ts'
import type { Session } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'
import { psqlScript, sql } from '../sql.ts'

/**
 * Asks the primary of a standby to finish its WAL segment, without which the last one of a backup of the standby comes
 * to the archive only when it is full, or after the primary's archive_timeout (trap B12). The connection goes from the
 * standby's host, by its own primary_conninfo unless another one is given; it travels on stdin, for it may hold a
 * password.
 *
 * @param session of the standby's owner
 * @param conninfo a libpq connection string
 * @returns why it was not done, for people; undefined where it was
 * @throws backup/foreign-primary when what answers is not the primary of this standby
 */
export const switchPrimary = async (
  session: Session,
  cluster: Cluster,
  systemIdentifier: string,
  conninfo?: string,
): Promise<string | undefined> => {
  const way = conninfo ?? (await ownConninfo(session, cluster))
  if (way === '') return 'primary_conninfo is empty'
  const { status, stdout, stderr } = await session.run(`${psqlScript(cluster)} -q -A -t`, { stdin: input(way) })
  const [, identifier, recovering] = /^(\d+)\|([tf])$/m.exec(stdout) ?? []
  if (identifier !== undefined && identifier !== systemIdentifier) {
    throw new LifeboatError('backup/foreign-primary', `what answers as the primary is another cluster, ${identifier}`, {
      hints: [`the standby is of ${systemIdentifier}`, 'name the primary: primary'],
    })
  }
  if (recovering === 't') return 'what answers as the primary is a standby itself'
  if (status === 0) return undefined
  return stderr.trim().split('\n').at(-1) ?? 'psql failed'
}

const ownConninfo = async (session: Session, cluster: Cluster): Promise<string> => {
  const { rows } = await sql(session, cluster, { readOnly: true }).query<{ conninfo: string }>(
    "SELECT current_setting('primary_conninfo') AS conninfo",
  )
  return rows[0]?.conninfo ?? ''
}

const input = (conninfo: string): string => {
  // A replication connection names no database; of a keyword that stands twice the last one counts.
  const way = conninfo.includes('://') ? conninfo : `${conninfo} dbname=postgres connect_timeout=10`
  const quoted = way.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
  return `\\setenv PGHOST
\\setenv PGPORT
\\setenv PGOPTIONS
\\connect -reuse-previous=off '${quoted}'
SELECT (SELECT system_identifier FROM pg_control_system()), pg_is_in_recovery();
SELECT pg_switch_wal();
`
}
