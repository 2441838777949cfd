import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { HANG_UP } from './stop-program.ts'

/**
 * What is said to the shells of a session. Several of them stand behind each other:
 *
 * - the *opener*, the only text in the host's process list, reads one line byte by byte (POSIX `read` never reads
 *   ahead) and evaluates it;
 * - that line starts the *pump*, which hands on what comes over the channel, and learns so that the channel has ended
 *   while a script runs and nobody else reads;
 * - and behind the pump the *keeper*: a loop that starts a fresh `sh` in a process group of its own for every script,
 *   waits for it and reports its status;
 * - the fresh `sh` reads its program from the standard input that it shares: a greeting at once, the script when there
 *   is one. It may read ahead as it likes (dash does): nothing is ever sent that is not for it.
 *
 * A script can therefore `exit`, `exec`, `cd`, set traps and variables or `kill 0`: the shell it does this to is its own.
 *
 * When the channel ends, the controller has gone. The pump hangs up the keeper and the openers of the session's other
 * channels, which it finds in the process list by the name that they carry; each of them stops what it started.
 */
export const OPENER = 'IFS= read -r l && eval "$l"'

/** The opener of a channel that runs one script, under the name of its session. */
export const namedOpener = (session: string): string => `${OPENER} # ${session}`

// The home folder is the one place that a become user can surely enter: sudo leaves it where the login user was.
// TMOUT would end the wait for the next script in bash.
const SETTLE = 'export LC_ALL=C; unset l TMOUT; cd "${HOME:-/}" 2>/dev/null || cd /; '

// `setsid` gives a process group without a terminal; shells that lack the command mostly can do job control without one.
const OWN_GROUP = 'S=setsid; command -v setsid >/dev/null 2>&1 || { S=; set -m; }; '

/** Numbers of the processes that carry a name. The brackets keep the search from finding itself. */
const carriersOf = (name: string): string => {
  const pattern = `[${name.slice(0, 1)}]${name.slice(1)}`
  return (
    `if [ -d /proc/self ]; then grep -ls '${pattern}' /proc/[0-9]*/cmdline | cut -d/ -f3; ` +
    `else { ps -A -ww -o pid,args || ps -o pid,args; } | sed -n 's/^ *\\([0-9][0-9]*\\) .*${pattern}.*/\\1/p'; fi`
  )
}

const pump = (session: string): string => `cat <&4 4<&-; exec 4<&-; kill -HUP $(${carriersOf(session)}); kill -HUP 0`

/**
 * Pump and keeper, on one line. The keeper tells after each script its status, and whether it left processes behind in
 * its group (dead ones that nobody has waited for do not count). The shell's own messages ("Terminated") are no script's output and go nowhere. Whatever ends the keeper,
 * the pump must not wait on alone: the channel ends with its last process.
 */
export const keeperLine = (marker: string, session: string): string =>
  `${SETTLE}exec 4<&0 3>&2 2>/dev/null; trap : HUP; { exec 3>&-; ${pump(session)}; } | { trap : HUP; exec 4<&0; { ` +
  `p=; ${HANG_UP}trap h HUP; ${OWN_GROUP}while IFS= read -r _; do ` +
  '$S sh <&4 2>&3 3>&- 4<&- & p=$!; wait $p; s=$?; l=0; kill -0 -$p && if [ ! -d /proc/self ] || m; then l=1; fi; p=; ' +
  `printf '%s\\n' "${marker}e $s $l"; printf '%s\\n' '${marker}e' >&3; done; } <&4 & ` +
  'wait $!; s=$?; kill -HUP 0; exit $s; }\n'

/** Runs one script on a channel of its own; what is left of the channel's standard input belongs to the script. */
export const soloLine = (): string =>
  `${SETTLE}exec 4<&0 0</dev/null 3>&2 2>/dev/null; ${OWN_GROUP}p=; ${HANG_UP}trap h HUP; ` +
  '$S sh <&4 2>&3 3>&- 4<&- & p=$!; exec 4<&- 3>&- >/dev/null; wait $p; exit $?\n'

/** Makes the keeper start the next `sh`. */
export const NEXT = '\n'

/** Ends the keeper on purpose, whether it waits for a line itself or its next `sh` for a script. */
export const BYE = `${NEXT}kill $PPID\n`

/** The first thing that a fresh `sh` does: tell both streams where its own output begins, and its process group. */
export const greetingLine = (marker: string): string =>
  `printf '%s\\n' "${marker}r $$"; printf '%s\\n' '${marker}r' >&2\n`

export interface ScriptLineOptions {
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Bytes for its standard input; without them it reads end of file. Not given: the channel's own input stays. */
  readonly stdin?: Buffer | 'none' | 'channel' | undefined
}

/**
 * One script as one command that `sh` parses whole before it begins, so that the script cannot read what follows it.
 * The script travels in quotes and is no argument of any process: it is in no process list.
 *
 * @throws host/bad-environment
 */
export const scriptLine = (script: string, options: ScriptLineOptions = {}): string => {
  const exports = exportAll(options.environment ?? {})
  // The newlines keep `eval` from taking a leading `-` for an option, and end a here-document or comment.
  const body = `eval ${quote(`\n${script}\n`)}`
  if (options.stdin === 'channel') return `${exports}${body}; exit\n`
  const input = options.stdin instanceof Buffer ? `printf ${printfFormat(options.stdin)} 2>/dev/null | ` : ''
  return `exec </dev/null; ${exports}${input}${body}; exit\n`
}

const exportAll = (environment: Readonly<Record<string, string>>): string => {
  let text = ''
  for (const [name, value] of Object.entries(environment)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new LifeboatError('host/bad-environment', `"${name}" cannot be the name of an environment variable`, {
        hints: ['use letters, digits and underscores, and no digit at the beginning'],
      })
    }
    if (value.includes('\0')) {
      throw new LifeboatError(
        'host/bad-environment',
        `the value of ${name} has a NUL byte, which no environment can hold`,
      )
    }
    text += `export ${name}=${quote(value)}; `
  }
  return text
}

/** Any bytes as a quoted format of the builtin `printf`: octal where a shell could stumble. */
export const printfFormat = (bytes: Buffer): string => {
  const parts: string[] = []
  for (const byte of bytes) parts.push(ESCAPES[byte] ?? '')
  // At the beginning it would make an option of the format.
  if (parts[0] === '-') parts[0] = '\\055'
  return `'${parts.join('')}'`
}

const ESCAPES: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  if (character === '%') return '%%'
  if (character === '\n') return '\\n'
  if (byte < 0x20 || byte >= 0x7f || character === '\\' || character === "'") {
    return `\\${byte.toString(8).padStart(3, '0')}`
  }
  return character
})
