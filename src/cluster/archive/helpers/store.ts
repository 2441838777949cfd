/**
 * How a file gets into the repository, on the host that holds it: written under another name in the same file system,
 * flushed, and published by a hard link, which cannot replace a file (trap A2). POSIX sh, behind COMMON; uses `folder`,
 * the cluster's folder in the repository, and sets `why` where it fails.
 *
 * - `place NAME` sets target, the folder of a file that `kind_of` has judged.
 * - `pack COMPRESSION FILE` and `ending_of COMPRESSION`.
 * - `same STORED FILE` compares a stored file, whole and unpacked, with the bytes of another.
 * - `publish TEMPORARY NAME ENDING` answers 2, and sets stored, where a file of that name is there already.
 * - `stage` sets staging, the folder for temporary names, and sweeps what attempts that were killed have left there.
 */
export const STORE = `
flush() {
  sync "$@" 2>/dev/null && return 0
  # Either the flush failed, or this sync cannot flush one file: only then all is flushed instead.
  case $(sync --help 2>&1) in *FILE*) return 1 ;; esac
  sync
}

place() {
  target=$folder/wal
  [ -d "$target" ] || { why="$target is not there"; return 1; }
  [ "$kind" != history ] || return 0
  target=$target/$timeline
  [ -d "$target" ] || { mkdir "$target" 2>/dev/null && flush "$folder/wal"; } || [ -d "$target" ] ||
    { why="$target cannot be made"; return 1; }
}

pack() {
  case $1 in
    zstd) zstd -q -1 -c "$2" ;;
    lz4) lz4 -q -1 -c "$2" ;;
    gzip) gzip -1 -n -c < "$2" ;;
    *) cat < "$2" ;;
  esac
}

ending_of() {
  case $1 in zstd) ending=.zst ;; lz4) ending=.lz4 ;; gzip) ending=.gz ;; *) ending= ;; esac
}

same() {
  statuses=$({ { unpack "$1" 2>/dev/null; echo $? >&3; } | cmp -s - "$2"; echo $? >&3; } 3>&1)
  [ "$statuses" = "0
0" ]
}

publish() {
  ln "$1" "$target/$2$3" 2>/dev/null && return 0
  ! find_stored "$target/$2" || return 2
  error=$(ln "$1" "$target/$2$3" 2>&1) && return 0
  why="$target/$2$3 cannot be published: $error"
  return 1
}

stage() {
  staging=$folder/wal/.push
  [ -d "$staging" ] || mkdir "$staging" 2>/dev/null || [ -d "$staging" ] || { why="$staging cannot be made"; return 1; }
  node=$(uname -n)
  for stale in "$staging"/*."$node".*; do
    # Behind the host a process that is no longer alive: an attempt that was killed. More may stand behind it.
    pid=\${stale#*".$node."}
    [ ! -e "$stale" ] || kill -0 "\${pid%%.*}" 2>/dev/null || rm -rf "$stale"
  done
}
`
