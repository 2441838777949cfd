/** For `stat -c`: what tells whether a segment is still the one that a note is of. */
export const STAMP = '%i %s %y %z'

/**
 * What `push` does beyond the file it was asked for (trap A17: the archiver calls it for one segment at a time). POSIX
 * sh, behind COMMON and STORE.
 *
 * The segments that `archive_status` says are ready, and come behind the asked one, are archived along with it, several
 * at a time. For each one that is in the repository, flushed to disk, a note is left in `.lifeboat-push` beside it: its
 * inode, size and times, the cluster and the repository. When PostgreSQL then asks for it and both are still the same,
 * nothing is left to do. Without a note a segment is compared byte by byte, as any other.
 *
 * - `look_ahead` sets batch, the asked name and those behind it on its timeline.
 * - `note NAME`, `put_note NAME STAMP` where the stamp is known, and `noted`, for the asked one. `ahead`, the folder of
 *   the notes, is empty where nothing is to be looked for.
 */
export const AHEAD = `
put_note() { printf '%s\\n' "$2 $origin" > "$ahead/$1"; }
note() { put_note "$1" "$(stat -c '${STAMP}' "$wal/$1")"; }

noted() {
  [ -n "$ahead" ] && [ -f "$ahead/$name" ] && IFS= read -r known < "$ahead/$name" &&
    [ "$known" = "$(stat -c '${STAMP}' "$path") $origin" ]
}

# The notes of segments that PostgreSQL has got its answer for.
sweep_notes() {
  for found in "$ahead"/*; do
    found=\${found##*/}
    case $found in lock | '*') continue ;; esac
    [ -f "$wal/archive_status/$found.ready" ] || rm -f "$ahead/$found"
  done
}

look_ahead() {
  batch=$name
  [ -n "$ahead" ] || return 0
  [ "$parallel" != auto ] || { cores; parallel=$cores; }
  [ "$parallel" -gt 1 ] || return 0
  [ -d "$ahead" ] || mkdir "$ahead" 2>/dev/null || return 0
  # Another push of this cluster is at work, of an archiver that was killed: it may be at this very segment.
  waited=0
  while ! take_lock "$ahead/lock"; do
    [ $waited -lt 600 ] || return 0
    sleep 0.1 2>/dev/null || { sleep 1; waited=$((waited + 9)); }
    waited=$((waited + 1))
  done
  lock=$ahead/lock
  [ $waited -eq 0 ] || ! noted || { verdict=0; exit 0; }
  sweep_notes
  asked=
  left=$((parallel * 8))
  for candidate in "$wal"/archive_status/*.ready; do
    candidate=\${candidate##*/}
    candidate=\${candidate%.ready}
    [ "$candidate" != "$name" ] || { asked=yes; continue; }
    case $asked$candidate in "yes$timeline"*) ;; *) continue ;; esac
    is_hex "$candidate" 24 && [ ! -f "$ahead/$candidate" ] || continue
    left=$((left - 1))
    [ $left -gt 0 ] || break
    batch="$batch $candidate"
  done
}
`
