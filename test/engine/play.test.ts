import { describe, expect, test } from 'vitest'
import { messagesOf, run, runTasks } from './fixture.ts'

const one = { hosts: ['h1'] }

describe('tasks', () => {
  test('register keeps the result for later tasks, hostvars shows it to other hosts', async () => {
    const { said } = await runTasks(`
    - command: echo "{{ inventory_hostname }}"
      register: out
    - debug: msg="{{ out.stdout }} {{ out.rc }} {{ hostvars['h2'].out.stdout }}"
`)
    expect(said).toEqual(['h1: h1 0 h2', 'h2: h2 0 h2', 'h3: h3 0 h2'])
  })

  test('when decides host by host, a list of conditions must hold as a whole', async () => {
    const { lines } = await runTasks(`
    - name: t
      command: "true"
      when: ["inventory_hostname != 'h1'", "inventory_hostname != 'h3'"]
`)
    expect([...lines].sort()).toEqual(['h1 t skipped', 'h2 t changed', 'h3 t skipped'])
  })

  test('a condition that cannot be decided fails the task and names itself', async () => {
    const { exit, result } = await runTasks('    - name: t\n      command: "true"\n      when: nope.here\n', one)
    expect(exit).toBe(2)
    expect(result('h1', 't').msg).toBe('the condition "nope.here" cannot be decided: "nope" is not defined')
  })

  test('changed_when and failed_when see the result under its register name', async () => {
    const { lines, exit } = await runTasks(
      `
    - name: quiet
      command: "true"
      changed_when: false
    - name: tolerated
      command: sh -c "exit 3"
      register: out
      failed_when: out.rc > 3
      changed_when: out.rc == 3
    - name: strict
      command: echo bad
      register: out
      failed_when: "'bad' in out.stdout"
`,
      one,
    )
    expect(lines).toEqual(['h1 quiet ok', 'h1 tolerated changed', 'h1 strict failed'])
    expect(exit).toBe(2)
  })

  test('until repeats a task and tells how often', async () => {
    const { result, events } = await runTasks(
      `
    - name: grow
      shell: echo x >> "{{ dir }}"; wc -l < "{{ dir }}"
      register: lines
      until: lines.stdout | int >= 3
      retries: 5
      delay: 0
`,
      { ...one, variables: { dir: `/tmp/lifeboat-until-${process.pid}-${Date.now()}` } },
    )
    expect(result('h1', 'grow')).toMatchObject({ status: 'changed', attempts: 3 })
    expect(events.filter(({ type }) => type === 'host-retry')).toHaveLength(2)
  })

  test('until that never comes true fails after the last attempt', async () => {
    const { result } = await runTasks(
      '    - name: t\n      command: "true"\n      register: r\n      until: r.rc == 1\n      retries: 2\n      delay: 0\n',
      one,
    )
    expect(result('h1', 't')).toMatchObject({ status: 'failed', attempts: 3 })
  })

  test('ignore_errors lets the host go on and counts as ignored', async () => {
    const { stats, lines } = await runTasks(
      '    - name: t\n      command: "false"\n      ignore_errors: true\n    - name: u\n      command: "true"\n',
      one,
    )
    expect(lines).toEqual(['h1 t ignored', 'h1 u changed'])
    expect(stats.h1).toMatchObject({ ok: 2, changed: 2, failed: 0, ignored: 1 })
  })

  test('environment of play, block and task merge, the inner ones win', async () => {
    const { result } = await runTasks(
      `
    - environment: {B: block, C: block}
      block:
        - name: t
          shell: echo $A $B $C
          environment: {C: task}
`,
      { ...one, play: '  environment: {A: play, B: play, C: play}\n' },
    )
    expect(result('h1', 't').fields.stdout).toBe('play block task')
  })

  test('delegate_to runs elsewhere with the variables of this host', async () => {
    const { said, result } = await runTasks(`
    - name: t
      command: echo "{{ inventory_hostname }}"
      delegate_to: h3
      register: out
    - debug: msg="{{ out.stdout }}"
`)
    expect(said).toEqual(['h1: h1', 'h2: h2', 'h3: h3'])
    expect(result('h1', 't').delegatedTo).toBe('h3')
  })

  test('run_once runs on the first host and shares its result', async () => {
    const { said, lines } = await runTasks(`
    - name: t
      command: echo "{{ inventory_hostname }}"
      run_once: true
      register: out
    - debug: msg="{{ out.stdout }}"
`)
    expect(lines.filter((line) => line.includes(' t '))).toEqual(['h1 t changed'])
    expect(said).toEqual(['h1: h1', 'h2: h1', 'h3: h1'])
  })

  test('arguments that only the run can know are checked in the run, with their place', async () => {
    const { result } = await runTasks(
      '    - name: t\n      command:\n        cmd: ls\n        chdir: "{{ folder }}"\n',
      { ...one, play: '  vars:\n    folder: []\n' },
    )
    expect(result('h1', 't')).toMatchObject({ status: 'failed', error: { code: 'module/bad-parameter' } })
    expect(result('h1', 't').error?.where).toMatch(/site\.yml:9:/)
  })
})

describe('undefined variables', () => {
  test('never let an assertion pass', async () => {
    const { result } = await runTasks('    - name: t\n      assert: {that: missing}\n', one)
    expect(result('h1', 't').status).toBe('failed')
    expect(result('h1', 't').msg).toContain('"missing" is not defined')
  })

  test('are said by debug', async () => {
    const { result } = await runTasks('    - name: t\n      debug: var=missing\n', one)
    expect(result('h1', 't').fields.missing).toBe('VARIABLE IS NOT DEFINED!')
  })
})

describe('loops', () => {
  test('run an item at a time and keep a result each', async () => {
    const { said, result } = await runTasks(
      `
    - name: t
      command: echo {{ item }}
      loop: [a, b]
      register: out
    - debug: msg="{{ out.results | map(attribute='stdout') | join('+') }} {{ out.results[1].item }} {{ out.changed }}"
`,
      one,
    )
    expect(said).toEqual(['h1: a+b b True'])
    expect(result('h1', 't').items).toHaveLength(2)
  })

  test('take loop_var, index_var, label and extended from loop_control', async () => {
    const { said, result } = await runTasks(
      `
    - name: t
      debug: msg="{{ i }} {{ each.n }} {{ ansible_loop.last }}"
      loop: [{n: x}, {n: y}]
      loop_control: {loop_var: each, index_var: i, label: "{{ each.n }}", extended: true}
`,
      one,
    )
    expect(said).toEqual(['h1: 0 x False', 'h1: 1 y True'])
    expect(result('h1', 't').items?.map(({ label }) => label)).toEqual(['x', 'y'])
  })

  test('an item may be skipped or fail alone', async () => {
    const { result } = await runTasks(
      `
    - name: t
      command: sh -c "exit {{ item }}"
      loop: [0, 1, 2]
      when: item != 2
`,
      one,
    )
    expect(result('h1', 't')).toMatchObject({ status: 'failed', msg: 'One or more items failed' })
    expect(result('h1', 't').items?.map(({ status }) => status)).toEqual(['changed', 'failed', 'skipped'])
  })

  test('a false condition spares a list that is not defined', async () => {
    const { lines } = await runTasks(
      '    - name: t\n      debug: msg=x\n      loop: "{{ nope }}"\n      when: false\n',
      one,
    )
    expect(lines).toEqual(['h1 t skipped'])
  })

  test('with_dict, with_items and with_sequence', async () => {
    const { said } = await runTasks(
      `
    - debug: msg="{{ item.key }}={{ item.value }}"
      with_dict: {a: 1}
    - debug: msg="{{ item }}"
      with_items: [[1, 2], 3]
    - debug: msg="{{ item }}"
      with_sequence: start=1 end=2 format=db%02d
`,
      one,
    )
    expect(said).toEqual(['h1: a=1', 'h1: 1', 'h1: 2', 'h1: 3', 'h1: db01', 'h1: db02'])
  })
})

describe('blocks', () => {
  test('rescue sees the failed task, hosts that did not fail wait for it', async () => {
    const { said, stats, lines } = await runTasks(`
    - block:
        - name: may fail
          command: sh -c "exit {{ 1 if inventory_hostname == 'h2' else 0 }}"
      rescue:
        - debug: msg="{{ ansible_failed_task.name }} {{ ansible_failed_result.rc }}"
      always:
        - name: always
          command: "true"
    - name: after
      command: "true"
`)
    expect(said).toEqual(['h2: may fail 1'])
    expect(stats.h2).toMatchObject({ failed: 0, rescued: 1 })
    expect(lines.filter((line) => line.includes(' after '))).toHaveLength(3)
    expect(lines.findIndex((line) => line.includes('debug'))).toBeLessThan(
      lines.findIndex((line) => line.includes(' after ')),
    )
  })

  test('conditions, variables and tags pass to what is inside', async () => {
    const { said } = await runTasks(
      `
    - when: x == 1
      vars: {x: 1, y: outer}
      block:
        - debug: msg="{{ y }}"
        - debug: msg="{{ y }}"
          vars: {y: inner}
        - debug: msg=no
          when: x == 2
`,
      one,
    )
    expect(said).toEqual(['h1: outer', 'h1: inner'])
  })
})

describe('handlers', () => {
  const handlers = (body: string, extra = ''): string => `
- hosts: all
  gather_facts: false
${extra}  tasks:
${body}
  handlers:
    - name: first
      debug: msg=first
    - name: second
      debug: msg=second
      listen: topic
    - name: chain
      command: "true"
      notify: last
    - name: last
      debug: msg=last
`

  test('run once, in the order of their definition, only where something changed', async () => {
    const body = `    - command: "true"
      notify: [topic, first]
    - command: "true"
      notify: first
    - command: "true"
      changed_when: false
      notify: chain`
    const { said } = await run({ ...one, files: { 'site.yml': handlers(body) } })
    expect(said).toEqual(['h1: first', 'h1: second'])
  })

  test('a handler may notify a later one, and flush_handlers runs them at once', async () => {
    const body = `    - command: "true"
      notify: chain
    - meta: flush_handlers
    - debug: msg=after`
    const { said } = await run({ ...one, files: { 'site.yml': handlers(body) } })
    expect(said).toEqual(['h1: last', 'h1: after'])
  })

  test('a failed host runs none, unless force_handlers says so', async () => {
    const body = `    - command: "true"
      notify: first
    - command: "false"`
    const plain = await run({ ...one, files: { 'site.yml': handlers(body) } })
    expect(plain.said).toEqual([])
    const forced = await run({ ...one, files: { 'site.yml': handlers(body, '  force_handlers: true\n') } })
    expect(forced.said).toEqual(['h1: first'])
    expect(forced.exit).toBe(2)
  })

  test('an unknown handler is found before anything runs', async () => {
    const body = `    - name: t
      command: "true"
      notify: frist`
    const messages = await messagesOf(run({ ...one, files: { 'site.yml': handlers(body) } }))
    expect(messages).toEqual(['no handler is named "frist" or listens to it'])
  })

  test('one whose name only the run can tell fails the task', async () => {
    const body = `    - name: t
      command: "true"
      notify: "{{ 'frist' }}"`
    const { result } = await run({ ...one, files: { 'site.yml': handlers(body) } })
    expect(result('h1', 't')).toMatchObject({ status: 'failed', error: { code: 'engine/unknown-handler' } })
    expect(result('h1', 't').error?.hints).toEqual(['did you mean "first"?'])
  })
})

describe('batches and failures', () => {
  test('serial goes batch by batch', async () => {
    const { events } = await runTasks('    - command: "true"\n', { play: '  serial: 2\n' })
    const batches = events.filter((event) => event.type === 'play-began').map((event) => event.hosts)
    expect(batches).toEqual([['h1', 'h2'], ['h3']])
  })

  test('a batch that fails as a whole ends the play', async () => {
    const { lines, exit } = await runTasks('    - name: t\n      command: "false"\n', { play: '  serial: 1\n' })
    expect(lines).toEqual(['h1 t failed'])
    expect(exit).toBe(2)
  })

  test('any_errors_fatal stops all hosts after the task', async () => {
    const { lines, events } = await runTasks(
      `
    - name: t
      command: sh -c "exit {{ 1 if inventory_hostname == 'h2' else 0 }}"
    - name: u
      command: "true"
`,
      { play: '  any_errors_fatal: true\n' },
    )
    expect(lines.filter((line) => line.includes(' u '))).toEqual([])
    expect(events.find((event) => event.type === 'play-stopped')).toMatchObject({
      reason: 'any_errors_fatal: h2 failed',
    })
  })

  test('max_fail_percentage stops when more than so many have failed, and says why', async () => {
    const task = `    - name: t
      command: sh -c "exit {{ 1 if inventory_hostname == 'h2' else 0 }}"
    - name: u
      command: "true"
`
    const stopped = await runTasks(task, { play: '  max_fail_percentage: 30\n' })
    expect(stopped.lines.filter((line) => line.includes(' u '))).toEqual([])
    const reason = 'max_fail_percentage: 1 of 3 hosts failed = 33 % > 30 %'
    expect(stopped.events.find((event) => event.type === 'play-stopped')).toMatchObject({ reason })
    const goneOn = await runTasks(task, { play: '  max_fail_percentage: 34\n' })
    expect(goneOn.lines.filter((line) => line.includes(' u '))).toHaveLength(2)
  })

  test('a host that failed takes no part in the next play', async () => {
    const text = `- hosts: all
  gather_facts: false
  tasks:
    - name: t
      command: sh -c "exit {{ 1 if inventory_hostname == 'h2' else 0 }}"
- hosts: all
  gather_facts: false
  tasks:
    - name: u
      command: "true"
`
    const { lines } = await run({ files: { 'site.yml': text } })
    expect(lines.filter((line) => line.includes(' u ')).sort()).toEqual(['h1 u changed', 'h3 u changed'])
  })
})

describe('includes and roles', () => {
  const files = {
    'inc.yml': '- debug: msg="{{ word }} {{ item | default(0) }}"\n',
    'roles/r/defaults/main.yml': 'word: default\nkept: yes\n',
    'roles/r/vars/main.yml': 'fixed: role\n',
    'roles/r/tasks/main.yml': '- debug: msg="{{ word }} {{ fixed }}"\n- command: "true"\n  notify: from role\n',
    'roles/r/handlers/main.yml': '- name: from role\n  debug: msg=handled\n',
  }

  test('include_tasks in a loop sees the item, import_tasks takes variables', async () => {
    const { said } = await runTasks(
      `
    - include_tasks: inc.yml
      loop: [1, 2]
      vars: {word: included}
    - import_tasks: inc.yml
      vars: {word: imported}
`,
      { ...one, files },
    )
    expect(said).toEqual(['h1: included 1', 'h1: included 2', 'h1: imported 0'])
  })

  test('a role has defaults below everything, vars above the play, and its handlers', async () => {
    const play = '  vars: {fixed: play}\n  roles:\n    - r\n    - {role: r, word: param}\n'
    const { said } = await runTasks('    - debug: msg="{{ kept }}"\n', { ...one, files, play })
    expect(said).toEqual(['h1: default role', 'h1: param role', 'h1: true', 'h1: handled'])
  })

  test('include_role brings its handlers with it', async () => {
    const { said } = await runTasks('    - include_role: {name: r}\n      vars: {word: given}\n', { ...one, files })
    expect(said).toEqual(['h1: given role', 'h1: handled'])
  })

  test('an error in an included file is found before anything runs', async () => {
    const messages = await messagesOf(
      runTasks('    - include_tasks: inc.yml\n', { ...one, files: { 'inc.yml': '- debug: {mgs: x}\n' } }),
    )
    expect(messages).toEqual(['debug has no parameter "mgs"'])
  })
})

describe('variables', () => {
  test('extra variables win over all, facts set by a task over those of the play', async () => {
    const { said } = await runTasks(
      `
    - set_fact: {a: fact, b: fact}
    - debug: msg="{{ a }} {{ b }} {{ c }} {{ d }}"
      vars: {a: task, c: task}
`,
      {
        ...one,
        play: '  vars: {a: play, b: play, c: play, d: play}\n',
        variables: { b: 'extra' },
        files: { 'group_vars/all.yml': 'd: group\n' },
      },
    )
    expect(said).toEqual(['h1: fact extra task play'])
  })

  test('vars_files are read by host', async () => {
    const { said } = await runTasks('    - debug: msg="{{ from }}"\n', {
      hosts: ['h1', 'h2'],
      play: "  vars_files: ['{{ inventory_hostname }}.yml']\n",
      files: { 'h1.yml': 'from: one\n', 'h2.yml': 'from: two\n' },
    })
    expect(said).toEqual(['h1: one', 'h2: two'])
  })

  test('what a command printed is never evaluated as a template', async () => {
    const { said } = await runTasks(
      `
    - command: echo "{% raw %}{{ 1 + 1 }}{% endraw %}"
      register: out
    - debug: msg="{{ out.stdout }}"
`,
      one,
    )
    expect(said).toEqual(['h1: {{ 1 + 1 }}'])
  })
})

describe('check mode and tags', () => {
  test('a command is skipped in check mode, check_mode on a task decides for it', async () => {
    const tasks = `    - name: t
      command: "true"
    - name: u
      command: "true"
      check_mode: false
`
    const { lines } = await runTasks(tasks, { ...one, options: { checkMode: true } })
    expect(lines).toEqual(['h1 t skipped', 'h1 u changed'])
  })

  test('--tags and --skip-tags choose tasks, always and never have their meaning', async () => {
    const tasks = `    - {name: a, command: 'true', tags: x}
    - {name: b, command: 'true', tags: [x, y]}
    - {name: c, command: 'true', tags: always}
    - {name: d, command: 'true', tags: never}
    - {name: e, command: 'true'}
`
    const names = async (options: object): Promise<string> =>
      (await runTasks(tasks, { ...one, options })).lines.map((line) => line.split(' ')[1]).join('')
    expect(await names({})).toBe('abce')
    expect(await names({ tags: ['x'] })).toBe('abc')
    expect(await names({ skipTags: ['y'] })).toBe('ace')
    expect(await names({ tags: ['never'] })).toBe('cd')
    expect(await names({ tags: ['untagged'] })).toBe('ce')
  })

  test('no_log hides the result from every event', async () => {
    const { result } = await runTasks('    - name: t\n      command: echo hunter2\n      no_log: true\n', one)
    expect(result('h1', 't').hidden).toBe(true)
  })
})

test('meta ends a host, a play, and clears errors', async () => {
  const { lines, said } = await runTasks(`
    - meta: end_host
      when: inventory_hostname == 'h1'
    - debug: msg="{{ ansible_play_hosts | join(' ') }} of {{ ansible_play_hosts_all | join(' ') }}"
      run_once: true
    - name: t
      command: "true"
    - meta: end_play
    - name: u
      command: "true"
`)
  expect(lines.filter((line) => line.includes(' t ') || line.includes(' u ')).sort()).toEqual([
    'h2 t changed',
    'h3 t changed',
  ])
  expect(said).toEqual(['h2: h2 h3 of h1 h2 h3'])
})
