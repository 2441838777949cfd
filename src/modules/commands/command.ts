import { z } from 'zod'
import { raw, sh } from '../../base/quote.ts'
import { defineAction } from '../contract.ts'
import { atMostOne, fault } from '../rules.ts'
import { hostPath } from '../shared/host-path.ts'
import { bool, list, path, text } from '../shared/params.ts'
import { checkCommand, type Invocation, runCommand } from '../shared/run-command.ts'
import { splitWords } from '../shared/words.ts'

const params = z.strictObject({
  cmd: text
    .refine((line) => splitWords(line) !== undefined, 'must have every quote closed')
    .optional()
    .describe('The command with its arguments. It is split into words by quotes and spaces; no shell sees it.'),
  argv: list(text).optional().describe('The command as a list of words, taken exactly as they are.'),
  chdir: path.optional().describe('Folder on the host in which the command runs.'),
  creates: path.optional().describe('A file or pattern; where it exists already the command is not run.'),
  removes: path.optional().describe('A file or pattern; where it does not exist the command is not run.'),
  stdin: text.optional().describe('Text for the standard input of the command.'),
  stdin_add_newline: bool.default(true).describe('Ends that text with a newline.'),
  strip_empty_ends: bool.default(true).describe('Takes empty lines off the end of stdout and stderr.'),
  expand_argument_vars: bool.default(true).describe('Expands `~` and `$NAME` in the words, on the host.'),
})

type Params = z.output<typeof params>

const wordsOf = ({
  cmd,
  argv,
}: {
  cmd?: string | undefined
  argv?: readonly string[] | undefined
}): readonly string[] => argv ?? splitWords(cmd ?? '') ?? []

const invocationOf = (given: Params): Invocation => {
  const words = wordsOf(given)
  const shell = given.expand_argument_vars ? words.map(hostPath) : words
  const [program = raw("''")] = shell
  return {
    line: sh`exec ${shell}`,
    cmd: words,
    program: sh`${program}`,
    chdir: given.chdir,
    creates: given.creates,
    removes: given.removes,
    stdin: given.stdin === undefined ? undefined : given.stdin + (given.stdin_add_newline ? '\n' : ''),
    stripEmptyEnds: given.strip_empty_ends,
  }
}

export default defineAction({
  kind: 'action',
  summary: 'Runs a command on the host without a shell.',
  description:
    'Pipes, redirections, `&&` and patterns mean nothing here; use `shell` for them. Without `creates` or `removes` ' +
    'nobody can know whether the command changes anything: it reports changed (say `changed_when:`) and is skipped in ' +
    'check mode.',
  examples: [
    {
      title: 'Run a program',
      yaml: '- command: pg_lsclusters --no-header\n  register: clusters\n  changed_when: false',
    },
    {
      title: 'Run once',
      yaml: '- command:\n    argv: [openssl, genrsa, -out, /etc/ssl/private/db.key, "4096"]\n    creates: /etc/ssl/private/db.key',
    },
  ],
  params,
  rules: (given) => [
    atMostOne(given, ['cmd', 'argv']),
    () => {
      if (given.cmd === undefined && given.argv === undefined) return fault(undefined, 'give one of "cmd" and "argv"')
      return wordsOf(given).length === 0 ? fault(undefined, 'no command given') : undefined
    },
  ],
  background: true,
  freeForm: 'cmd',
  returns: {
    cmd: 'The command as a list of words.',
    rc: 'Exit status; 2 where the program does not exist.',
    stdout: 'Standard output.',
    stderr: 'Standard error.',
    stdout_lines: 'Standard output as a list of lines.',
    stderr_lines: 'Standard error as a list of lines.',
    stdout_left_out: 'Bytes that stdout lacks in its middle, where it was more than 4 MiB. stderr_left_out likewise.',
    start: 'Local time at which the command began.',
    end: 'Local time at which it had ended.',
    delta: 'Time it took, as `h:mm:ss.ffffff`.',
  },
  check: (ctx, given) => checkCommand(ctx, invocationOf(given)),
  act: (ctx, given) => runCommand(ctx, invocationOf(given)),
})
