import { LIST_COMMAND } from './listing.ts'

/** Statuses of LIST_SCRIPT. */
export const NOT_THERE = 3
export const UNREADABLE = 4

/** What stands between the frames and the listing. */
export const LISTING = '\nlisting\n'

/**
 * sh that tells all of a cluster's folder in the repository that counts, on the host that holds it: frames of the small
 * files and of the clock (`now`), then the listing. Uses `folder` and `frame`.
 */
export const LIST_SCRIPT = `now() { now=$(date -u +%s) && printf '%s now\\n%s\\n' "\${#now}" "$now"; }
cd "$folder" 2>/dev/null || {
  ls -d "$folder" >/dev/null 2>&1 && exit ${UNREADABLE}
  now; exit ${NOT_THERE}
}
for each in . wal wal/[0-9A-F]* backup backup/[0-9]*; do
  [ ! -d "$each" ] || { [ -r "$each" ] && [ -x "$each" ]; } || { echo "$each" >&2; exit ${UNREADABLE}; }
done
for file in identity.json backup/[0-9]*/backup.json wal/*.history; do
  [ ! -f "$file" ] || frame "$file" "$file" || exit ${UNREADABLE}
done
now
printf '\\nlisting\\n'
${LIST_COMMAND} 2>/dev/null
exit 0
`

/**
 * sh that tells when the files of the archive were written, on the host that holds it: a line `now SECONDS`, and one
 * `SIZE MTIME CTIME PATH` for each, for a change leaves at least the time of the last change of an inode behind. Uses
 * `folder`.
 */
export const STAMP_SCRIPT = `cd "$folder" && date -u '+now %s' && find wal -name .push -prune -o -type f -exec stat -c '%s %Y %Z %n' {} +
`
