import { expect, test } from 'vitest'
import { runTasks } from './fixture.ts'

const one = { hosts: ['h1'] }

test('ignore_errors holds for conditions and loops that cannot be decided', async () => {
  const { lines, exit } = await runTasks(
    `
    - {name: when, command: "true", when: nope, ignore_errors: true}
    - {name: loop, command: "true", loop: "{{ nope }}", ignore_errors: true}
    - {name: failed_when, command: "true", failed_when: nope, ignore_errors: true}
    - {name: strict, command: "true", when: nope}
`,
    one,
  )
  expect(lines).toEqual(['h1 when ignored', 'h1 loop ignored', 'h1 failed_when ignored', 'h1 strict failed'])
  expect(exit).toBe(2)
})

test('no_log hides items that were skipped, too', async () => {
  const { events, result } = await runTasks(
    `
    - name: t
      command: "true"
      loop: [hunter2, hunter3]
      when: false
      no_log: true
`,
    one,
  )
  expect(result('h1', 't').hidden).toBe(true)
  const items = events.filter((event) => event.type === 'item-ended').map((event) => event.result)
  expect(items.map(({ hidden, label }) => [hidden, label])).toEqual([
    [true, '(hidden by no_log)'],
    [true, '(hidden by no_log)'],
  ])
})
