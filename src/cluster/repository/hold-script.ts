/** Statuses of `hold_backups`: nothing can be written there, and a backup that is not there any more. */
export const NOT_WRITABLE = 75
export const GONE = 76

/**
 * Seconds without a sign of life after which a reader on another host counts as dead. It gives one every five; the
 * clocks of hosts that share a repository may differ.
 */
const SILENCE = 600

/**
 * sh function, behind PROCESS_FUNCTIONS: `hold_backups READER RUN ID…` says in the folder of each backup that somebody
 * reads it, prints `held`, and takes it back when its standard input ends, of which every line is a sign of life. Uses
 * `folder`.
 *
 * The file is `.reading-READER-RUN-PID` with `pid begun boot reader run` in it. READER is the name of this host for a
 * reader whose process can be looked at here, and anything else for one that counts as alive by its signs of life alone.
 */
export const HOLD_FUNCTION = `hold_backups() {
  reader=$1 run=$2 held=
  shift 2
  cd "$folder/backup" || exit ${GONE}
  # Ids have no space and no pattern in them, nor have the names of hosts and runs.
  let_go() { trap '' HUP INT QUIT PIPE TERM; rm -f $held; }
  trap let_go EXIT
  trap 'exit 143' HUP INT QUIT PIPE TERM
  for id; do
    [ -d "$id" ] || exit ${GONE}
    mark=$id/.reading-$reader-$run-$$
    held="$held $mark"
    printf '%s %s %s %s %s\\n' "$$" "$(begun $$)" "$boot" "$reader" "$run" 2>/dev/null > "$mark" || exit ${NOT_WRITABLE}
    # Looking again closes the gap to a removal, which renames first and then looks for readers.
    [ -f "$id/backup.json" ] || exit ${GONE}
  done
  echo held
  while IFS= read -r line; do touch -c $held; done
}
`

/**
 * sh function, behind PROCESS_FUNCTIONS: `reader_of FOLDER` prints `READER RUN` of somebody who reads the backup in that
 * folder and is alive, and nothing where nobody does.
 */
export const READER_FUNCTION = `reader_of() {
  for mark in "$1"/.reading-*; do
    [ -f "$mark" ] || continue
    read -r pid start its_boot host run < "$mark" || continue
    if [ "$host" = "$(uname -n)" ] && [ "$its_boot" = "$boot" ]; then
      if [ "$boot" != - ]; then [ "$(begun "$pid")" = "$start" ] || continue
      else kill -0 "$pid" 2>/dev/null || continue; fi
    elif [ $(($(date +%s) - $(stat -c %Y "$mark"))) -ge ${SILENCE} ]; then continue
    fi
    printf '%s %s\\n' "$host" "$run"
    return 0
  done
}
`
