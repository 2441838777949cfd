import { quote } from '../../base/quote.ts'

/**
 * Commands for hosts whose sudo or doas insists on a terminal. `script` of util-linux gives the command one to be
 * controlled by, while its three streams stay those of the channel: bytes as they are, and stderr apart.
 */
const wrap = (command: string, input: string, output: string): string => {
  const streams = '0<&3 1>&4 2>&5 3<&- 4>&- 5>&-'
  const terminal = `SHELL=/bin/sh script -qec ${quote(`${command} ${streams}`)} /dev/null ${output}`
  return `/bin/sh -c ${quote(`exec 3<&0 4>&1 5>&2; ${input}${terminal}`)}`
}

/** The command has a terminal, and nobody types anything there (`requiretty` of sudo). */
export const onTerminal = (command: string): string => wrap(command, 'exec </dev/null; ', '>/dev/null 2>&1')

/**
 * The first line of standard input is typed at the terminal, for a program that reads a password there alone; what is
 * written to the terminal comes over stderr. The line is read byte by byte, so that the rest is left for the command.
 */
export const typedOnTerminal = (command: string): string =>
  wrap(command, `{ IFS= read -r l <&3; printf "%s\\n" "$l"; } | `, '>&5 2>&1')
