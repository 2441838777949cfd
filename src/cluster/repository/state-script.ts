import { SPACE_FUNCTION } from './space.ts'

/** What `serve` says before it of a key that may only read. */
export const READS_ONLY = 'reads only'

/**
 * sh that says how a cluster's folder in the repository is, on the host that holds it. Uses `folder`, `data` (the data
 * directory, to compare file systems with; empty where the host has none) and `frame`. Prints `beside yes|`, `stat OWNER
 * MODE TYPE`, `space` and the last line of `df`, `empty`, `complete`, and a frame of the identity, each where it is so.
 */
export const STATE_SCRIPT = `${SPACE_FUNCTION}if [ -n "$data" ]; then
  place=$folder
  while [ ! -e "$place" ]; do place=\${place%/*}; [ -n "$place" ] || place=/; done
  printf 'beside %s\\n' "$([ "$(stat -c %d "$place")" = "$(stat -c %d "$data")" ] && echo yes)"
fi
[ -e "$folder" ] || exit 0
printf 'stat %s\\n' "$(stat -c '%U %a %F' "$folder")"
ls -A "$folder" > /dev/null || exit 1
space_of "$folder"
[ -n "$(find "$folder" -name .push -prune -o -type f -print 2>/dev/null | head -n 1)" ] || echo empty
[ ! -d "$folder/wal" ] || [ ! -d "$folder/backup" ] || echo complete
[ ! -f "$folder/identity.json" ] || frame identity "$folder/identity.json"
`
