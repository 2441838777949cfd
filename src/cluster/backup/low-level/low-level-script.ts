import { quote, sh } from '../../../base/quote.ts'
import { quoteLiteral } from '../../../postgres/sql-literal.ts'
import { featuresOf } from '../../../postgres/version.ts'
import type { ServerFacts } from '../facts.ts'
import { COPY_CONTROL } from './copy-control.ts'
import { COPY_FILES } from './copy-files.ts'
import { LIST_FILES } from './list-files.ts'
import { PSQL_SESSION } from './psql-session.ts'
import { WRITE_MANIFEST } from './write-manifest.ts'

export interface LowLevelOptions {
  readonly binDirectory: string
  readonly server: ServerFacts
  readonly label: string
  readonly checkpoint: 'fast' | 'spread'
  /** Archives that are written at the same time. */
  readonly jobs: number
  /** Command that compresses standard input to standard output, empty for none, and the ending of its files. */
  readonly compressor: readonly string[]
  readonly ending: string
  /** Bytes of small files that are copied into the scratch folder at once, by each of the jobs. */
  readonly spool: number
  /** Words before the commands that read and compress: `nice -n 10`. */
  readonly priority: readonly string[]
}

/**
 * sh that takes a base backup with the low-level API (manual: Making a Base Backup Using the Low Level API): one psql
 * stays connected from start to stop (trap B7), the files are read by several tars at once, `pg_control` last and whole
 * (B8), and what is stored is compared with what was listed (B9). Commands of a function: each failure returns 1.
 *
 * `base.tar` holds backup_label, tablespace_map, all folders and pg_control, `data-N.tar` the files; `OID.tar` the
 * folders of a tablespace, `OID-N.tar` its files. The manifest is of PostgreSQL's own kind.
 *
 * `$w` is a folder for what is needed meanwhile, and `store` takes what comes into the backup. Prints `progress DONE TOTAL` in bytes now and then.
 */
export const lowLevelScript = (options: LowLevelOptions): string => {
  const { server, binDirectory } = options
  const features = featuresOf(server.major_version)
  const settings = [
    'standard_conforming_strings=on',
    'statement_timeout=0',
    ...(server.major_version >= 14 ? ['idle_session_timeout=0'] : []),
  ]
  const start = features.backupStart
    .replace('$1', quoteLiteral(options.label))
    .replace('$2', options.checkpoint === 'fast' ? 'true' : 'false')
  return `${PSQL_SESSION}${LIST_FILES}${COPY_FILES}${COPY_CONTROL}${WRITE_MANIFEST}
${sh`data=${server.data_directory} bin=${binDirectory} ending=${options.ending} spool=${options.spool}`.text}
priority=${quote(options.priority.join(' '))}
major=${server.major_version}
mkdir "$w/tasks" "$w/claims" || return 1
trap '' PIPE
compress() { ${options.compressor.length === 0 ? 'cat' : `$priority ${sh`${options.compressor}`.text}`}; }

${settings.map((setting) => `PGOPTIONS="$PGOPTIONS -c ${setting}"`).join('\n')}
export PGOPTIONS
open_session "$bin/psql" -d postgres || return 1
echo 'phase waiting for checkpoint to finish'
ask ${quote(`SELECT ${start}`)} || return 1
ask "SELECT catalog_version_no FROM pg_control_system()" || return 1
version=PG_$\{major}_$answer
stats_temp=pg_stat_tmp
${server.major_version < 15 ? STATS_TEMP : ''}
list_root data "$data" . && plan_tasks data ${options.jobs} || return 1
roots=data
for link in "$data"/pg_tblspc/*; do
  [ -L "$link" ] || continue
  list_root "\${link##*/}" "$link/." "$version" && plan_tasks "\${link##*/}" ${options.jobs} || return 1
  roots="$roots \${link##*/}"
done
sort -k1,1nr "$w/order" -o "$w/order" || return 1

${COPY_ALL(options.jobs)}

echo 'phase stopping the backup'
copy_control "$data" "$w/data.folders" || return 1
ask ${quote(`SELECT lsn || ' ' || pg_is_in_recovery()::text || ' ' || ${encoded('labelfile')} || ' ' || ${encoded("coalesce(spcmapfile, '')")} FROM ${features.backupStop.replace('$1', 'false')}`)} || return 1
close_session
stop=\${answer%% *}; answer=\${answer#* }
recovering=\${answer%% *}; answer=\${answer#* }
printf %s "\${answer% *}" | base64 -d > "$w/data.folders/backup_label" || return 1
if [ -n "\${answer##* }" ]; then
  printf %s "\${answer##* }" | base64 -d > "$w/data.folders/tablespace_map" || return 1
fi
[ "$recovering" = ${server.in_recovery} ] || { echo 'the standby was promoted while it was backed up' >&2; return 1; }
${FINISH(server.system_identifier)}
`
}

/** Base64 without line ends, of the very bytes that the server sent. */
const encoded = (column: string): string =>
  `translate(encode(convert_to(${column}, getdatabaseencoding()), 'base64'), chr(10), '')`

// Until 14 statistics have a folder of their own, which may be inside the data directory under another name.
const STATS_TEMP = `ask "SHOW stats_temp_directory" || return 1
case $answer in
  "$data"/*) stats_temp=\${answer#"$data"/} ;;
  /*) ;;
  *) stats_temp=$answer ;;
esac`

const COPY_ALL = (jobs: number): string => `worker() {
  while read -r size kind archive root; do
    mkdir "$w/claims/$archive" 2>/dev/null || continue
    case $root in data) from=$data ;; *) from=$data/pg_tblspc/$root/. ;; esac
    copy_$kind "$archive" "$from" || { : > "$w/failed"; return 1; }
    : > "$w/tasks/$archive.done"
  done < "$w/order"
}
bytes_read() {
  done=0
  while read -r size kind archive root; do
    if [ -f "$w/tasks/$archive.done" ]; then done=$((done + size))
    elif read -r pid 2>/dev/null < "$w/tasks/$archive.pid" && read -r _ read_bytes < "/proc/$pid/io"; then
      [ "$read_bytes" -gt "$size" ] || size=$read_bytes
      done=$((done + size))
    fi 2>/dev/null
  done < "$w/order"
}
total=$(awk '{ sum += $1 } END { printf "%.0f", sum }' "$w/order")
echo 'phase streaming database files'
workers=
n=0
while [ $n -lt ${jobs} ]; do
  n=$((n + 1))
  { worker; : > "$w/ended.$n"; } &
  workers="$workers $n:$!"
done
turns=0
while [ ! -f "$w/failed" ]; do
  working=
  for one in $workers; do
    [ -f "$w/ended.\${one%:*}" ] || ! kill -0 "\${one#*:}" 2>/dev/null || working=yes
  done
  [ -n "$working" ] || break
  sleep 0.1 2>/dev/null || sleep 1
  turns=$((turns + 1))
  [ $((turns % 10)) -ne 0 ] || { bytes_read; echo "progress $done $total"; }
  [ $((turns % 50)) -ne 0 ] || ask 'SELECT 1' || return 1
done
[ ! -f "$w/failed" ] || return 1
for one in $workers; do
  [ -f "$w/ended.\${one%:*}" ] || { echo 'a process of the backup was killed' >&2; return 1; }
done
for root in $roots; do
  mkdir "$w/$root.folders" || return 1
done`

const FINISH = (systemIdentifier: string): string => `
label=$w/data.folders/backup_label
begin=$(sed -n 's|^START WAL LOCATION: \\([0-9A-F/]*\\) .*|\\1|p' "$label" | head -n 1)
timeline=$(sed -n 's|^START TIMELINE: ||p' "$label" | head -n 1)
[ -n "$begin" ] && [ -n "$timeline" ] || { echo 'the backup label names no start' >&2; return 1; }
mapped=
[ ! -f "$w/data.folders/tablespace_map" ] || mapped=$(sed -n 's/^\\([0-9]*\\) .*/\\1/p' "$w/data.folders/tablespace_map")
[ "$(printf '%s\\n' $mapped | sort)" = "$(printf '%s\\n' $roots | sed /data/d | sort)" ] ||
  { echo 'a tablespace came or went while the backup began; take it again' >&2; return 1; }

printf '%s\\n' pg_wal pg_wal/archive_status >> "$w/data.dirs"
[ $major -lt 17 ] || echo pg_wal/summaries >> "$w/data.dirs"
: > "$w/stored"
for root in $roots; do
  cat "$w"/tasks/"$root"-*.stored > "$w/got" 2>/dev/null
  cat "$w"/tasks/"$root"-*.gone 2>/dev/null | sort > "$w/gone"
  cut -d' ' -f2- "$w/$root.files" | sort > "$w/expected"
  cut -d' ' -f4- "$w/got" | sort | comm -23 "$w/expected" - | comm -23 - "$w/gone" > "$w/missing"
  if [ -s "$w/missing" ]; then
    head -n 5 "$w/missing" >&2
    echo "$(($(wc -l < "$w/missing"))) listed files are not in the archives" >&2
    return 1
  fi
  case $root in data) prefix= name=base ;; *) prefix=pg_tblspc/$root/ name=$root ;; esac
  (
    cd "$w/$root.folders" || exit 1
    case $(ls -ld "$data/.") in ????r-x*) umask 027 ;; esac
    tr '\\n' '\\0' < "$w/$root.dirs" | xargs -0 mkdir -p -- || exit 1
    find . -type f -exec stat -c '%s %Y' {} \\; -exec sha256sum {} \\; | paste -d' ' - - |
      sed 's|  \\./| |' >> "$w/got"
    {
      ls backup_label tablespace_map 2>/dev/null
      find . -type d | sed -n 's|^\\./||p'
      find . -type f ! -name backup_label ! -name tablespace_map | sed 's|^\\./||'
    } > "$w/names"
    { tar -cf - --no-recursion -T "$w/names"; echo $? > "$w/tar"; } |
      { compress; echo $? > "$w/compressed"; } | store "$name.tar$ending"
  ) && [ "$(cat "$w/tar") $(cat "$w/compressed")" = '0 0' ] || { echo "$name.tar$ending could not be written" >&2; return 1; }
  awk -v prefix="$prefix" '
    { head = $1 " " $2 " " $3 " "; print head prefix substr($0, length(head) + 1) }
  ' "$w/got" >> "$w/stored"
done
cp "$label" "$w/backup_label" && cd "$w" && write_manifest ${systemIdentifier} "$timeline" "$begin" "$stop" &&
  store backup_manifest < "$w/backup_manifest" || return 1`
