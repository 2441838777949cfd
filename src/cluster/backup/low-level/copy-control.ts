/**
 * sh function `copy_control FROM TO` that copies `global/pg_control` of one data directory into another. The server
 * writes the file in place, so a copy made meanwhile may be torn, which its checksum shows: then it is read again, for
 * ten seconds (trap B8).
 */
export const COPY_CONTROL = `
copy_control() {
  mkdir "$2/global" || return 1
  turns=0
  while [ $turns -lt 100 ]; do
    cp -p "$1/global/pg_control" "$2/global/pg_control" || return 1
    "$bin/pg_controldata" "$2" > "$w/control" 2>&1 || return 1
    grep -qi warning "$w/control" || return 0
    sleep 0.1 2>/dev/null || sleep 1
    turns=$((turns + 1))
  done
  cat "$w/control" >&2
  echo 'pg_control stays damaged however often it is read' >&2
  return 1
}
`
