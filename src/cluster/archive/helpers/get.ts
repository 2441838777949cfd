import { COMMON } from './common.ts'

/** Status of `get` for a file that is not in the repository. */
export const ABSENT = 1
/** Status of `get` for everything else that went wrong. */
export const TROUBLE = 200

/**
 * The helper behind restore_command: `get FOLDER %f %p [SYSTEM_IDENTIFIER]`.
 *
 * Exits 0 when the file is at its place, whole and ours; 1 only when it is really not there: the repository is the
 * right one, readable, and a listing does not have it. PostgreSQL takes 1 to 125 for the end of the WAL and goes on
 * without a word (trap R2), so everything else is 200, which ends recovery with an error. 143 after SIGTERM, which
 * PostgreSQL knows as its own shutdown. The identifier that is expected comes from the last argument, or from the
 * data directory it runs in.
 */
export const GET = `#!/bin/sh
# Lifeboat's restore_command: get FOLDER NAME PATH [SYSTEM_IDENTIFIER]
${COMMON}
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

[ $# -eq 3 ] || [ $# -eq 4 ] || fail "usage: get FOLDER NAME PATH [SYSTEM_IDENTIFIER]"
folder=$1 name=$2 path=$3 expected=\${4-}

kind_of "$name" || fail "\\"$name\\" is not the name of a file that PostgreSQL archives"
read_identity "$folder" || fail "$folder has no readable identity.json: is the share mounted?"
if [ -z "$expected" ] && pg_control_sysid; then expected=$control_sysid; fi
[ -z "$expected" ] || [ "$expected" = "$id_sysid" ] ||
  fail "$folder belongs to the cluster with system identifier $id_sysid, this is $expected"

source=$folder/wal
[ -d "$source" ] || fail "$source is not there"
[ "$kind" = history ] || source=$source/$timeline
find_stored "$source/$name" || report_absent

tmp=$path.lifeboat.$$
unpack "$stored" > "$tmp" || fail "$stored cannot be read whole"
case $kind in segment | partial) check_segment "$tmp" "$name" || fail "$stored is refused: $why" ;; esac
mv -f "$tmp" "$path" || fail "$path cannot be written"
tmp=
verdict=0
`
