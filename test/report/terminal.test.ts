import { expect, test } from 'vitest'
import type { Change } from '../../src/base/change.ts'
import { terminalReporter } from '../../src/report/terminal/index.ts'
import { styleFor } from '../../src/report/terminal/style.ts'
import { taskLines } from '../../src/report/terminal/task-lines.ts'
import { result, smallRun, textOutput } from './fixture.ts'

const shown = async (options: { diff: boolean; verbosity: number }): Promise<string> => {
  const output = textOutput()
  const reporter = await terminalReporter(output, options)
  for (const event of smallRun()) reporter.handle(event)
  reporter.close()
  return output.text()
}

test('a run is one line a task and status, with changes, failures and a recap', async () => {
  expect((await shown({ diff: false, verbosity: 0 })).split('\n')).toEqual([
    '',
    'PLAY  Roll out  db1 db2',
    '  ok          Set the archive up                            db2  0.3s',
    '  changed     Set the archive up                            db1  0.3s',
    '      archive_mode: off → on',
    '      pg_hba.conf differs (--diff shows it)',
    '  ok          Set the password                              db1  0.3s',
    '  skipped     Check                                         db2  0.3s',
    '  failed      Check                                         db1  0.3s',
    '      non-zero return code',
    '      command: ls /nope',
    '      exit status: 2',
    '      stderr:',
    '        ls: cannot access',
    '',
    'PLAY RECAP',
    'db1 : ok=2 changed=1 unreachable=0 failed=1 skipped=0 rescued=0 ignored=0',
    'db2 : ok=1 changed=0 unreachable=0 failed=0 skipped=1 rescued=0 ignored=0',
    '',
    'done in 1.3s, run r1',
    '',
  ])
})

test('--diff shows text as a unified diff', async () => {
  expect(await shown({ diff: true, verbosity: 0 })).toContain(
    [
      '      --- before: pg_hba.conf',
      '      +++ after: pg_hba.conf',
      '      @@ -1,2 +1,2 @@',
      '       a',
      '      -b',
      '      +c',
    ].join('\n'),
  )
})

test('what does not fit a line is cut off, and --diff shows all of it', () => {
  const task = { id: 't1', name: 'Set', module: 'postgresql_set', path: 'site.yml:3', role: undefined, handler: false }
  const changes = [{ subject: 'archive_command', before: '', after: 'x'.repeat(100) }]
  const line = (diff: boolean): string | undefined => {
    const view = { diff, verbosity: 0, nameWidth: 0, style: styleFor(textOutput()) }
    return taskLines(task, new Map([['db1', result({ status: 'changed', changes })]]), view)[1]
  }
  expect(line(false)).toBe(`      archive_command: '' → ${'x'.repeat(69)}…`)
  expect(line(true)).toBe(`      archive_command: '' → ${'x'.repeat(100)}`)
})

test('-vv shows where each task stands', async () => {
  expect(await shown({ diff: false, verbosity: 2 })).toContain(
    'Set the archive up                            db1  0.3s\n      archive.yml:4',
  )
})

test('no verbosity shows what no_log hides', async () => {
  expect(await shown({ diff: true, verbosity: 3 })).not.toContain('hunter2')
})

test('diff of the task itself decides, whatever --diff says', () => {
  const task = { id: 't1', name: 'Write', module: 'copy', path: 'site.yml:3', role: undefined, handler: false }
  const lines = (change: Change, diff: boolean | undefined, view: boolean): string[] =>
    taskLines(
      task,
      new Map([['db1', result({ status: 'changed', changes: [change], ...(diff === undefined ? {} : { diff }) })]]),
      { diff: view, verbosity: 0, nameWidth: 10, style: styleFor(textOutput()) },
    ).slice(1)
  const content = { subject: 'content', before: null, after: 'one line' }
  expect(lines(content, true, false)).toContain('      +one line')
  expect(lines(content, undefined, false)).toEqual(['      content differs (--diff shows it)'])
  const withheld = { ...content, after: null, withheld: true }
  expect(lines(withheld, undefined, true)).toEqual(['      content differs (--diff shows it)'])
  expect(lines({ ...content, after: null, sensitive: true }, false, true)).toEqual(['      content: hidden'])
})

test('what a host writes cannot move the cursor or hide anything', () => {
  const task = { id: 't', name: 'x', module: 'command', path: '', role: undefined, handler: false }
  const output = textOutput()
  const fields = { cmd: 'ls', rc: 1, stdout: 'a\u001b[2Jb\r\nc\u0000\td\u202e\u009b\n', stderr: '' }
  const failed = result({ status: 'failed', msg: 'no \u001b]0;title\u0007', fields })
  const lines = taskLines(task, new Map([['db1', failed]]), {
    diff: false,
    verbosity: 0,
    nameWidth: 10,
    style: styleFor(output),
  })
  expect(lines).toContain('        a\\x1b[2Jb')
  expect(lines).toContain('        c\\x00\td\\u202e\\x9b')
  expect(lines).toContain('      no \\x1b]0;title\\x07')
})
