import { quote } from '../../base/quote.ts'
import { isStranded } from '../stranded.ts'
import { JOURNAL_SUFFIX } from './restore-journal.ts'
import { RESTORE_RECORD } from './restore-record.ts'
import { UNDO_MARK, UNDO_SUFFIX } from './undo-journal.ts'

interface Places {
  readonly dataDirectory: string
  readonly binDirectory: string
  readonly folders: readonly string[]
  readonly old?: string | undefined
}

/**
 * The script of `inspectHost`: records of fields, separated by control characters that occur in no path. Servers are
 * found by their working folder, for a postmaster stands in its data directory even where postmaster.pid is gone.
 */
export const hostStateScript = ({ dataDirectory, binDirectory, folders, old }: Places): string => `
LC_ALL=C TZ=UTC; export LC_ALL TZ
say() { for field; do printf '%s\\037' "$field"; done; printf '\\036'; }
yes() { if "$@" 2>/dev/null; then echo yes; else echo no; fi; }
data=${quote(dataDirectory)}
bin=${quote(binDirectory)}
data=$( (cd -P -- "$data" 2>/dev/null && pwd -P) || printf '%s' "$data")
old=${old === undefined ? '$data' : quote(old)}
parent=\${data%/*}; parent=\${parent:-/}
say real "$data"
say exists "$(yes [ -e "$data" ])"
say user "$(id -un)"
say owner "$(ls -ld "$data" 2>/dev/null | { read -r _ _ owner _; printf %s "$owner"; })"
say entries "$(ls -A "$data" 2>/dev/null | grep -v '^lost+found$')"
say parent "$(yes [ -w "$parent" ])"
if [ -e "$data" ] && [ "$(df -P "$data" 2>/dev/null | { read -r _; read -r _ _ _ _ _ mount; printf %s "$mount"; })" = "$data" ]
then say mount yes; else say mount no; fi
if ${isStranded(dataDirectory)}; then say stranded yes; fi
say version "$(cat "$data/PG_VERSION" 2>/dev/null)"
servers=
for entry in $(ls -l /proc/[0-9]*/cwd 2>/dev/null | while read -r line; do
  [ "\${line##* -> }" = "$data" ] || continue
  pid=\${line%%/cwd -> *}; echo "\${pid##*/proc/}"
done); do
  read -r name 2>/dev/null < "/proc/$entry/comm" || continue
  case $name in postgres | postmaster) servers="$servers$entry
" ;; esac
done
if [ -z "$servers" ] && [ ! -e /proc/self/stat ] && "$bin/pg_ctl" status -D "$data" >/dev/null 2>&1
then read -r servers < "$data/postmaster.pid"; fi
say servers "$servers"
[ ! -r "$data/global/pg_control" ] || say control "$("$bin/pg_controldata" -D "$data" 2>&1)"
[ ! -r "$old/global/pg_control" ] || say old_control "$("$bin/pg_controldata" -D "$old" 2>&1)"
say record "$(cat "$data/${RESTORE_RECORD}" 2>/dev/null)"
say journal "$(cat "$data${JOURNAL_SUFFIX}" 2>/dev/null)"
say undo "$(cat "$data${UNDO_SUFFIX}" 2>/dev/null)"
say undone "$(cat "$data/${UNDO_MARK}" 2>/dev/null)"
say remains "$(ls -d "$data".incomplete-* "$data".before-* 2>/dev/null)"
say wal_link "$(readlink "$old/pg_wal" 2>/dev/null)"
say wal "$(ls "$old/pg_wal" 2>/dev/null)"
for file in "$old"/pg_wal/*.history; do
  [ -f "$file" ] && say history "\${file##*/}" "$(cat "$file")"
done
for link in "$old"/pg_tblspc/*; do
  [ -h "$link" ] && say tablespace "\${link##*/}" "$(readlink "$link")"
done
say linux "$(yes [ -d /proc/self ])"
say free "$(df -Pk "$parent" 2>/dev/null | { read -r _; read -r _ _ _ free _; printf %s "$free"; })"
look() {
  above=\${1%/*}; above=\${above:-/}
  while [ ! -d "$above" ]; do above=\${above%/*}; above=\${above:-/}; done
  say folder "$1" "$(yes [ -d "$1" ])" "$(ls -A "$1" 2>/dev/null)" "$(yes [ -w "$1" ])" "$(yes [ -w "$above" ])"
}
${folders.map((folder) => `look ${quote(folder)}`).join('\n')}
say binaries "$("$bin/postgres" --version 2>/dev/null)"
programs=
for name in tar awk zstd lz4 gzip ssh "$bin/pg_ctl" "$bin/pg_waldump" "$bin/pg_verifybackup" "$bin/pg_combinebackup" "$bin/psql"; do
  command -v "$name" >/dev/null 2>&1 && programs="$programs\${name##*/}
"
done
say programs "$programs"
libraries=$("$bin/pg_config" --pkglibdir 2>/dev/null) || libraries=\${bin%/bin}/lib
say libraries "$(ls "$libraries" 2>/dev/null | sed -n 's/\\.so$//p')"
say locales "$(locale -a 2>/dev/null)"
exit 0
`
