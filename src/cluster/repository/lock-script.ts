import { PROCESS_FUNCTIONS } from '../process-functions.ts'

/** Status of a script that could not have the lock. */
export const LOCKED = 75

/** Seconds without a sign of life after which the holder of a lock counts as dead. It should give one every five. */
export const SILENCE = 120

/**
 * sh functions for the lock of a backup in a cluster's folder, on the host that holds the repository. Uses `folder`.
 *
 * - `find_lock` sets holder (`dead`, `alive`, `elsewhere`: taken on another host), silent (seconds since the last sign of
 *   life), host and run; fails where there is none.
 * - `hold_lock RUN` takes it, removes what an interrupted backup left incomplete, printing `swept NAME` for each, prints
 *   `locked`, and holds it as long as its standard input lives, of which every line is a sign of life. 75 where another
 *   one holds it.
 */
export const LOCK_FUNCTIONS = `${PROCESS_FUNCTIONS}
lock=$folder/backup/.lock

find_lock() {
  [ -d "$lock" ] || return 1
  pid= start= its_boot= host=- run=- holder=dead
  [ ! -f "$lock/holder" ] || read -r pid start its_boot host run < "$lock/holder"
  last=$(stat -c %Y "$lock/beat" 2>/dev/null || stat -c %Y "$lock")
  silent=$(($(date +%s) - last))
  [ "$silent" -ge 0 ] || silent=0
  if [ -n "$pid" ] && [ "$host" != "$(uname -n)" ]; then holder=elsewhere
  elif [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
    [ "$its_boot $start" != "$boot $(begun "$pid")" ] || holder=alive
  fi
}

# Another one may have taken it meanwhile.
let_go_of_lock() {
  read -r pid start its_boot host run < "$lock/holder" && [ "$pid $start" = "$$ $mine" ] && rm -rf "$lock"
} 2>/dev/null

hold_lock() {
  if find_lock; then
    [ $holder = dead ] || [ "$silent" -ge ${SILENCE} ] || exit ${LOCKED}
    if [ $holder = alive ] && kill "$pid"; then
      # It may let go of the lock at its end.
      turns=0
      while [ $turns -lt 50 ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1 2>/dev/null || sleep 1; turns=$((turns + 1)); done
    fi
    rm -rf "$lock"
  fi
  mkdir "$lock" 2>/dev/null || exit ${LOCKED}
  mine=$(begun $$)
  printf '%s %s %s %s %s\\n' "$$" "$mine" "$boot" "$(uname -n)" "$1" > "$lock/holder"
  : > "$lock/beat"
  trap let_go_of_lock EXIT
  for left in "$folder"/backup/*.incomplete; do
    [ ! -e "$left" ] || { rm -rf "$left" && printf 'swept %s\\n' "\${left##*/}"; }
  done
  echo locked
  while IFS= read -r line; do : > "$lock/beat"; done
}
`
