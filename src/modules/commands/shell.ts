import { z } from 'zod'
import { type Raw, sh } from '../../base/quote.ts'
import { defineAction } from '../contract.ts'
import { hostPath } from '../shared/host-path.ts'
import { bool, path, text } from '../shared/params.ts'
import { checkCommand, type Invocation, runCommand } from '../shared/run-command.ts'

const DEFAULT_SHELL = '/bin/sh'

const params = z.strictObject({
  cmd: text
    .refine((line) => line.trim() !== '', 'must not be empty')
    .describe('Shell text: pipes, redirections, variables, patterns, several lines.'),
  executable: path.default(DEFAULT_SHELL).describe('The shell that runs the text; it must take `-c`.'),
  chdir: path.optional().describe('Folder on the host in which the text runs.'),
  creates: path.optional().describe('A file or pattern; where it exists already the text is not run.'),
  removes: path.optional().describe('A file or pattern; where it does not exist the text is not run.'),
  stdin: text.optional().describe('Text for the standard input.'),
  stdin_add_newline: bool.default(true).describe('Ends that text with a newline.'),
  strip_empty_ends: bool.default(true).describe('Takes empty lines off the end of stdout and stderr.'),
})

/**
 * The shell that runs scripts is a POSIX sh already: it takes the text itself, so that no process list shows it. Another
 * shell gets it as an argument, as it would anywhere.
 */
const lineOf = (executable: string, cmd: string): Raw =>
  executable === DEFAULT_SHELL ? sh`eval ${`\n${cmd}\n`}` : sh`exec ${hostPath(executable)} -c ${cmd}`

const invocationOf = (given: z.output<typeof params>): Invocation => {
  const shell = hostPath(given.executable)
  return {
    line: lineOf(given.executable, given.cmd),
    cmd: given.cmd,
    program: shell,
    chdir: given.chdir,
    creates: given.creates,
    removes: given.removes,
    stdin: given.stdin === undefined ? undefined : given.stdin + (given.stdin_add_newline ? '\n' : ''),
    stripEmptyEnds: given.strip_empty_ends,
  }
}

export default defineAction({
  kind: 'action',
  summary: 'Runs shell text on the host.',
  description:
    'The text goes to `/bin/sh -c`, or to the shell that `executable` names. Quote values of variables with the `quote` ' +
    'filter. Without `creates` or `removes` it reports changed and is skipped in check mode, as `command` is.',
  examples: [
    {
      title: 'A pipe',
      yaml: '- shell: ps -e -o comm= | grep -c postgres\n  register: processes\n  changed_when: false',
    },
    {
      title: 'Another shell',
      yaml: '- shell:\n    cmd: set -o pipefail; pg_dump app | gzip > app.sql.gz\n    executable: /bin/bash',
    },
  ],
  params,
  background: true,
  freeForm: 'cmd',
  returns: {
    cmd: 'The text.',
    rc: 'Exit status.',
    stdout: 'Standard output.',
    stderr: 'Standard error.',
    stdout_lines: 'Standard output as a list of lines.',
    stderr_lines: 'Standard error as a list of lines.',
    stdout_left_out: 'Bytes that stdout lacks in its middle, where it was more than 4 MiB. stderr_left_out likewise.',
    start: 'Local time at which it began.',
    end: 'Local time at which it had ended.',
    delta: 'Time it took, as `h:mm:ss.ffffff`.',
  },
  check: (ctx, given) => checkCommand(ctx, invocationOf(given)),
  act: (ctx, given) => runCommand(ctx, invocationOf(given)),
})
