import { raw } from '../../base/quote.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import { INCOMPLETE } from '../repository/layout.ts'

/**
 * sh functions that put files into a backup that is being taken. They use `$w`, the scratch folder, whose file `kept`
 * gets a line `SIZE SHA256 NAME` for each one.
 *
 * - `store NAME` takes standard input as that file, and compares what the repository says it has with what was sent, so
 *   that a broken pipe never passes for the end of a file. What feeds it answers for itself: its status is lost in the
 *   pipe.
 * - `keep SIZE NAME` notes a file that is there already. Digests are computed where the files are.
 *
 * `$tell` is not empty where reading back is to be told as a phase, on descriptor 7.
 */
export const storeFunctions = (access: RepositoryAccess, id: string): string => {
  const at = (argument: string) => raw(`"backup/${id}${INCOMPLETE}/${argument}"`)
  return `store() {
  mkfifo "$w/$1.copy" || return 1
  wc -c < "$w/$1.copy" > "$w/$1.sent" &
  counting=$!
  there=$({
    (trap - PIPE; exec tee "$w/$1.copy")
    echo $? > "$w/$1.teed"
    [ -z "\${tell-}" ] || echo 'phase reading back' >&7
  } | ${access.write(at('$1'))})
  written=$?
  wait $counting
  sent=$(($(cat "$w/$1.sent"))) teed=$(cat "$w/$1.teed")
  rm -f "$w/$1.copy" "$w/$1.sent" "$w/$1.teed"
  [ "$written $teed \${there% *}" = "0 0 $sent" ] || {
    echo "$1: \${there:-no word} of $sent bytes arrived" >&2
    return 1
  }
  printf '%s %s\\n' "$there" "$1" >> "$w/kept"
}
keep() {
  [ -z "\${tell-}" ] || echo 'phase reading back' >&7
  digest=$(${access.sum(at('$2'))}) || return 1
  printf '%s %s %s\\n' "$1" "$digest" "$2" >> "$w/kept"
}
`
}
