import { describe, expect, it } from 'vitest'
import { Template } from '../../src/base/value.ts'
import { load, playOf, taskOf } from './load-files.ts'

const valuesOf = async (text: string): Promise<unknown> => {
  const { args } = await taskOf(text)
  return Object.fromEntries(Object.entries(args.values).map(([name, { value }]) => [name, value]))
}

describe('a task', () => {
  it('has its keywords with their places, texts and numbers in the type that the keyword takes', async () => {
    const task = await taskOf(`    - name: Look
      command: ls
      become: "yes"
      become_user: postgres
      port: "2222"
      run_once: 1
      when: a == 1
      tags: one, two
      vars: { x: 1 }
      environment: { PGPORT: 5433 }
      register: found
      notify: restart
      until: found.rc == 0
      retries: "5"
      delay: 0.5
      changed_when: false
      failed_when: [found.rc > 1, not ok]
      no_log: off
`)
    expect(task.keywords).toMatchObject({
      become: { value: true, position: { line: 5, column: 16 } },
      becomeUser: { value: 'postgres' },
      port: { value: 2222 },
      runOnce: { value: true },
      when: [{ text: 'a == 1', position: { line: 9, column: 13 } }],
      tags: ['one', 'two'],
      vars: { x: 1 },
      environment: { value: { PGPORT: 5433 } },
      noLog: { value: false },
    })
    expect(task).toMatchObject({
      name: 'Look',
      position: { line: 3, column: 7 },
      module: { value: 'command', position: { line: 4, column: 7 } },
      register: { value: 'found' },
      notify: [{ value: 'restart' }],
      until: [{ text: 'found.rc == 0' }],
      retries: { value: 5 },
      delay: { value: 0.5 },
      changedWhen: [{ text: 'false' }],
      failedWhen: [{ text: 'found.rc > 1' }, { text: 'not ok' }],
      loop: undefined,
      role: undefined,
    })
  })

  it('has only those that are written', async () => {
    expect((await taskOf('    - ping:\n      become:\n      tags:\n')).keywords).toEqual({ tags: [] })
  })

  it.each(['ping', 'ansible.builtin.ping', 'ansible.legacy.ping', 'lifeboat.postgresql.ping'])(
    'may name its module %s',
    async (name) => {
      expect((await taskOf(`    - ${name}:\n`)).module.value).toBe('ping')
    },
  )

  it('loops', async () => {
    const task = await taskOf(`    - ping:
      loop: "{{ things }}"
      loop_control: { loop_var: thing, label: "{{ thing.name }}", pause: 1, index_var: i, extended: true }
`)
    expect(task.loop).toMatchObject({
      kind: 'loop',
      value: { value: { text: '{{ things }}' } },
      control: {
        loopVar: 'thing',
        label: { value: { text: '{{ thing.name }}' } },
        pause: 1,
        indexVar: 'i',
        extended: true,
      },
    })
    expect((await taskOf('    - ping:\n      with_items: [1, 2]\n')).loop).toMatchObject({
      kind: 'items',
      value: { value: [1, 2] },
      control: {},
    })
  })

  it('may be local', async () => {
    const task = await taskOf('    - local_action: command ls -l\n')
    expect(task.keywords.delegateTo?.value).toBe('localhost')
    expect(task.args.freeForm?.value).toBe('ls -l')
  })

  it('passes over collections, which mean nothing here', async () => {
    expect((await taskOf('    - ping:\n      collections: [a.b]\n')).keywords).toEqual({})
  })

  it('warns of a condition in braces, which is taken without them', async () => {
    const { plays, warnings } = await load('- hosts: all\n  tasks:\n    - ping:\n      when: "{{ a == 1 }}"\n')
    expect(plays[0]?.tasks[0]?.keywords.when).toMatchObject([{ text: 'a == 1' }])
    expect(warnings.map(({ message }) => message)).toEqual(['the braces around this condition are not needed: a == 1'])
  })
})

describe('keywords without effect', () => {
  it.each([
    ['loop_control: { label: x }', 'loop_control has no effect without a loop'],
    ['delay: 3', '"delay" has no effect without "until" or "retries"'],
  ])('are warned of: %s', async (text, message) => {
    const { warnings } = await load(`- hosts: all\n  tasks:\n    - ping:\n      ${text}\n`)
    expect(warnings.map((warning) => warning.message)).toEqual([message])
  })
})

describe('tags', () => {
  it('may be made of what is known before the run', async () => {
    const play = await playOf(`- hosts: all
  vars: { several: [a, b], one: c }
  tasks:
    - ping:
      tags: ["{{ several }}", "{{ one }},d", 5]
`)
    expect(play.tasks[0]?.keywords.tags).toEqual(['a', 'b', 'c', 'd', '5'])
  })
})

describe('arguments', () => {
  it.each([
    ['    - copy: { src: a, mode: "0644" }\n', { src: 'a', mode: '0644' }],
    ['    - copy: src=a dest=/b\n', { src: 'a', dest: '/b' }],
    [`    - copy: src="a b" dest='c d' content="it's"\n`, { src: 'a b', dest: 'c d', content: "it's" }],
    ['    - debug: msg="a\\nb" verbosity=1\n', { msg: 'a\nb', verbosity: '1' }],
    ['    - copy:\n        src: a\n      args: { src: b, dest: c }\n', { src: 'a', dest: 'c' }],
    ['    - action: copy src=a dest=b\n', { src: 'a', dest: 'b' }],
    ['    - action: { module: copy, src: a }\n', { src: 'a' }],
    ['    - set_fact: a=1 b="x y"\n', { a: '1', b: 'x y' }],
    ['    - ping:\n', {}],
  ])('%j', async (text, values) => {
    expect(await valuesOf(text)).toEqual(values)
  })

  it('keep templates together, with their places', async () => {
    const task = await taskOf('    - copy: src={{ a | default("x y") }} dest="{{ b }}/c d"\n')
    expect(task.args.values).toMatchObject({
      src: { value: { text: '{{ a | default("x y") }}' }, position: { line: 3, column: 17 } },
      dest: { value: { text: '{{ b }}/c d' }, position: { line: 3, column: 47 } },
    })
    expect(task.args.values.src?.value).toBeInstanceOf(Template)
  })

  it.each([
    ['    - command: ls -l a=b chdir=/tmp\n', 'ls -l a=b chdir=/tmp'],
    ['    - shell: |\n        a=1\n        echo $a\n', 'a=1\necho $a\n'],
    ['    - meta: flush_handlers\n', 'flush_handlers'],
    ['    - command: "true"\n', 'true'],
    ['    - command: true\n', 'true'],
    ['    - debug: hello\n', 'hello'],
    ['    - file: path=/x touch\n', 'path=/x touch'],
  ])('may be a text, which the module judges: %j', async (text, freeForm) => {
    const { args } = await taskOf(text)
    expect(args).toMatchObject({ freeForm: { value: freeForm }, values: {} })
  })

  it('may be one template for all of them', async () => {
    expect((await taskOf('    - copy: "{{ all_of_them }}"\n')).args.template?.value).toBeInstanceOf(Template)
    const { args } = await taskOf('    - copy:\n        src: a\n      args: "{{ more }}"\n')
    expect(args).toMatchObject({ template: { value: { text: '{{ more }}' } }, values: { src: { value: 'a' } } })
  })
})

describe('a play', () => {
  it('has its keywords', async () => {
    const play = await playOf(`- name: Servers
  hosts: [web, "!old"]
  user: admin
  become: true
  gather_facts: no
  serial: [1, 50%]
  strategy: free
  order: sorted
  max_fail_percentage: 30%
  any_errors_fatal: yes
  force_handlers: true
  vars: [{ a: 1 }, { a: 2, b: "{{ c }}" }]
  environment: "{{ env }}"
  module_defaults: { ansible.builtin.file: { mode: "0600" } }
  collections: [x.y]
  tags: t
`)
    expect(play).toMatchObject({
      name: 'Servers',
      hosts: { value: ['web', '!old'] },
      keywords: {
        remoteUser: { value: 'admin' },
        become: { value: true },
        anyErrorsFatal: { value: true },
        environment: { value: { text: '{{ env }}' } },
        moduleDefaults: { value: { file: { mode: '0600' } } },
        tags: ['t'],
      },
      gatherFacts: { value: false },
      serial: { value: [1, '50%'] },
      strategy: { value: 'free' },
      order: { value: 'sorted' },
      maxFailPercentage: { value: 30 },
      forceHandlers: { value: true },
      vars: { a: 2, b: { text: '{{ c }}' } },
    })
  })

  it('has handlers that listen, and blocks', async () => {
    const play = await playOf(`- hosts: all
  tasks:
    - block:
        - ping:
      rescue:
        - ping:
      always:
        - ping:
      when: a
  handlers:
    - name: restart
      command: restart
      listen: [web changed, all changed]
`)
    expect(play.handlers).toMatchObject([
      { name: 'restart', listen: [{ value: 'web changed' }, { value: 'all changed' }] },
    ])
    expect(play.tasks).toMatchObject([
      { kind: 'block', keywords: { when: [{ text: 'a' }] }, block: [{}], rescue: [{}], always: [{}], role: undefined },
    ])
  })

  it('hands the notify of a block to the tasks in it that have none of their own', async () => {
    const play = await playOf(`- hosts: all
  tasks:
    - block:
        - ping:
        - block: [{ ping: , notify: mine }, { ping: }]
      notify: x
`)
    const notified = JSON.stringify(play.tasks, (key, value) => (key === 'position' ? undefined : value))
    expect(notified.match(/"notify":\[[^\]]*\]/g)).toEqual([
      '"notify":[{"value":"x"}]',
      '"notify":[{"value":"mine"}]',
      '"notify":[{"value":"x"}]',
    ])
  })
})
