import { quote } from '../../../base/quote.ts'
import type { Conninfo } from '../../../postgres/conninfo.ts'
import type { Cluster } from '../../locate.ts'
import { FRAME_FUNCTION } from '../../repository/frames.ts'
import { psqlScript } from '../../sql.ts'

/** Status of the scripts here when the primary does not let in. */
export const NOT_LET_IN = 9

/**
 * Shell that makes ready to speak with a primary: `walsender COMMAND` in the protocol of replication, `ordinary SQL` in a
 * database. The connection stands in a file that only the owner may read and is removed at the end, the password in the
 * environment: none of it is ever an argument (manual: The Connection Service File).
 *
 * @param mark name of the application, by which the connection can be recognised
 */
export const reachPrimary = (binDirectory: string, conninfo: Conninfo, mark: string): string => {
  const keep = [...conninfo].filter(([name]) => name !== 'password' && name !== 'application_name')
  const timeout = conninfo.has('connect_timeout') ? [] : [['connect_timeout', '10'] as const]
  const section = (name: string, more: readonly (readonly [string, string])[]): string =>
    [`[${name}]`, ...[...keep, ...timeout, ...more].map(([key, value]) => `${key}=${value}`), ''].join('\n')
  const password = conninfo.get('password')
  const file =
    section('walsender', [
      ['replication', 'true'],
      ['application_name', mark],
    ]) +
    section('ordinary', [
      ['dbname', 'postgres'],
      ['application_name', mark],
    ])
  return `umask 077
LC_ALL=C; export LC_ALL
${FRAME_FUNCTION}
scratch=$(mktemp -d) || exit 3
trap 'rm -rf "$scratch"' EXIT
trap 'exit 143' HUP INT TERM
printf '%s' ${quote(file)} > "$scratch/service" || exit 3
unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGOPTIONS PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS
PGSERVICEFILE=$scratch/service; export PGSERVICEFILE
${password === undefined ? '' : `PGPASSWORD=${quote(password)}; export PGPASSWORD`}
ask() { PGSERVICE=$1 ${quote(`${binDirectory}/psql`)} -X -A -t -q -w -F '|' -v ON_ERROR_STOP=1; }
walsender() { printf '%s\\n' "$1;" | ask walsender; }
ordinary() { printf '%s\\n' "$1;" | ask ordinary; }
`
}

/**
 * The script that asks a primary who it is: frames \`system\` (IDENTIFY_SYSTEM), \`history\` of its timeline, and of the
 * slot \`slot\` (in SQL, where an ordinary connection is let in) or \`slot_protocol\` (from 15 on). While the connection
 * stands, \`here\` tells how many servers of the local cluster have it: the primary may be this very cluster.
 */
export const askScript = (
  cluster: Cluster,
  conninfo: Conninfo,
  { slot, mark, local }: { readonly slot: string | undefined; readonly mark: string; readonly local: boolean },
): string => `${reachPrimary(cluster.binDirectory, conninfo, mark)}
cat > "$scratch/local" <<'LOCAL' || exit 3
unset PGSERVICE PGSERVICEFILE PGPASSWORD
echo "SELECT count(*) FROM pg_stat_activity WHERE application_name = '${mark}'" | (
${psqlScript(cluster, {})} -A -t -q)
LOCAL
{
  echo 'IDENTIFY_SYSTEM;'
  ${local ? `printf '%s\\n' "\\\\! sh '$scratch/local' > '$scratch/here' 2>/dev/null"` : ':'}
} | ask walsender > "$scratch/system" || exit ${NOT_LET_IN}
frame system "$scratch/system"
[ ! -f "$scratch/here" ] || frame here "$scratch/here"
timeline=$(cut -d '|' -f 2 < "$scratch/system")
[ "$timeline" -le 1 ] || { walsender "TIMELINE_HISTORY $timeline" > "$scratch/history" && frame history "$scratch/history"; }
${
  slot === undefined
    ? ''
    : `if ordinary ${quote(slotQuery(slot))} > "$scratch/slot" 2>/dev/null; then frame slot "$scratch/slot"
elif walsender ${quote(`READ_REPLICATION_SLOT "${slot}"`)} > "$scratch/slot" 2>/dev/null; then frame slot_protocol "$scratch/slot"
fi`
}
exit 0
`

const slotQuery = (slot: string): string =>
  `SELECT 'slot', slot_type, active FROM pg_replication_slots WHERE slot_name = '${slot}'`

/** The script that makes a physical slot, which keeps WAL from now on. One of that name is no error. */
export const createSlotScript = (binDirectory: string, conninfo: Conninfo, slot: string): string =>
  `${reachPrimary(binDirectory, conninfo, 'lifeboat')}
walsender ${quote(`CREATE_REPLICATION_SLOT "${slot}" PHYSICAL RESERVE_WAL`)} > /dev/null 2> "$scratch/error" && exit 0
grep -q 'already exists' "$scratch/error" && exit 0
cat "$scratch/error" >&2
exit ${NOT_LET_IN}
`
