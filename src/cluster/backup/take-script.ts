import { quote, sh } from '../../base/quote.ts'
import type { Cluster } from '../locate.ts'
import { backupPath, type RepositoryLayout } from '../repository/layout.ts'
import type { ChosenParent } from './choose-parent.ts'
import { type DataPath, ENDING } from './data-path.ts'
import type { ServerFacts } from './facts.ts'
import { lowLevelScript } from './low-level/low-level-script.ts'
import { PROCESS_FUNCTIONS } from './process-functions.ts'

export interface TakeOptions {
  readonly cluster: Cluster
  readonly layout: RepositoryLayout
  readonly server: ServerFacts
  readonly increment: ChosenParent
  readonly path: DataPath
  /** Folder of the backup, ending in `.incomplete`. */
  readonly folder: string
  /** Folder that exists while a backup is taken. */
  readonly lock: string
  readonly runId: string
  readonly label: string
  readonly checkpoint: 'fast' | 'spread'
  readonly walMethod: 'none' | 'fetch' | 'stream'
  /** Bytes a second; undefined for no limit. */
  readonly maxRate: number | undefined
  /** Words before the commands of the host: `nice -n 10`. */
  readonly priority: readonly string[]
}

/** Name under which the walsender of a backup shows itself in pg_stat_activity. */
export const applicationName = (runId: string): string => `lifeboat backup ${runId}`.slice(0, 63)

/** Statuses of the script beside those of a shell. */
export const LOCKED = 75
/** Status of the work when everything was written and pages of it had wrong checksums (trap B15). */
export const CORRUPT = 3

/**
 * The script that takes a backup, on a channel of its own. It holds the lock from the beginning to its end.
 *
 * It prints `taken STATUS` when pg_basebackup (or what stands for it) and the compressors have ended, and goes on holding the lock: the
 * controller inspects, completes and renames the folder meanwhile. Each line on its standard input is a sign of life;
 * at the end of the input (the controller is done, or dead) it stops what still runs, removes what still has the
 * incomplete name, and lets go of the lock (trap B6).
 */
export const takeScript = (options: TakeOptions): string => {
  const folder = quote(options.folder)
  const lock = quote(options.lock)
  return `umask 077
LC_ALL=C; export LC_ALL
unset PGSERVICE PGSERVICEFILE PGHOSTADDR PGOPTIONS PGDATABASE PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS
${sh`PGHOST=${options.cluster.socketDirectory} PGPORT=${options.cluster.port} PGAPPNAME=${applicationName(options.runId)}`.text}
export PGHOST PGPORT PGAPPNAME
exec 3<&0 </dev/null
mkdir ${lock} || exit ${LOCKED}
leave() {
  trap '' HUP INT TERM
  kill -TERM 0
  wait
  rm -rf ${folder} ${lock}
}
trap 'leave; exit 143' HUP INT TERM
${PROCESS_FUNCTIONS}
printf '%s %s %s %s %s\\n' "$$" "$(begun $$)" "\${boot:--}" "$(uname -n)" ${quote(options.runId)} > ${lock}/holder
: > ${lock}/beat
w=${lock}/work
work() {
  mkdir ${folder} "$w" || return 1
  ${commands(options)}
}
{ trap - HUP INT TERM; exec 3<&-; work; echo "taken $?"; } &
while IFS= read -r line <&3; do : > ${lock}/beat; done
leave
exit 0
`
}

// It says so at the end, when all data has come.
const BASE_BACKUP = (program: string): string => `base_backup() {
    ${program} "$@" 2> "$w/said"
    set -- $?
    cat "$w/said" >&2
    [ $1 -eq 0 ] || ! grep -q 'checksum error occurred' "$w/said" || return ${CORRUPT}
    return $1
  }`

const commands = (options: TakeOptions): string => {
  const { path } = options
  const { increment, layout } = options
  const program =
    sh`${[...options.priority]} ${`${options.cluster.binDirectory}/pg_basebackup`} -F tar -w -X ${options.walMethod} -c ${options.checkpoint} -l ${options.label} ${[
      ...(options.maxRate === undefined ? [] : ['--max-rate', `${Math.ceil(options.maxRate / 1024)}`]),
      ...path.flags,
      ...(increment.parent === undefined
        ? []
        : [`--incremental=${backupPath(layout, increment.parent.id)}/backup_manifest`]),
    ]}`.text
  const folder = quote(options.folder)
  const compress = sh`${[...options.priority, ...path.compressor]}`.text
  const ending = ENDING[path.method]
  switch (path.kind) {
    case 'parallel':
      return lowLevelScript({
        ...options,
        binDirectory: options.cluster.binDirectory,
        jobs: path.jobs,
        compressor: path.compressor,
        ending,
      })
    case 'direct':
      // The manifest gets its name only after the server has said that all was well.
      return `${BASE_BACKUP(program)}
  base_backup -D ${folder}
  taken=$?
  [ $taken -ne ${CORRUPT} ] || mv ${folder}/backup_manifest.tmp ${folder}/backup_manifest
  return $taken`
    case 'afterwards':
      return `${BASE_BACKUP(program)}
  base_backup -D ${folder}
  taken=$?
  case $taken in
    0) ;;
    ${CORRUPT}) mv ${folder}/backup_manifest.tmp ${folder}/backup_manifest ;;
    *) return 1 ;;
  esac
  for file in ${folder}/*.tar; do
    ${compress} < "$file" > "$file${ending}" && rm -f "$file" || return 1
  done
  return $taken`
    case 'pipe':
      // pg_basebackup puts the manifest into the archive then, behind everything else; tar takes it out on the way.
      return `${BASE_BACKUP(program)}
  cd ${folder} && mkfifo copy || return 1
  { base_backup -D -; echo $? > dumped; } | { tee copy; echo $? > copied; } | ${compress} > base.tar${ending} &
  tar -xOf copy backup_manifest > backup_manifest; extracted=$?
  wait $!; compressed=$?
  [ "$extracted $compressed $(cat copied)" = '0 0 0' ] || return 1
  read -r taken < dumped
  rm -f copy dumped copied
  return $taken`
  }
}
