import { describe, expect, it } from 'vitest'
import { formatTagList, formatTaskList } from '../../src/playbook/list.ts'
import type { Playbook } from '../../src/playbook/types.ts'
import { load } from './load-files.ts'

const FILES = {
  'site.yml': `- hosts: all
  tags: pt
  pre_tasks: [{ ping: , name: pre }]
  roles: [{ role: r, tags: rt }]
  tasks:
    - ping:
      tags: b,a
    - name: block
      block: [{ name: "in {{ x }}", ping: }]
      rescue: [{ ping: }]
      tags: bt
    - include_role: { name: r }
    - meta: flush_handlers
    - name: not by itself
      ping:
      tags: never
- name: second
  hosts: [web, db]
`,
  'roles/r/tasks/main.yml': '- name: in r\n  ping:\n- debug:\n  tags: [dt]\n',
}

const named = async (): Promise<Playbook> => ({ ...(await load(FILES)), path: 'site.yml' })

describe('--list-tasks', () => {
  it('shows what runs, in the order in which it runs', async () => {
    expect(formatTaskList(await named())).toBe(`
playbook: site.yml

  play #1 (all): all\tTAGS: [pt]
    tasks:
      pre\tTAGS: [pt]
      r : in r\tTAGS: [pt, rt]
      debug\tTAGS: [dt, pt, rt]
      ping\tTAGS: [a, b, pt]
      in {{ x }}\tTAGS: [bt, pt]
      ping\tTAGS: [bt, pt]
      include_role\tTAGS: [pt]
      meta\tTAGS: [pt]

  play #2 (web,db): second\tTAGS: []
    tasks:
`)
  })

  it('shows what the tags select', async () => {
    const lines = formatTaskList(await named(), { onlyTags: ['never', 'a'], nameOf: () => 'evaluated' }).split('\n')
    expect(lines.slice(4, 7)).toEqual([
      '    tasks:',
      '      ping\tTAGS: [a, b, pt]',
      '      evaluated\tTAGS: [never, pt]',
    ])
    const skipped = formatTaskList(await named(), { skipTags: ['pt'] })
    expect(skipped).not.toContain('ping')
  })
})

describe('--list-tags', () => {
  it('shows the tags of each play', async () => {
    expect(formatTagList(await named())).toBe(`
playbook: site.yml

  play #1 (all): all\tTAGS: [pt]
      TASK TAGS: [a, b, bt, dt, pt, rt]

  play #2 (web,db): second\tTAGS: []
      TASK TAGS: []
`)
  })
})
