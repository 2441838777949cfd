import { expect, test } from 'vitest'
import { runTasks } from './fixture.ts'

test.each([
  [`retries: "{{ 'many' }}"`, '"retries" must be a number of 0 or more, not "many"'],
  ['delay: "{{ -1 }}"', '"delay" must be a number of 0 or more, not "-1"'],
])('%s is an error, not silently one attempt', async (keyword, message) => {
  const { result, exit } = await runTasks(
    `
    - name: t
      command: "false"
      register: out
      until: out.rc == 0
      ${keyword}
`,
    { hosts: ['h1'] },
  )
  expect(result('h1', 't').msg).toBe(message)
  expect(exit).toBe(2)
})
