import { READER_FUNCTION } from './hold-script.ts'
import { SPACE_FUNCTION } from './space.ts'

/**
 * sh that tells what a listing of a cluster's folder in the repository does not, on the host that holds it: `space` and
 * the last line of `df`, `time SECONDS PATH` of each file of the archive, `size KB FOLDER` and `reader FOLDER WHO` below
 * `backup`. Uses `folder`, behind PROCESS_FUNCTIONS.
 */
export const LOOK_SCRIPT = `${SPACE_FUNCTION}${READER_FUNCTION}cd "$folder" || exit 1
space_of .
[ ! -d wal ] || (cd wal && find . -name .push -prune -o -type f -exec stat -c 'time %Y %n' {} +)
cd backup 2>/dev/null || exit 0
for each in [0-9]*; do
  [ -d "$each" ] || continue
  size=$(du -sk "$each" 2>/dev/null) && printf 'size %s %s\\n' "\${size%%[!0-9]*}" "$each"
  reader=$(reader_of "$each")
  [ -z "$reader" ] || printf 'reader %s %s\\n' "$each" "$reader"
done
exit 0
`
