/** Status of a script that could not have the lock. */
export const LOCKED = 75

/** Seconds without a sign of life after which the holder of a lock counts as dead. It should give one every five. */
export const SILENCE = 120

/**
 * sh functions for the lock of a backup in a cluster's folder, on the host that holds the repository. Uses `folder`.
 *
 * - `find_lock` sets holder (`dead`, `alive`, `elsewhere`: taken on another host), silent (seconds since the last sign of
 *   life), host and run; fails where there is none.
 * - `hold_lock RUN` takes it, removes what an interrupted backup left incomplete, prints `locked`, and holds it as long as
 *   its standard input lives, of which every line is a sign of life. 75 where another one holds it.
 */
export const LOCK_FUNCTIONS = `boot=-
[ ! -r /proc/sys/kernel/random/boot_id ] || read -r boot < /proc/sys/kernel/random/boot_id
lock=$folder/backup/.lock

lock_began() {
  began=
  ! IFS= read -r began 2>/dev/null < "/proc/$1/stat" || { set -- \${began##*) }; began=\${20}; }
}

find_lock() {
  [ -d "$lock" ] || return 1
  pid= start= its_boot= host=- run=- holder=dead
  [ ! -f "$lock/holder" ] || read -r pid start its_boot host run < "$lock/holder"
  last=$(stat -c %Y "$lock/beat" 2>/dev/null || stat -c %Y "$lock")
  silent=$(($(date +%s) - last))
  [ "$silent" -ge 0 ] || silent=0
  if [ -n "$pid" ] && [ "$host" != "$(uname -n)" ]; then holder=elsewhere
  elif [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
    lock_began "$pid"
    [ "$its_boot" != "$boot" ] || [ "$start" != "$began" ] || holder=alive
  fi
}

hold_lock() {
  if find_lock; then
    [ $holder = dead ] || [ "$silent" -ge ${SILENCE} ] || exit ${LOCKED}
    [ $holder != alive ] || kill "$pid"
    rm -rf "$lock"
  fi
  mkdir "$lock" 2>/dev/null || exit ${LOCKED}
  trap 'rm -rf "$lock"' EXIT
  rm -rf "$folder"/backup/*.incomplete
  lock_began $$
  printf '%s %s %s %s %s\\n' "$$" "$began" "$boot" "$(uname -n)" "$1" > "$lock/holder"
  : > "$lock/beat"
  echo locked
  while IFS= read -r line; do : > "$lock/beat"; done
}
`
