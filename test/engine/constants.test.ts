import { describe, expect, test } from 'vitest'
import { Template, type Variables } from '../../src/base/value.ts'
import { messagesOf, run, runTasks } from './fixture.ts'

const one = { hosts: ['h1'] }
const wrong = '"verbosity" of debug must be a whole number, not "soon"'

/** A task with an argument that comes from a variable. */
const task = (keywords = '', verbosity = '{{ t }}'): string =>
  `    - debug:\n        verbosity: "${verbosity}"\n${keywords}`

const indented = task().replace(/^(?=.)/gm, '    ')

/** What is refused before the run; undefined where the run began. */
const refused = async (tasks: string, variables: Variables, play?: string): Promise<string[] | undefined> => {
  try {
    await runTasks(tasks, { ...one, variables, ...(play === undefined ? {} : { play }) })
    return undefined
  } catch (error) {
    return messagesOf(Promise.reject(error))
  }
}

describe('arguments that extra variables alone decide', () => {
  test('are judged before the run', async () => {
    expect(await refused(task(), { t: 'soon' })).toEqual([wrong])
    expect(await refused(task('', '{{ t | default(omit) }}'), { t: 'soon' })).toEqual([wrong])
    expect(await refused(task('', "{{ t ~ 's' }}"), { t: 'x' })).toEqual([wrong.replace('soon', 'xs')])
  })

  test('also by way of another extra variable', async () => {
    const position = { source: { path: '<-e>', text: '' }, line: 1, column: 1 }
    expect(await refused(task(), { t: new Template('{{ other }}', position), other: 'soon' })).toEqual([wrong])
  })

  test('several together', async () => {
    const restore = `    - postgresql_restore:
        cluster: "{{ cluster | default(omit) }}"
        target_time: "{{ target_time | default(omit) }}"
        target_xid: "{{ target_xid | default(omit) }}"
`
    const variables = { target_time: '2026-11-22 09:30:00Z', target_xid: 7 }
    expect(await refused(restore, variables)).toEqual(['target_time and target_xid cannot both be the target'])
  })
})

describe('is left to the run', () => {
  test('what other variables have a say in', async () => {
    // The play's own t loses against nothing here, but facts, registered results and others could beat it.
    expect(await refused(task(), {}, '  vars:\n    t: soon\n')).toBeUndefined()
    expect(await refused(task('', '{{ t if x else 1 }}'), { t: 'soon' }, '  vars:\n    x: false\n')).toBeUndefined()
    expect(await refused(task('', '{{ inventory_hostname }}'), { inventory_hostname: 'soon' })).toBeUndefined()
    expect(await refused(task('', "{{ lookup('env', t) }}"), { t: 'NOWHERE' })).toBeUndefined()
  })

  test('what is another value each time', async () => {
    expect(await refused(task('', '{{ [t, t] | random }}'), { t: 'soon' })).toBeUndefined()
  })

  test.each([
    ['a condition', task('      when: t != "soon"\n')],
    ['a condition around it', `    - when: t != "soon"\n      block:\n${indented}`],
    ['a loop', task('      loop: []\n')],
    ['ignore_errors', task('      ignore_errors: true\n')],
    ['no_log', task('      no_log: true\n')],
    ['rescue', `    - block:\n${indented}      rescue:\n        - ping:\n`],
    ['a rescue that it stands in', `    - block:\n        - ping:\n      rescue:\n${indented}`],
    ['the end of the play before it', `    - meta: end_play\n${task()}`],
    ['an include before it', `    - include_tasks: "{{ 'none.yml' }}"\n      when: false\n${task()}`],
  ])('%s', async (_what, tasks) => {
    expect(await refused(tasks, { t: 'soon' })).toBeUndefined()
  })

  test('a task that tags leave out', async () => {
    const files = {
      'site.yml': `- hosts: all\n  gather_facts: false\n  tasks:\n    - ping:\n${task('      tags: late\n')}`,
    }
    const options = { skipTags: ['late'] }
    expect((await run({ ...one, files, variables: { t: 'soon' }, options })).exit).toBe(0)
    expect(await messagesOf(run({ ...one, files, variables: { t: 'soon' } }))).toEqual([wrong])
  })
})
