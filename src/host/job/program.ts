import { quote, type Raw, sh } from '../../base/quote.ts'
import { STOP } from '../session/stop-program.ts'

/**
 * The scripts of a job: something that a host does on its own, whether anybody is connected or not. All that is known of
 * it is in a folder that only its user can enter:
 *
 * - `record`: a line of the controller's own, handed back as it is
 * - `process`: number and beginning of the shell that watches over the job, and the boot of the host
 * - `begin`, `end`: seconds since 1970
 * - `stdout`, `stderr`: what the job wrote
 * - `expired`: is there when the job took too long and was stopped
 * - `status`: how it ended; there last, and only then
 *
 * The program of the job is in none of them and in no process list: it comes through a pipe.
 */
export interface JobProgram {
  /** Folder of all jobs, as a word of the shell. */
  readonly folder: Raw
  readonly id: string
  /** One line. */
  readonly record: string
  /** What `sh` reads. */
  readonly program: string
  /** Seconds after which the job is stopped. */
  readonly seconds: number
}

export const NO_JOB = 44

/** Defines `begun`, which names a process by more than its number: the host may have been restarted since. */
const BEGUN = `begun() {
  IFS= read -r x < /proc/sys/kernel/random/boot_id || x=
  IFS= read -r y < "/proc/$1/stat" || return 0
  case \${y##*") "} in [ZX]*) return 0 ;; esac
  set -- $x \${y##*") "}
  shift 20
  printf '%s %s' "$x" "$1"
} 2>/dev/null
`

// `u`, `j` and `S` come in the environment, and the job itself gets none of them. The braces make `sh` read all of it
// before it lets go of its input.
const watcher = (program: string, seconds: number): string => `{ exec </dev/null >/dev/null 2>&1
cd "\${HOME:-/}" || cd /
U=$u J=$j T=$S
unset u j S
date +%s > "$J/begin"
say() { printf '%s' ${quote(program)}; }
if [ "$T" ]; then say | { umask "$U"; exec $T sh; } > "$J/stdout" 2> "$J/stderr" &
else set -m; { say | { umask "$U"; sh; }; } > "$J/stdout" 2> "$J/stderr" & fi
p=$!
{
  trap 'kill $w; exit' TERM
  sleep ${Math.ceil(seconds)} & w=$!
  wait $w || exit
  trap '' TERM
  : > "$J/expired"
  ${STOP}z TERM
} &
t=$!
wait $p
s=$?
if [ -e "$J/expired" ]; then wait $t; else kill $t; fi
date +%s > "$J/end"
echo $s > "$J/status.new" && mv "$J/status.new" "$J/status"
exit; }
`

/** Starts a job and prints its folder. A second one of the same name is not started. */
export const startScript = ({ folder, id, record, program, seconds }: JobProgram): string => `u=$(umask)
umask 077
${sh`d=${folder}`.text}
case $d in -*) d=./$d ;; esac
mkdir -p "$d" && d=$(cd "$d" && pwd) && j="$d/"${quote(id)} && mkdir "$j" || exit
printf '%s\\n' ${quote(record)} > "$j/record" || exit
# Without setsid, ignoring HUP tells that it is to live on.
if command -v setsid >/dev/null 2>&1; then S=setsid; else S=; trap '' HUP; set -m; fi
export S u j
printf '%s' ${quote(watcher(program, seconds))} | $S sh >/dev/null 2>&1 &
p=$!
${BEGUN}
printf '%s %s\\n' "$p" "$(begun "$p")" > "$j/process"
printf '%s\\n' "$j"
`

const find = (folder: Raw, id: string): string => `${sh`d=${folder}`.text}
case $d in -*) d=./$d ;; esac
j="$d/"${quote(id)}
[ -f "$j/record" ] || exit ${NO_JOB}
`

/** Defines `s`, which is `ended`, `running` or `died`. */
const STATE = `${BEGUN}
look() {
  s=ended
  [ ! -f "$j/status" ] || return 0
  IFS=' ' read -r p b < "$j/process" 2>/dev/null && kill -0 "$p" 2>/dev/null && [ "$(begun "$p")" = "$b" ] && s=running && return
  [ -f "$j/status" ] || s=died
}
look
`

/**
 * Prints a line of `ended`, `running` or `died`, the folder, and numbers with names; then the record; then, of a job that
 * is over, what it wrote.
 */
export const readScript = (folder: Raw, id: string): string => `${find(folder, id)}${STATE}
n() { [ ! -f "$j/$1" ] || printf ' %s=%s' "$1" "$(cat "$j/$1")"; }
printf '%s' "$s"
n begin; n end; n status
[ ! -e "$j/expired" ] || printf ' expired=1'
printf '\\n%s\\n' "$(cd "$j" && pwd)"
cat "$j/record"
[ "$s" = running ] || { cat "$j/stderr" >&2; cat "$j/stdout"; }
exit 0
`

export const STILL_RUNNING = 45

/** Removes what is known of a job that is over, and prints the folder. */
export const removeScript = (folder: Raw, id: string): string => `${find(folder, id)}${STATE}
[ "$s" != running ] || exit ${STILL_RUNNING}
printf '%s\\n' "$(cd "$j" && pwd)"
rm -rf "$j"
`
