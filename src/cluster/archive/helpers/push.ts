import { AHEAD, STAMP } from './ahead.ts'
import { COMMON } from './common.ts'
import { FAR, FAR_PUSH } from './far.ts'
import { STORE } from './store.ts'

/**
 * The helper behind archive_command: `push [-j N] FOLDER COMPRESSION %p %f`, run in the data directory. FOLDER is the
 * cluster's folder in the repository: a path, or `HOST:/path` for one that is reached over SSH.
 *
 * Exits 0 when the file is in the repository under its name, whole and on disk, and 1 for everything else: a status
 * above 125 would end the archiver without a trace in pg_stat_archiver (trap A3). A file that is there already with
 * the same bytes is a success (A1), with others a failure; nothing is ever overwritten. A new file is written under
 * another name, flushed, and published by a hard link, which cannot replace one (A2).
 *
 * Segments that wait behind the asked one are archived along with it, N at a time (A17): as many as the host has cores
 * unless said otherwise, at most 4. What becomes of them changes nothing in the answer, which is about the asked one
 * alone.
 */
export const PUSH = `#!/bin/sh
# Lifeboat's archive_command: push [-j PARALLEL] FOLDER COMPRESSION PATH NAME
${COMMON}
${STORE}
${AHEAD}
${FAR}
${FAR_PUSH}
verdict=1
tmp= lanes= lock= ahead= packing=
say() { printf 'lifeboat push: %s\\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
leave() {
  [ -z "$lanes" ] || { kill $lanes 2>/dev/null; wait; }
  [ -z "$tmp" ] || rm -rf "$tmp"
  [ -z "$lock" ] || rm -rf "$lock"
  case $packing in '' | "$ahead") ;; *) rm -rf "$packing" ;; esac
  exit $verdict
}
trap leave EXIT
trap 'exit 1' HUP INT QUIT PIPE TERM

# The file is in the repository already: right if its bytes are those of the source, and on disk for sure.
accept_stored() {
  same "$stored" "$1" || { why="$stored is there with other content than $1; it is not overwritten"; return 1; }
  flush "$stored" "$target" || { why="$stored cannot be flushed to disk"; return 1; }
}

# store PATH NAME, judged and checked: all but the flush of the folder.
store() {
  place || return 1
  if find_stored "$target/$2"; then accept_stored "$1"; return; fi
  method=$compression
  case $kind in history | backup) method=none ;; esac
  ending_of $method
  tmp=$staging/$2.$node.$$
  [ ! -e "$tmp" ] || rm -f "$tmp"
  if ! (set -C && pack $method "$1" > "$tmp"); then why="$1 cannot be written to $staging"
  elif ! flush "$tmp"; then why="$tmp cannot be flushed to disk"
  else
    publish "$tmp" "$2" "$ending"
    case $? in
      0) rm -f "$tmp"; tmp=; return 0 ;;
      2) rm -f "$tmp"; tmp=; accept_stored "$1"; return ;;
    esac
  fi
  rm -f "$tmp"
  tmp=
  return 1
}

# Every so many names of the batch, from one on, without a word: whoever asks for them is told. They are packed into a
# folder of their own, so that one flush, one ln and one look at their times do for all of them.
lane() {
  turn=0 mine= packed=
  for each in $batch; do
    turn=$((turn + 1))
    [ $((turn % parallel)) -ne $(($1 % parallel)) ] || [ "$each" = "$name" ] || mine="$mine $each"
  done
  [ -n "$mine" ] && seen=$(cd "$wal" && stat -c '%n %s ${STAMP}' $mine) || return 0
  tmp=$staging/$name.$node.$$.$1
  [ ! -e "$tmp" ] || rm -rf "$tmp"
  mkdir "$tmp" || return 0
  while read -r each bytes stamp; do
    kind_of "$each" && check_segment "$wal/$each" "$each" "$bytes" && place || break
    # It tries all endings, in the very variable.
    ! find_stored "$target/$each" || continue
    ending_of $compression
    pack $compression "$wal/$each" > "$tmp/$each$ending" || { rm -f "$tmp/$each$ending"; break; }
    packed="$packed $each"
  done <<END
$seen
END
  [ -n "$packed" ] && flush "$tmp"/* && ln "$tmp"/* "$target/" && flush "$target" || packed=
  rm -rf "$tmp"
  tmp=
  while read -r each bytes stamp; do
    case "$packed " in *" $each "*) put_note "$each" "$stamp" ;; esac
  done <<END
$seen
END
} 2>/dev/null

parallel=auto
[ "\${1-}" != -j ] || { parallel=\${2-}; shift 2; }
[ $# -eq 4 ] || fail "usage: push [-j PARALLEL] FOLDER COMPRESSION PATH NAME"
case $parallel in auto) ;; '' | *[!0-9]*) fail "\\"$parallel\\" is not a number" ;; esac
folder=$1 compression=$2 path=$3 name=$4

kind_of "$name" || fail "\\"$name\\" is not the name of a file that PostgreSQL archives"
[ -f "$path" ] && [ -r "$path" ] || fail "$path cannot be read"
wal=\${path%/*}
[ $kind != segment ] || [ "$wal/$name" != "$path" ] || [ ! -d "$wal/archive_status" ] || ahead=$wal/.lifeboat-push

if is_far; then
  pg_control_sysid || fail "global/pg_control cannot be read; push runs in the data directory"
  id_sysid=$control_sysid
  origin="$id_sysid $folder"
  if noted; then verdict=0; exit 0; fi
  case $kind in segment | partial)
    adopt_header "$path" && check_segment "$path" "$name" || fail "$path is refused: $why" ;;
  esac
else
  read_identity "$folder" || fail "$folder has no identity.json: the share is not mounted, or archiving was not set up"
  origin="$id_sysid $folder"
  if noted && find_stored "$folder/wal/$timeline/$name"; then verdict=0; exit 0; fi
  case $kind in segment | partial) check_segment "$path" "$name" || fail "$path is refused: $why" ;; *)
    pg_control_sysid || fail "global/pg_control cannot be read; push runs in the data directory"
    [ "$control_sysid" = "$id_sysid" ] ||
      fail "$path is refused: it is of the cluster with system identifier $control_sysid, the repository's folder of $id_sysid"
    ;;
  esac
  stage || fail "$why"
fi
case $compression in zstd | lz4 | gzip)
  command -v "$compression" >/dev/null || { say "$compression is not installed, $name is stored as it is"; compression=none; } ;;
esac
look_ahead
case $batch in *' '*) ;; *) parallel=1 ;; esac
if [ -n "\${link-}" ]; then
  packing=$ahead
  [ -n "$ahead" ] && [ -d "$ahead" ] || packing=$(mktemp -d) || fail "no folder for temporary files can be made"
  [ "$parallel" -le 8 ] || parallel=8
  # Of several connections at once each would be one of its own, were there none yet.
  [ "$parallel" -eq 1 ] || is_connected || reach find "$name" < /dev/null > /dev/null || fail "$folder cannot be reached"
fi

number=2
while [ $number -le "$parallel" ]; do
  # A lane owns the temporary file that it writes; lock, lanes and folders are the parent's.
  {
    trap '[ -z "$tmp" ] || rm -rf "$tmp"' EXIT
    trap 'exit 1' HUP INT QUIT PIPE TERM
    lock= lanes=
    if [ -n "\${link-}" ]; then far_lane $number 2>/dev/null; else lane $number; fi
  } &
  lanes="$lanes $!"
  number=$((number + 1))
done
if [ -n "\${link-}" ]; then
  far_lane 1 || fail "$name did not arrive in $folder"
  verdict=0
else
  store "$path" "$name" || fail "$why"
  flush "$target" || fail "$target cannot be flushed to disk"
  verdict=0
  [ "$parallel" -eq 1 ] || lane 1
fi
wait
lanes=
`
