/**
 * sh functions that keep one psql open: a low-level backup is aborted by the server when the connection that began it
 * is gone (trap B7). Fifos carry what is asked and answered, since POSIX sh knows no coprocess.
 *
 * - `open_session COMMAND…` starts psql, with `$w/in` and `$w/out` on descriptors 4 and 5.
 * - `ask SQL` sets `answer` to what it printed, lines joined; fails when the connection is lost or the SQL fails.
 * - `close_session` ends it.
 */
export const PSQL_SESSION = `
open_session() {
  mkfifo "$w/in" "$w/out" || return 1
  "$@" -X -w -q -A -t -v ON_ERROR_STOP=1 < "$w/in" > "$w/out" 2> "$w/psql" &
  psql=$!
  exec 4> "$w/in" 5< "$w/out"
}
ask() {
  answer=
  if printf '%s;\\n\\\\echo --answered--\\n' "$1" >&4; then
    while IFS= read -r line <&5; do
      [ "$line" != --answered-- ] || return 0
      answer=$answer$line
    done
  fi 2>/dev/null
  cat "$w/psql" >&2
  echo 'the connection that began the backup is lost, and the server has aborted it' >&2
  return 1
}
close_session() {
  exec 4>&- 5<&-
  wait $psql
}
`
