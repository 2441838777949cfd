import { describe, expect, it } from 'vitest'
import { loadRole, loadTasksFile } from '../../src/playbook/load.ts'
import { folderWith } from '../folder.ts'
import { errorsIn, load, options, outline, playOf } from './load-files.ts'

describe('import_tasks', () => {
  it('is a block of the tasks with the keywords of the import', async () => {
    const play = await playOf({
      'site.yml': `- hosts: all
  tasks:
    - name: More
      import_tasks: tasks/more.yml
      when: a
      tags: t
      become: true
      vars: { x: 1 }
      notify: restart
`,
      'tasks/more.yml': '- import_tasks: even/more.yml\n- ping:\n',
      'tasks/even/more.yml': '- debug:\n',
    })
    expect(outline(play.tasks)).toEqual(['block', '  block', '    debug', '  ping'])
    expect(play.tasks[0]).toMatchObject({
      name: 'More',
      keywords: { when: [{ text: 'a' }], tags: ['t'], become: { value: true }, vars: { x: 1 } },
      block: [{ kind: 'block', block: [{ notify: [{ value: 'restart' }] }] }, { notify: [{ value: 'restart' }] }],
    })
  })

  it('may be named by what is known before the run', async () => {
    const files = {
      'site.yml': `- hosts: all
  vars: { system: debian }
  vars_files: [names.yml]
  tasks:
    - import_tasks: "{{ system }}.yml"
    - import_tasks: "{{ kind }}.yml"
    - import_tasks: "{{ own }}.yml"
      vars: { own: debian }
`,
      'names.yml': 'kind: other\n',
      'debian.yml': '- name: of debian\n  ping:\n',
      'other.yml': '- name: of other\n  ping:\n',
    }
    expect(outline((await playOf(files)).tasks).filter((line) => line.includes('of'))).toEqual([
      '  of debian',
      '  of other',
      '  of debian',
    ])
    const play = await playOf(files, { extraVariables: { system: 'other' } })
    expect(outline(play.tasks)[1]).toBe('  of other')
    expect(await errorsIn('- hosts: all\n  tasks:\n    - import_tasks: "{{ ansible_distribution }}.yml"\n')).toContain(
      'error[playbook/not-static]: the name in import_tasks must be known before the run',
    )
  })

  it('cannot loop', async () => {
    const errors = await errorsIn({
      'site.yml': '- hosts: all\n  tasks:\n    - import_tasks: more.yml\n      loop: [1]\n',
      'more.yml': '',
    })
    expect(errors).toBe(`error[playbook/no-effect]: import_tasks cannot loop
  --> site.yml:4:7
  3 |     - import_tasks: more.yml
> 4 |       loop: [1]
    |       ^^^^
  hint: use include_tasks, which is carried out at run time and can loop`)
  })

  it.each(['register: x', 'until: x', 'changed_when: false'])('warns that %s has no effect', async (text) => {
    const { warnings } = await load({
      'site.yml': `- hosts: all\n  tasks:\n    - import_tasks: more.yml\n      ${text}\n`,
      'more.yml': '',
    })
    const name = text.split(':')[0]
    expect(warnings.map(({ message }) => message)).toEqual([`"${name}" has no effect on import_tasks`])
  })

  it('cannot import itself', async () => {
    const errors = await errorsIn({
      'site.yml': '- hosts: all\n  tasks:\n    - import_tasks: a.yml\n',
      'a.yml': '- import_tasks: b.yml\n',
      'b.yml': '- import_tasks: a.yml\n',
    })
    expect(errors).toBe(`error[playbook/import-loop]: a.yml imports itself
  --> b.yml:1:17
> 1 | - import_tasks: a.yml
    |                 ^^^^^
  hint: the way here: a.yml → b.yml → a.yml
  hint: include_tasks with a condition can call itself at run time`)
  })

  it('that names no file that is there tells where it was searched', async () => {
    expect(await errorsIn('- hosts: all\n  tasks:\n    - import_tasks: nowhere.yml\n')).toBe(
      `error[file/not-found]: the tasks file nowhere.yml is not there
  --> site.yml:3:21
  2 |   tasks:
> 3 |     - import_tasks: nowhere.yml
    |                     ^^^^^^^^^^^
  hint: searched: nowhere.yml, tasks/nowhere.yml`,
    )
  })
})

describe('include_tasks', () => {
  it('stays for the run, and what it names is checked', async () => {
    const playbook = await load({
      'site.yml': `- hosts: all
  tasks:
    - include_tasks: { file: more.yml, apply: { become: true, tags: [t] } }
      loop: [1, 2]
      loop_control: { loop_var: n }
      vars: { x: 1 }
      when: a
    - include_tasks: "{{ os }}.yml"
    - include_tasks: file=more.yml
`,
      'more.yml': '- include_tasks: more.yml\n  when: again\n- ping:\n',
    })
    expect(playbook.plays[0]?.tasks).toMatchObject([
      {
        kind: 'include',
        what: 'tasks',
        target: { value: 'more.yml' },
        apply: { become: { value: true }, tags: ['t'] },
        loop: { kind: 'loop', control: { loopVar: 'n' } },
        keywords: { vars: { x: 1 }, when: [{ text: 'a' }] },
        from: {},
      },
      { kind: 'include', target: { value: { text: '{{ os }}.yml' } } },
      { kind: 'include', target: { value: 'more.yml' } },
    ])
    expect(outline(playbook.included)).toEqual(['include tasks', 'ping'])
  })

  it.each([
    ['become: true', '"become" cannot stand on include_tasks', 'put it under "apply:" of include_tasks'],
    ['changed_when: false', '"changed_when" cannot stand on include_tasks', 'put it on the tasks that are brought in'],
    ['args: { apply: { becom: 1 } }', '"becom" is not a keyword of apply', 'did you mean "become"?'],
  ])('refuses %s', async (text, message, hint) => {
    const errors = await errorsIn({
      'site.yml': `- hosts: all\n  tasks:\n    - include_tasks: more.yml\n      ${text}\n`,
      'more.yml': '',
    })
    expect(errors).toContain(message)
    expect(errors).toContain(hint)
  })

  it('needs a file', async () => {
    expect(await errorsIn('- hosts: all\n  tasks:\n    - include_tasks:\n')).toContain(
      'include_tasks needs the file of what it brings in',
    )
  })

  it('is loaded when the run comes to it', async () => {
    const folder = folderWith({
      'tasks/more.yml': '- ping:\n- import_tasks: next.yml\n',
      'tasks/next.yml': '- debug:\n',
    })
    const items = await loadTasksFile(`${folder}/tasks/more.yml`, { directory: folder }, options)
    expect(outline(items)).toEqual(['ping', 'block', '  debug'])
    expect(items[0]).toMatchObject({ directory: `${folder}/tasks`, role: undefined })
  })
})

describe('include_role and import_role', () => {
  const ROLE = {
    'roles/web/tasks/main.yml': '- name: main\n  ping:\n',
    'roles/web/tasks/other.yml': '- name: other\n  ping:\n',
    'roles/web/vars/other.yml': 'x: other\n',
    'roles/web/handlers/main.yml': '- name: restart\n  ping:\n',
  }

  it('bring the files that they name', async () => {
    const playbook = await load({
      'site.yml': `- hosts: all
  tasks:
    - import_role: { name: web, tasks_from: other, vars_from: other.yml }
      when: a
    - include_role:
        name: web
        tasks_from: other
        public: true
      vars: { port: 1 }
    - include_role: name=web
`,
      ...ROLE,
    })
    const [play] = playbook.plays
    expect(outline(play?.tasks ?? [])).toEqual(['block (web)', '  other (web)', 'include role', 'include role'])
    expect(play?.tasks[0]).toMatchObject({ keywords: { when: [{ text: 'a' }] }, role: { vars: { x: 'other' } } })
    expect(play?.tasks[1]).toMatchObject({
      kind: 'include',
      what: 'role',
      target: { value: 'web' },
      from: { tasks_from: 'other' },
      public: { value: true },
      keywords: { vars: { port: 1 } },
    })
    expect(outline(play?.handlers ?? [])).toEqual(['restart (web)'])
    expect(outline(playbook.included)).toEqual(['other (web)', 'restart (web)', 'main (web)', 'restart (web)'])
  })

  it('tell what is wrong in a role and its files', async () => {
    const errors = await errorsIn({
      'site.yml': `- hosts: all
  tasks:
    - include_role: { name: wbe }
    - include_role: { name: web, tasks_from: nowhere }
    - import_role: { nam: web }
    - import_role: { name: web, tasks_from: bad.yml }
`,
      ...ROLE,
      'roles/web/tasks/bad.yml': '- pingg:\n',
    })
    expect(errors.match(/^error.*\n.*$/gm)).toEqual([
      'error[playbook/unknown-role]: there is no role "wbe"\n  --> site.yml:3:29',
      'error[file/not-found]: the role has no file roles/web/tasks/nowhere\n  --> site.yml:4:46',
      'error[playbook/missing-keyword]: import_role needs the name of what it brings in\n  --> site.yml:5:7',
      'error[playbook/unknown-keyword]: "nam" is not a keyword of import_role\n  --> site.yml:5:22',
      'error[playbook/unknown-module]: there is no module "pingg"\n  --> roles/web/tasks/bad.yml:1:3',
    ])
  })

  it('may bring another file of the role they stand in, but not the same again', async () => {
    const files = {
      'site.yml': '- hosts: all\n  roles: [web]\n',
      'roles/web/tasks/main.yml': '- import_role: { name: web, tasks_from: other }\n',
      'roles/web/tasks/other.yml': '- ping:\n',
    }
    expect(outline((await playOf(files)).roles)).toEqual(['block (web)', '  block (web)', '    ping (web)'])
    const loop = { ...files, 'roles/web/tasks/main.yml': '- import_role: { name: web }\n' }
    expect(await errorsIn(loop)).toContain('error[playbook/import-loop]: roles/web/tasks/main.yml imports itself')
  })

  it('are loaded when the run comes to them, with the roles they need', async () => {
    const folder = folderWith({
      ...ROLE,
      'roles/web/meta/main.yml': 'dependencies: [base]\n',
      'roles/base/tasks/main.yml': '- name: base\n  ping:\n',
    })
    const role = await loadRole('web', { directory: folder, params: { a: 1 }, from: { tasks_from: 'other' } }, options)
    expect(role).toMatchObject({ name: 'web', path: `${folder}/roles/web`, params: { a: 1 } })
    expect(outline(role.tasks)).toEqual(['block (base)', '  base (base)', 'other (web)'])
    await expect(loadRole('wbe', { directory: folder, params: {}, from: {} }, options)).rejects.toThrow(
      'there is no role "wbe"',
    )
  })
})

describe('import_playbook', () => {
  it('puts the plays in its place, with its conditions, tags and variables', async () => {
    const playbook = await load({
      'site.yml': `- hosts: first
- import_playbook: sub/other.yml
  when: a
  tags: t
  vars: { x: outer, y: outer }
- hosts: last
`,
      'sub/other.yml':
        '- hosts: middle\n  tags: own\n  vars: { x: inner, z: inner }\n  tasks: [{ import_tasks: more.yml }]\n',
      'sub/more.yml': '- ping:\n',
    })
    expect(playbook.plays.map((play) => play.hosts.value)).toEqual(['first', 'middle', 'last'])
    expect(playbook.plays[1]).toMatchObject({
      keywords: { when: [{ text: 'a' }], tags: ['t', 'own'] },
      vars: { x: 'outer', y: 'outer', z: 'inner' },
      directory: expect.stringMatching(/sub$/),
    })
  })

  it('may be named by an extra variable', async () => {
    const files = { 'site.yml': '- import_playbook: "{{ which }}.yml"\n', 'a.yml': '- hosts: a\n' }
    expect((await load(files, { extraVariables: { which: 'a' } })).plays).toHaveLength(1)
    expect(await errorsIn(files)).toContain('the name in import_playbook must be known before the run')
  })
})
