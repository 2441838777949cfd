/**
 * What `get` fetches before it is asked for it: recovery replays one segment while the next ones are unpacked. POSIX sh,
 * behind COMMON; the `fetch NAME FILE` of `get` does the fetching.
 *
 * The spool is `.lifeboat-get` beside the file that is asked for, so in `pg_wal`, whose file system it shares: PostgreSQL
 * knows no such name there and leaves it alone, and base backups leave out what is in `pg_wal`. A file has its name there
 * once it is whole and checked; it is checked again when it is taken, by a rename. Its first line of defence is `origin`:
 * files of another boot (after a power cut they may be full of holes), cluster or repository are thrown away.
 *
 * Nothing that happens here is an answer: what could not be fetched ahead, absent or not, is fetched when it is asked
 * for. The spool is gone when recovery is over, for at its end PostgreSQL asks for the history of the next timeline.
 *
 * - `open_spool` sets spool, or leaves it empty where none can be used.
 * - `take_spooled FILE` moves the asked segment there; waits for it where it is on its way.
 * - `refill` fetches what comes behind the asked segment, several at a time, in the background.
 * - `discard_spool SPOOL`.
 *
 * All of this runs once a segment, and a process that is started costs as much as a good part of the unpacking: so the
 * cores are asked for once, and names are counted up without one.
 */
export const SPOOL = `
discard_spool() {
  [ -d "$1" ] && mv "$1" "$1.$$" 2>/dev/null || return 0
  rm -rf "$1.$$"
}

open_spool() {
  spool=
  case $path in */*) ;; *) return 0 ;; esac
  wal=\${path%/*}
  [ "$parallel" != 0 ] && [ "\${path##*/}" = RECOVERYXLOG ] && [ -d "$wal/archive_status" ] &&
    IFS= read -r boot 2>/dev/null < /proc/sys/kernel/random/boot_id || return 0
  spool=$wal/.lifeboat-get
  origin="$boot \${id_sysid:-$expected} $folder"
  known= lanes=
  [ ! -f "$spool/origin" ] || { IFS= read -r known && IFS= read -r lanes; } < "$spool/origin"
  if [ "$parallel" != auto ]; then lanes=$parallel
  else case $lanes in [1-4]) ;; *) cores; lanes=$cores ;; esac
  fi
  [ "$known" != "$origin" ] || return 0
  discard_spool "$spool"
  mkdir "$spool" 2>/dev/null && printf '%s\\n' "$origin" "$lanes" > "$spool/origin" || spool=
}

take_spooled() {
  [ -n "$spool" ] || return 1
  waited=0
  while [ ! -f "$spool/$name" ] && [ $waited -lt 3000 ] && held "$spool/$name.claim"; do
    sleep 0.02 2>/dev/null || { sleep 1; waited=$((waited + 50)); }
    waited=$((waited + 1))
  done
  [ -f "$spool/$name" ] || return 1
  [ -n "$id_segsize" ] || adopt_header "$spool/$name" && check_segment "$spool/$name" "$name" && mv -f "$spool/$name" "$1" 2>/dev/null && return 0
  rm -f "$spool/$name"
  return 1
}

# Sets upcoming, the name behind a segment's: its last eight digits go from 0 to as many segments as make 4 GB.
follow() {
  low=$((0x\${1#????????????????} + 1)) high=\${1#????????}
  high=$((0x\${high%????????}))
  if [ $((low * id_segsize)) -ge 4294967296 ]; then low=0 high=$((high + 1)); fi
  upcoming=$timeline
  hex $high
  hex $low
}

# Puts a number behind upcoming, as eight digits.
hex() {
  bits=28
  while [ $bits -ge 0 ]; do
    digit=$((($1 >> bits) & 15))
    case $digit in 10) digit=A ;; 11) digit=B ;; 12) digit=C ;; 13) digit=D ;; 14) digit=E ;; 15) digit=F ;; esac
    upcoming=$upcoming$digit
    bits=$((bits - 4))
  done
}

fetch_ahead() {
  claim= part=
  trap 'rm -rf "$claim" "$part"; exit 0' INT QUIT TERM
  for each in $1; do
    claim=$spool/$each.claim
    take_lock "$claim" 2>/dev/null || continue
    part=$spool/$each.part
    fetch "$each" "$part" && mv -f "$part" "$spool/$each" && rm -rf "$claim" || { rm -rf "$part" "$claim"; break; }
  done
  exit 0
}

refill() {
  trap '' HUP PIPE
  trap 'exit 0' INT QUIT TERM
  tmp=
  parallel=$lanes
  set -- "$spool"/*.claim
  [ ! -d "$1" ] || [ $# -lt "$parallel" ] || return 0
  upcoming=$name window= missing= many=0 left=$((parallel * 2))
  while [ $left -gt 0 ]; do
    left=$((left - 1))
    follow "$upcoming"
    window="$window $upcoming"
    [ ! -f "$spool/$upcoming" ] && [ ! -d "$spool/$upcoming.claim" ] || continue
    missing="$missing $upcoming" many=$((many + 1))
  done
  # What recovery has passed by: it came when the asked one was being fetched on its own already.
  for stale in "$spool"/????????????????????????; do
    case $window in *"\${stale##*/}"*) ;; *) rm -f "$stale" ;; esac
  done
  # As long as half of them are there it is worth no work; and the server's own need of space comes first.
  [ $many -ge "$parallel" ] || return 0
  # Behind the seven words of its first line.
  set -- $(df -Pk "$spool")
  [ $((\${11} / 1024)) -gt $(((parallel * 2 + 8) * (id_segsize / 1048576))) ] || return 0
  lane=0
  while [ $lane -lt "$parallel" ]; do
    turn=0 mine=
    for each in $missing; do
      [ $((turn % parallel)) -ne $lane ] || mine="$mine $each"
      turn=$((turn + 1))
    done
    fetch_ahead "$mine" &
    lane=$((lane + 1))
  done
  wait
}
`
