import { quote, sh } from '../../base/quote.ts'
import type { Cluster } from '../locate.ts'
import { PROCESS_FUNCTIONS } from '../process-functions.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import { applicationName } from './application-name.ts'
import type { ChosenParent } from './choose-parent.ts'
import type { DataPath } from './data-path.ts'
import type { ServerFacts } from './facts.ts'
import { storeFunctions } from './store-script.ts'
import { workScript } from './work-script.ts'

export interface TakeOptions {
  readonly cluster: Cluster
  readonly access: RepositoryAccess
  readonly server: ServerFacts
  readonly increment: ChosenParent
  readonly path: DataPath
  readonly id: string
  readonly runId: string
  readonly label: string
  readonly checkpoint: 'fast' | 'spread'
  readonly walMethod: 'none' | 'fetch' | 'stream'
  /** Bytes a second; undefined for no limit. */
  readonly maxRate: number | undefined
  /** Words before the commands of the host: `nice -n 10`. */
  readonly priority: readonly string[]
}

/** What a full disk is called, by the programs and in the script. */
export const DISK_FULL = 'No space left on device'

/** Status of the script, beside those of a shell and of the commands of RepositoryAccess, when the lock was lost. */
export const LOCK_LOST = 74

/**
 * The script that takes a backup, on a channel of its own. It holds the lock from the beginning to its end.
 *
 * It prints `swept NAME` for what it removed before, `taken STATUS` when pg_basebackup (or what stands for it) and the
 * compressors have ended, and goes on holding the lock: the controller inspects, completes and finishes the backup
 * meanwhile. Each line on its standard input is a sign of life; at the end of the input (the controller is done, or dead)
 * it stops what still runs, removes what still has the incomplete name, and lets go of the lock (trap B6).
 *
 * What keeps the lock reads signs of life from a fifo whose other end all processes of the backup hold open: as long as
 * one of them lives, the lock is there.
 */
export const takeScript = (options: TakeOptions): string => {
  const { access, cluster, id, runId } = options
  return `umask 077
LC_ALL=C; export LC_ALL
unset PGSERVICE PGSERVICEFILE PGHOSTADDR PGOPTIONS PGDATABASE PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS
${sh`PGHOST=${cluster.socketDirectory} PGPORT=${cluster.port} PGAPPNAME=${applicationName(runId)}`.text}
export PGHOST PGPORT PGAPPNAME
${PROCESS_FUNCTIONS}
exec 3<&0 7>&1 </dev/null
fifos=$(mktemp -d) && mkfifo "$fifos/life" "$fifos/said" || exit 1
# It outlives the others, so that nobody else comes before what they leave is gone.
(trap '' HUP INT TERM; ${access.lock(runId)}) < "$fifos/life" > "$fifos/said" &
keeper=$!
exec 9> "$fifos/life" 8< "$fifos/said"
rm -rf "$fifos"
locked=
while [ -z "$locked" ] && IFS= read -r line <&8; do
  case $line in locked) locked=yes ;; *) printf '%s\\n' "$line" ;; esac
done
if [ -z "$locked" ]; then
  exec 9>&-
  wait $keeper
  exit $?
fi
w=${quote(access.scratch)}
working=
leave() {
  trap '' HUP INT TERM PIPE
  kill -TERM 0
  [ -z "$working" ] || wait $working
  # ssh does not leave a signal ignored: what stops this script when its controller is gone may have stopped that too.
  { ${access.discard(id)} || ${access.discard(id)}; } 2>/dev/null
  rm -rf "$w"
  exec 9>&-
  wait $keeper
}
trap 'leave; exit 143' HUP INT TERM
trap : PIPE
rm -rf "$w"
mkdir "$w" && printf '%s %s %s %s %s\\n' "$$" "$(begun $$)" "$boot" "$(uname -n)" ${quote(runId)} > "$w/holder" || {
  leave
  exit 1
}
${storeFunctions(access, id)}
work() {
  ${access.begin(id)} || return 1
  ${workScript(options)}
}
# Where the disk is full the programs cannot even write down what they say.
tell_full() {
  head -c 65536 /dev/zero 2>/dev/null > "$w/probe" || echo "$w: ${DISK_FULL}" >&2
  rm -f "$w/probe"
}
{
  trap - HUP INT TERM PIPE
  exec 3<&-
  work
  set -- $?
  [ $1 -eq 0 ] || tell_full
  echo "taken $1"
} &
working=$!
while IFS= read -r line <&3; do
  { echo >&9; } 2>/dev/null || { leave; exit ${LOCK_LOST}; }
done
leave
exit 0
`
}
