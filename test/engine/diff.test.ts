import { expect, test } from 'vitest'
import type { Change } from '../../src/base/change.ts'
import { runTasks } from './fixture.ts'

const one = { hosts: ['h1'] }
const withDiff = { ...one, options: { diffMode: true } }

/** A file of one line is written by a task `t` in check mode, with this keyword. */
const write = (keyword = ''): string => `
    - name: t
      copy: {content: "password=hunter2", dest: /nowhere/lifeboat-diff}
      check_mode: true
      register: out
      ${keyword}
    - debug: msg="{{ out.diff }}"
`
const contentOf = (changes: readonly Change[]): Change | undefined =>
  changes.find((change) => change.subject === 'content')

test('without a diff no event and no registered result has what is in a file', async () => {
  const { result, events, said } = await runTasks(write(), one)
  expect(contentOf(result('h1', 't').changes)).toEqual({
    subject: 'content',
    before: null,
    after: null,
    withheld: true,
  })
  expect(JSON.stringify(events)).not.toContain('hunter2')
  expect(said.join()).not.toContain('hunter2')
})

test('--diff keeps it, and diff: true on the task does so too', async () => {
  const asked = await runTasks(write(), withDiff)
  expect(contentOf(asked.result('h1', 't').changes)?.after).toBe('password=hunter2')
  const own = (await runTasks(write('diff: true'), one)).result('h1', 't')
  expect(contentOf(own.changes)?.after).toBe('password=hunter2')
  expect(own.diff).toBe(true)
})

test('diff: false on a task hides all values even with --diff', async () => {
  const { result, events } = await runTasks(write('diff: false'), withDiff)
  for (const change of result('h1', 't').changes) {
    expect(change).toEqual({ subject: change.subject, before: null, after: null, sensitive: true })
  }
  expect(JSON.stringify(events)).not.toContain('hunter2')
})
