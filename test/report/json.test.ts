import { expect, test } from 'vitest'
import { jsonReporter } from '../../src/report/json.ts'
import { smallRun, textOutput } from './fixture.ts'

const document = () => {
  const output = textOutput()
  const reporter = jsonReporter(output)
  for (const event of smallRun()) reporter.handle(event)
  reporter.close()
  return JSON.parse(output.text())
}

test("the document has the shape of Ansible's json callback", () => {
  const { plays, stats, custom_stats } = document()
  expect(custom_stats).toEqual({})
  expect(stats).toEqual({
    db1: { ok: 2, changed: 1, unreachable: 0, failures: 1, skipped: 0, rescued: 0, ignored: 0 },
    db2: { ok: 1, changed: 0, unreachable: 0, failures: 0, skipped: 1, rescued: 0, ignored: 0 },
  })
  expect(plays).toHaveLength(1)
  expect(plays[0].play).toMatchObject({ id: 'p1', name: 'Roll out' })
  expect(plays[0].tasks.map(({ task }: { task: { name: string } }) => task.name)).toEqual([
    'Set the archive up',
    'Set the password',
    'Check',
  ])
  expect(plays[0].tasks[0].hosts.db1).toMatchObject({
    action: 'postgresql_archive',
    changed: true,
    failed: false,
    diff: [{ before: 'off', after: 'on', before_header: 'archive_mode' }, { before_header: 'pg_hba.conf' }],
  })
  expect(plays[0].tasks[2].hosts.db1).toMatchObject({ failed: true, rc: 2, stderr_lines: ['ls: cannot access'] })
  expect(plays[0].tasks[2].hosts.db2).toMatchObject({ skipped: true, changed: false })
})

test('what no_log hides is not in the document', () => {
  expect(document().plays[0].tasks[1].hosts.db1).toMatchObject({ censored: expect.stringContaining('no_log') })
  expect(JSON.stringify(document())).not.toContain('hunter2')
})
