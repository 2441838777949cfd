import { raw } from '../../base/quote.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import { INCOMPLETE } from '../repository/layout.ts'

/**
 * sh functions that put files into a backup that is being taken. They use `$w`, the scratch folder, whose file `kept`
 * gets a line `SIZE SHA256 NAME` for each one.
 *
 * - `store NAME` takes standard input as that file, compares what the repository says it has with what was sent, so that
 *   a broken pipe never passes for the end of a file, and keeps it. What feeds it answers for itself: its status is lost
 *   in the pipe.
 * - `keep SIZE NAME` notes a file that is there, with the digest that is computed where it is.
 *
 * `$tell` is not empty where reading back is told as a phase.
 */
export const storeFunctions = (access: RepositoryAccess, id: string): string => {
  const at = (argument: string) => raw(`"backup/${id}${INCOMPLETE}/${argument}"`)
  return `store() {
  mkfifo "$w/$1.copy" || return 1
  wc -c < "$w/$1.copy" > "$w/$1.sent" &
  counting=$!
  there=$({ (trap - PIPE; exec tee "$w/$1.copy"); echo $? > "$w/$1.teed"; } | ${access.write(at('$1'))})
  written=$?
  wait $counting
  sent=$(($(cat "$w/$1.sent"))) teed=$(cat "$w/$1.teed")
  rm -f "$w/$1.copy" "$w/$1.sent" "$w/$1.teed"
  [ "$written $teed $there" = "0 0 $sent" ] || {
    echo "$1: \${there:-no word} of $sent bytes arrived" >&2
    return 1
  }
  keep "$sent" "$1"
}
keep() {
  [ -z "\${tell-}" ] || echo 'phase reading back'
  digest=$(${access.sum(at('$2'))}) || return 1
  printf '%s %s %s\\n' "$1" "$digest" "$2" >> "$w/kept"
}
`
}
