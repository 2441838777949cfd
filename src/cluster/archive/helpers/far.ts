/**
 * How a helper on a database host reaches the repository on another host. POSIX sh; `folder` is `HOST:/path/NAME`.
 *
 * Beside the helpers, in `ssh/HOST/path/NAME`, lie the link's files: `config` for ssh, which names everything that counts
 * (address, user, key, pinned host keys, the socket of the one connection that is kept), and `socket`, the path of that
 * socket. ssh runs inside that folder. What may be asked there is what `serve` on the repository host answers.
 *
 * - `is_far` tells whether the repository is on another host, and sets link.
 * - `reach VERB…` asks; its status is that of `serve`, or 255 where ssh failed.
 * - `adopt_header FILE` takes the segment size, and the system identifier where none is known, from a segment's header:
 *   the identity in the repository is compared over there.
 */
export const FAR = `
is_far() {
  case $folder in /*) return 1 ;; esac
  link=\${0%/*}/ssh/\${folder%%:*}\${folder#*:}
  [ -r "$link/config" ] || fail "this host has no key for $folder"
  command -v ssh >/dev/null || fail "ssh is not installed"
}

reach() (cd "$link" && exec ssh -F config repository "\${LIFEBOAT_SCRATCH:+in $LIFEBOAT_SCRATCH }$*")

is_connected() { IFS= read -r socket 2>/dev/null < "$link/socket" && [ -S "$socket" ]; }

adopt_header() {
  set -- $(od -An -v -tu8 -j24 -N8 "$1") $(od -An -v -tu4 -j32 -N4 "$1")
  [ $# -eq 2 ] && [ "$2" -gt 0 ] || { why="its header cannot be read"; return 1; }
  id_segsize=$2
  [ -n "$id_sysid" ] || id_sysid=$1
}
`

/**
 * `push` to a repository host, behind AHEAD: files go one after the other through a channel, each behind a line with its
 * name, ending and size, and are answered one by one. Several channels of the one connection work at the same time.
 *
 * What is sent is packed into a file first, for its size must be known; where there is no space for that (pg_wal may be
 * full just because nothing could be archived) it is sent as it is.
 */
export const FAR_PUSH = `
# What breaks off must be the last thing sent: the other side would take what follows for the rest of it.
send() {
  method=$compression
  case $kind in history | backup) method=none ;; esac
  ending_of $method
  tmp=$packing/$1.packed
  if [ $method = none ] || ! pack $method "$2" > "$tmp" 2>/dev/null; then
    rm -f "$tmp"
    tmp= ending=
  fi
  size=$(wc -c < "\${tmp:-$2}") || exit 1
  printf '%s %s %s\\n' "$1" "\${ending:--}" "$((size))" && cat "\${tmp:-$2}" || exit 1
  [ -z "$tmp" ] || rm -f "$tmp"
  tmp=
}

send_all() {
  trap '[ -z "$tmp" ] || rm -f "$tmp"' EXIT
  trap 'exit 1' HUP INT QUIT PIPE TERM
  lock= lanes=
  for each in $1; do
    if [ "$each" = "$name" ]; then kind_of "$each" && send "$each" "$path"
    else kind_of "$each" && check_segment "$wal/$each" "$each" && send "$each" "$wal/$each" || exit 1
    fi
  done
}

# Succeeds when the asked one is there.
read_answers() {
  arrived=1
  while read -r answer each why; do
    case $answer in
      ok)
        [ "$each" != "$name" ] || arrived=0
        [ -z "$ahead" ] || [ ! -d "$ahead" ] || [ ! -f "$wal/$each" ] || note "$each" ;;
      no) [ "$each" != "$name" ] || say "$folder refuses $each: $why" ;;
    esac
  done
  return $arrived
}

far_lane() {
  turn=0 mine=
  for each in $batch; do
    turn=$((turn + 1))
    [ $((turn % parallel)) -ne $(($1 % parallel)) ] || mine="$mine $each"
  done
  send_all "$mine" | reach push "$id_sysid" | read_answers
}
`
