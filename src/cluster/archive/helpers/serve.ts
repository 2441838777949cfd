import { FORBIDDEN } from '../../repository/access.ts'
import { FRAME_FUNCTION } from '../../repository/frames.ts'
import { HOLD_FUNCTION } from '../../repository/hold-script.ts'
import { LIST_SCRIPT, STAMP_SCRIPT } from '../../repository/list-script.ts'
import { LOCK_FUNCTIONS } from '../../repository/lock-script.ts'
import { LOOK_SCRIPT } from '../../repository/look-script.ts'
import { MISSING_SCRIPT } from '../../repository/missing-script.ts'
import { READS_ONLY, STATE_SCRIPT } from '../../repository/state-script.ts'
import { COMMON } from './common.ts'
import { STORE } from './store.ts'

/**
 * What a database host may do on the repository host: `serve [-r] FOLDER`, the forced command of its key. The verb comes
 * in SSH_ORIGINAL_COMMAND and can be none but these, each inside FOLDER, the one cluster's folder, alone. With `-r` only
 * those that read.
 *
 * - `state`, `list`, `look`, `stamps`, `find NAME`, `missing`, `read PATH`, `sum PATH`, `get SYSID NAME`, `locked` read. `get` answers `found ENDING SIZE` and the
 *   stored bytes, or `absent`, or `trouble WHY`.
 * - `identify` takes an identity.json where there is none and the folder holds nothing.
 * - `push SYSID` takes files one after the other, `NAME ENDING SIZE` and the bytes, and answers each one with `ok NAME`,
 *   once it is on disk under its name, or `no NAME WHY`. As for a push into a folder: nothing is overwritten, the same
 *   bytes again are right, and a segment is one of this cluster by its header.
 * - `lock RUN` holds the lock of a backup while its standard input lives, of which each line is a sign of life.
 * - `begin ID`, `write PATH`, `finish ID`, `discard ID`: a backup's folder, which is `ID.incomplete` until `finish`.
 *   `write` takes a new file inside it and answers its `SIZE SHA256`, as read back, once it is on disk. What is finished
 *   cannot be changed or removed.
 * - `hold RUN ID…` says that backups are being read, from the address that asks, while its standard input lives. Who may
 *   only read may say so too.
 * - `in SCRATCH VERB…`: the same in a folder of the self-test; `in SCRATCH make` makes it, `in SCRATCH remove` ends it.
 */
export const SERVE = `#!/bin/sh
# Lifeboat's repository: serve [-r] FOLDER
${COMMON}
${STORE}
${FRAME_FUNCTION}
readonly= tmp=
[ "\${1-}" != -r ] || { readonly=yes; shift; }
folder=$1
refuse() { printf 'lifeboat serve: %s\\n' "$*" >&2; exit ${FORBIDDEN}; }
fail() { printf 'lifeboat serve: %s\\n' "$*" >&2; exit 1; }
trap '[ -z "$tmp" ] || rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT QUIT PIPE TERM
call=\${SSH_ORIGINAL_COMMAND-}
case $call in 'in probe.'*)
  [ -z "$readonly" ] || refuse "this key may only read"
  call=\${call#in }
  scratch=\${call%% *}
  case $scratch in *[!A-Za-z0-9._-]* | *..*) refuse "\\"$scratch\\" is not the name of a self-test" ;; esac
  call=\${call#* }
  [ "$call" = make ] || [ -d "$folder/wal/.push/$scratch" ] || fail "there is no self-test $scratch"
  case $call in
    make)
      stage || fail "$why"
      find "$staging" -name 'probe.*' -prune -mmin +60 -exec rm -rf '{}' ';' 2>/dev/null
      mkdir "$staging/$scratch" "$staging/$scratch/wal" || exit 1
      exit 0 ;;
    remove) rm -rf "$folder/wal/.push/$scratch"; exit ;;
    damage)
      # For the self-test alone: what get says of a file that was cut.
      for file in "$folder/wal/.push/$scratch"/wal/*/*; do head -c 20 "$file" > "$file.cut" && cat "$file.cut" > "$file"; rm -f "$file.cut"; done
      exit 0 ;;
  esac
  folder=$folder/wal/.push/$scratch ;;
esac
verb=\${call%% *}
argument=
case $call in *' '*) argument=\${call#* } ;; esac
case $verb in
  state | list | stamps | find | read | sum | get | locked | hold | missing | look) ;;
  identify | push | lock | begin | write | finish | discard) [ -z "$readonly" ] || refuse "this key may only read" ;;
  *) refuse "this key cannot do \\"$verb\\"" ;;
esac

owned() {
  read_identity "$folder" || { why="$folder has no readable identity.json"; return 1; }
  [ "$1" = - ] || [ "$1" = "$id_sysid" ] ||
    { why="$folder belongs to the cluster with system identifier $id_sysid, this is $1"; return 1; }
}

inside() {
  case /$1/ in */../* | */./* | *//* | *'
'*) refuse "\\"$1\\" is not a path inside the folder" ;; esac
  case $1 in identity.json | wal/* | backup/*) ;; *) refuse "\\"$1\\" is not a path inside the folder" ;; esac
}

is_backup() {
  case $1 in '' | .* | *[!A-Za-z0-9-]*) refuse "\\"$1\\" is not the name of a backup" ;; esac
}

# The header of a file that came packed; a host without the program takes the sender's word, who has looked at it too.
check_packed() {
  case $kind in segment | partial) ;; *) return 0 ;; esac
  case $2 in .zst) program=zstd ;; .lz4) program=lz4 ;; .gz) program=gzip ;; *) check_segment "$tmp" "$1"; return ;; esac
  command -v $program >/dev/null || return 0
  ln -f "$tmp" "$tmp.came$2" && unpack "$tmp.came$2" 2>/dev/null | head -c 4096 > "$tmp.raw"
  check_segment "$tmp.raw" "$1" "$id_segsize"
  checked=$?
  rm -f "$tmp.came$2" "$tmp.raw"
  return $checked
}

same_packed() {
  # The same program makes the same bytes of the same; else both are unpacked.
  ! { [ "$stored" = "$target/$1$2" ] && cmp -s "$tmp" "$stored"; } || return 0
  ln -f "$tmp" "$tmp.came$2" && unpack "$tmp.came$2" > "$tmp.raw" && same "$stored" "$tmp.raw"
  equal=$?
  rm -f "$tmp.came$2" "$tmp.raw"
  return $equal
}

take() {
  kind_of "$1" || { why="it is not the name of a file that PostgreSQL archives"; return 1; }
  check_packed "$1" "$2" || { why="it is refused: $why"; return 1; }
  place || return 1
  if ! find_stored "$target/$1"; then
    publish "$tmp" "$1" "$2"
    case $? in 0) return 0 ;; 1) return 1 ;; esac
  fi
  same_packed "$1" "$2" || { why="$stored is there with other content; it is not overwritten"; return 1; }
  flush "$stored" || { why="$stored cannot be flushed to disk"; return 1; }
}

receive() {
  owned "$1" && stage || { trouble=$why; }
  number=0
  while IFS=' ' read -r name ending size; do
    case $ending$size in *[!0-9a-z.-]*) fail "what came is not a file" ;; esac
    case $ending in -) ending= ;; .zst | .lz4 | .gz) ;; *) fail "what came is not a file" ;; esac
    [ -z "\${trouble-}" ] || { printf 'no %s %s\\n' "$name" "$trouble"; exit 1; }
    number=$((number + 1))
    tmp=$staging/lane$number.$node.$$
    rm -f "$tmp"
    # It reads so many bytes and not one more: the next file comes behind them.
    dd bs=65536 count="$size" iflag=fullblock,count_bytes conv=fsync of="$tmp" 2>/dev/null ||
      { printf 'no %s it cannot be written to %s\\n' "$name" "$staging"; exit 1; }
    [ "$(($(wc -c < "$tmp")))" -eq "$size" ] || exit 1
    if take "$name" "$ending" && flush "$target"; then printf 'ok %s\\n' "$name"; else printf 'no %s %s\\n' "$name" "$why"; fi
    rm -f "$tmp"
    tmp=
  done
}

# Says that a file is not there only after a complete listing that does not have it.
give() {
  sysid=\${1%% *} name=\${1#* }
  trouble() { printf 'trouble %s\\n' "$*"; exit 0; }
  kind_of "$name" || trouble "\\"$name\\" is not the name of a file that PostgreSQL archives"
  owned "$sysid" || trouble "$why"
  source=$folder/wal
  [ -d "$source" ] || trouble "$source is not there"
  lists() {
    entries=$(ls -a "$1/." 2>/dev/null) || trouble "$1 cannot be listed"
    case "
$entries
" in *"
$2
"*) return 0 ;; esac
    return 1
  }
  if [ "$kind" != history ]; then
    lists "$source" "$timeline" || { echo absent; exit 0; }
    source=$source/$timeline
  fi
  if ! find_stored "$source/$name"; then
    for ending in '' .zst .lz4 .gz; do
      ! lists "$source" "$name$ending" || trouble "$source/$name$ending cannot be opened"
    done
    echo absent
    exit 0
  fi
  [ -f "$stored" ] && [ -r "$stored" ] && size=$(wc -c < "$stored") || trouble "$stored cannot be read"
  printf 'found %s %s\\n' "\${ending:--}" "$((size))" && exec cat < "$stored"
}

is_run() {
  case $1 in '' | *[!A-Za-z0-9._-]*) refuse "\\"$1\\" is not the name of a run" ;; esac
}

${LOCK_FUNCTIONS}${HOLD_FUNCTION}
case $verb in
  state)
    data=
    [ -z "$readonly" ] || echo '${READS_ONLY}'
${STATE_SCRIPT}    ;;
  list)
${LIST_SCRIPT}    ;;
  look)
${LOOK_SCRIPT}    ;;
  missing)
${MISSING_SCRIPT}    ;;
  stamps)
${STAMP_SCRIPT}    ;;
  identify)
    [ -d "$folder/wal" ] && [ ! -e "$folder/identity.json" ] || fail "$folder cannot take an identity"
    [ -z "$(find "$folder" -name .push -prune -o -type f -print | head -n 1)" ] || fail "$folder holds files already"
    tmp=$folder/identity.json.$$
    cat > "$tmp" && flush "$tmp" && ln "$tmp" "$folder/identity.json" && rm -f "$tmp" && flush "$folder" || exit 1
    read_identity "$folder" || { rm -f "$folder/identity.json"; fail "what came is no identity"; }
    ;;
  find)
    kind_of "$argument" || refuse "\\"$argument\\" is not the name of a file that PostgreSQL archives"
    target=$folder/wal
    [ $kind = history ] || target=$target/$timeline
    ! find_stored "$target/$argument" || printf '%s %s\\n' "$(($(wc -c < "$stored")))" "$ending"
    ;;
  read)
    inside "$argument"
    [ -f "$folder/$argument" ] && [ ! -h "$folder/$argument" ] || fail "there is no file $argument"
    exec cat < "$folder/$argument"
    ;;
  sum)
    inside "$argument"
    sum=$(sha256sum < "$folder/$argument") && printf '%s\\n' "\${sum%% *}"
    ;;
  get) give "$argument" ;;
  push) receive "$argument" ;;
  locked) ! find_lock || printf '%s %s %s %s\\n' $holder "$silent" "$host" "$run" ;;
  lock)
    is_run "$argument"
    hold_lock "$argument"
    ;;
  hold)
    is_run "\${argument%% *}"
    case $argument in *' '*) ids=\${argument#* } ;; *) refuse "no backup is named" ;; esac
    set -f
    for id in $ids; do is_backup "$id"; done
    # Who has its end of the line elsewhere is known by signs of life alone, whatever becomes of this process.
    hold_backups "\${SSH_CLIENT%% *}" "\${argument%% *}" $ids
    ;;
  begin)
    is_backup "$argument"
    [ ! -e "$folder/backup/$argument" ] && mkdir "$folder/backup/$argument.incomplete" || exit 1
    ;;
  write)
    inside "$argument"
    rest=\${argument#backup/*.incomplete/}
    id=\${argument#backup/}
    is_backup "\${id%%.incomplete/*}"
    [ "$argument" = "backup/\${id%%.incomplete/*}.incomplete/$rest" ] && [ -n "$rest" ] || refuse "$argument is not in a backup that is being taken"
    [ -d "$folder/backup/\${id%%.incomplete/*}.incomplete" ] || fail "the backup \${id%%.incomplete/*} was not begun"
    file=$folder/$argument
    mkdir -p "\${file%/*}" || exit 1
    set -C
    cat > "$file" || { set +C; fail "$argument cannot be written"; }
    set +C
    flush "$file" "\${file%/*}" || fail "$argument cannot be flushed to disk"
    sum=$(sha256sum < "$file") && printf '%s %s\\n' "$(($(wc -c < "$file")))" "\${sum%% *}"
    ;;
  finish)
    is_backup "$argument"
    whole=$folder/backup/$argument
    [ -f "$whole.incomplete/backup.json" ] || fail "the backup $argument has no backup.json yet"
    [ ! -e "$whole" ] || fail "there is a backup $argument already"
    flush "$whole.incomplete" && mv "$whole.incomplete" "$whole" && flush "$folder/backup"
    ;;
  discard)
    is_backup "$argument"
    rm -rf "$folder/backup/$argument.incomplete"
    ;;
esac
`
