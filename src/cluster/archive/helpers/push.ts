import { COMMON } from './common.ts'

/**
 * The helper behind archive_command: `push FOLDER COMPRESSION %p %f`, run in the data directory.
 *
 * Exits 0 when the file is in the repository under its name, whole and on disk, and 1 for everything else: a status
 * above 125 would end the archiver without a trace in pg_stat_archiver (trap A3). A file that is there already with
 * the same bytes is a success (A1), with others a failure; nothing is ever overwritten. A new file is written under
 * another name, flushed, and published by a hard link, which cannot replace one (A2).
 */
export const PUSH = `#!/bin/sh
# Lifeboat's archive_command: push FOLDER COMPRESSION PATH NAME
${COMMON}
verdict=1
tmp=
say() { printf 'lifeboat push: %s\\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
trap '[ -z "$tmp" ] || rm -f "$tmp"; exit $verdict' EXIT
trap 'exit 1' HUP INT QUIT PIPE TERM

flush() {
  sync "$1" 2>/dev/null && return 0
  # Either the flush failed, or this sync cannot flush one file: only then all is flushed instead.
  case $(sync --help 2>&1) in *FILE*) return 1 ;; esac
  sync
}

pack() {
  case $compression in
    zstd) zstd -q -1 -c "$path" ;;
    lz4) lz4 -q -1 -c "$path" ;;
    gzip) gzip -1 -n -c < "$path" ;;
    *) cat < "$path" ;;
  esac
}

same() {
  unpack "$1" 2>/dev/null | cmp -s - "$path" || return 1
  case $1 in
    *.zst) zstd -q -t "$1" ;;
    *.lz4) lz4 -q -t "$1" ;;
    *.gz) gzip -t < "$1" ;;
  esac 2>/dev/null
}

# The file is in the repository already: right if its bytes are those of the source, and on disk for sure.
accept_stored() {
  same "$stored" || fail "$stored is there with other content than $path; it is not overwritten"
  flush "$stored" && flush "$target" || fail "$stored cannot be flushed to disk"
  verdict=0
  exit 0
}

[ $# -eq 4 ] || fail "usage: push FOLDER COMPRESSION PATH NAME"
folder=$1 compression=$2 path=$3 name=$4

kind_of "$name" || fail "\\"$name\\" is not the name of a file that PostgreSQL archives"
[ -f "$path" ] && [ -r "$path" ] || fail "$path cannot be read"
read_identity "$folder" || fail "$folder has no identity.json: the share is not mounted, or archiving was not set up"
case $kind in
  segment | partial) check_segment "$path" "$name" || fail "$path is refused: $why" ;;
  *)
    pg_control_sysid || fail "global/pg_control cannot be read; push runs in the data directory"
    [ "$control_sysid" = "$id_sysid" ] ||
      fail "$path is refused: it is of the cluster with system identifier $control_sysid, the repository's folder of $id_sysid"
    ;;
esac

target=$folder/wal
[ -d "$target" ] || fail "$target is not there"
if [ "$kind" != history ]; then
  target=$target/$timeline
  [ -d "$target" ] || { mkdir "$target" 2>/dev/null && flush "$folder/wal"; } || [ -d "$target" ] ||
    fail "$target cannot be made"
fi
! find_stored "$target/$name" || accept_stored

staging=$folder/wal/.push
[ -d "$staging" ] || mkdir "$staging" 2>/dev/null || [ -d "$staging" ] || fail "$staging cannot be made"
node=$(uname -n)
for stale in "$staging"/*."$node".*; do
  # A process id at the end of the name that is no longer alive: an attempt that was killed.
  [ ! -f "$stale" ] || kill -0 "\${stale##*.}" 2>/dev/null || rm -f "$stale"
done

case $kind in history | backup) compression=none ;; esac
case $compression in
  zstd | lz4 | gzip)
    command -v "$compression" >/dev/null || { say "$compression is not installed, $name is stored as it is"; compression=none; } ;;
esac
case $compression in zstd) ending=.zst ;; lz4) ending=.lz4 ;; gzip) ending=.gz ;; *) ending= ;; esac

tmp=$staging/$name.$node.$$
rm -f "$tmp"
(set -C && pack > "$tmp") || fail "$path cannot be written to $staging"
flush "$tmp" || fail "$tmp cannot be flushed to disk"
if ! error=$(ln "$tmp" "$target/$name$ending" 2>&1); then
  ! find_stored "$target/$name" || accept_stored
  fail "$target/$name$ending cannot be published: $error"
fi
rm -f "$tmp" && tmp=
flush "$target" || fail "$target cannot be flushed to disk"
verdict=0
`
