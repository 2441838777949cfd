import { COMMON } from './common.ts'
import { FAR } from './far.ts'
import { SPOOL } from './spool.ts'

/** Status of `get` for a file that is not in the repository. */
export const ABSENT = 1
/** Status of `get` for everything else that went wrong. */
export const TROUBLE = 200

/**
 * The helper behind restore_command: `get [-j N] FOLDER %f %p [SYSTEM_IDENTIFIER]`. FOLDER is the cluster's folder in the
 * repository: a path, or `HOST:/path` for one that is reached over SSH.
 *
 * Exits 0 when the file is at its place, whole and ours; 1 only when it is really not there: the repository is the
 * right one, readable, and a listing does not have it. PostgreSQL takes 1 to 125 for the end of the WAL and goes on
 * without a word (trap R2), so everything else is 200, which ends recovery with an error. 143 after SIGTERM, which
 * PostgreSQL knows as its own shutdown. The identifier that is expected comes from the last argument, or from the
 * data directory it runs in.
 *
 * The segments behind the asked one are fetched ahead into a spool, N at a time: as many as the host has cores unless
 * said otherwise, at most 4; with 0 there is no spool.
 */
export const GET = `#!/bin/sh
# Lifeboat's restore_command: get [-j PARALLEL] FOLDER NAME PATH [SYSTEM_IDENTIFIER]
${COMMON}
${SPOOL}
${FAR}
verdict=${TROUBLE}
tmp=
say() { printf 'lifeboat get: %s\\n' "$*" >&2; }
fail() { say "$*"; exit ${TROUBLE}; }
trap '[ -z "$tmp" ] || rm -f "$tmp"; exit $verdict' EXIT
trap 'exit 200' HUP INT QUIT PIPE
trap 'verdict=143; exit 143' TERM

newline='
'
lists() {
  entries=$(ls -a "$1/.") || fail "$1 cannot be listed"
  case $newline$entries$newline in *"$newline$2$newline"*) return 0 ;; esac
  return 1
}

# Only what a complete listing does not have is absent; a file that merely cannot be opened is trouble.
report_absent() {
  if [ "$kind" = history ] || lists "$folder/wal" "$timeline"; then
    for ending in '' .zst .lz4 .gz; do
      ! lists "$source" "$name$ending" || fail "$source/$name$ending cannot be opened"
    done
  fi
  verdict=${ABSENT}
  exit ${ABSENT}
}

unpack_stream() {
  case $1 in
    .zst) zstd -q -d -c ;;
    .lz4) lz4 -q -d -c ;;
    .gz) gzip -d -c ;;
    *) cat ;;
  esac
}

# The last command of a pipe tells its status: whatever ssh does, only a plain "absent" is one.
fetch_far() {
  reach get "\${expected:--}" "$1" < /dev/null | {
    IFS=' ' read -r answer ending size || exit 2
    case $answer in
      absent) exit 1 ;;
      found) ;;
      *) say "$folder: $ending $size"; exit 2 ;;
    esac
    unpack_stream "$ending" > "$2" || exit 2
    [ "$ending" != - ] || [ "$(($(wc -c < "$2")))" -eq "$size" ] || exit 2
  }
  case $? in 0) ;; 1) return 1 ;; *) why="$folder did not give $1 whole"; return 2 ;; esac
  case $kind in segment | partial) ;; *) return 0 ;; esac
  adopt_header "$2" && check_segment "$2" "$1" || { why="$1 of $folder is refused: $why"; return 2; }
}

# fetch NAME FILE: 1 where no file can be seen under that name, 2 and why for everything else.
fetch() {
  if [ -n "$link" ]; then fetch_far "$1" "$2"; return; fi
  find_stored "$source/$1" || return 1
  unpack "$stored" > "$2" || { why="$stored cannot be read whole"; return 2; }
  case $kind in segment | partial) check_segment "$2" "$1" || { why="$stored is refused: $why"; return 2; } ;; esac
}

parallel=auto
[ "\${1-}" != -j ] || { parallel=\${2-}; shift 2; }
[ $# -eq 3 ] || [ $# -eq 4 ] || fail "usage: get [-j PARALLEL] FOLDER NAME PATH [SYSTEM_IDENTIFIER]"
case $parallel in auto) ;; '' | *[!0-9]*) fail "\\"$parallel\\" is not a number" ;; esac
folder=$1 name=$2 path=$3 expected=\${4-}

kind_of "$name" || fail "\\"$name\\" is not the name of a file that PostgreSQL archives"
link= id_sysid= id_segsize=
if is_far; then
  if [ -z "$expected" ] && pg_control_sysid; then expected=$control_sysid; fi
  id_sysid=$expected
else
  read_identity "$folder" || fail "$folder has no readable identity.json: is the share mounted?"
  if [ -z "$expected" ] && pg_control_sysid; then expected=$control_sysid; fi
  [ -z "$expected" ] || [ "$expected" = "$id_sysid" ] ||
    fail "$folder belongs to the cluster with system identifier $id_sysid, this is $expected"
  source=$folder/wal
  [ -d "$source" ] || fail "$source is not there"
  [ "$kind" = history ] || source=$source/$timeline
fi
spool=
case $kind in
  segment) open_spool ;;
  history) case $path in */*) discard_spool "\${path%/*}/.lifeboat-get" ;; esac ;;
esac

if ! take_spooled "$path"; then
  tmp=$path.lifeboat.$$
  fetch "$name" "$tmp"
  case $? in 0) ;; 1) [ -n "$link" ] || report_absent; verdict=${ABSENT}; exit ${ABSENT} ;; *) fail "$why" ;; esac
  mv -f "$tmp" "$path" || fail "$path cannot be written"
  tmp=
fi
verdict=0
[ -z "$spool" ] || { exec < /dev/null > /dev/null 2>&1; refill; } &
`
