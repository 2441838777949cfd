import { describe, expect, it } from 'vitest'
import { errorsIn } from './load-files.ts'

describe('common mistakes', () => {
  it.each([
    [
      'an unknown keyword of a task',
      '- hosts: all\n  tasks:\n    - ping:\n      ignore_error: true\n',
      `error[playbook/unknown-keyword]: "ignore_error" is not a keyword of a task
  --> site.yml:4:7
  3 |     - ping:
> 4 |       ignore_error: true
    |       ^^^^^^^^^^^^
  hint: did you mean "ignore_errors"?`,
    ],
    [
      'an unknown module',
      '- hosts: all\n  tasks:\n    - name: Look\n      comand: ls\n',
      `error[playbook/unknown-module]: there is no module "comand"
  --> site.yml:4:7
  3 |     - name: Look
> 4 |       comand: ls
    |       ^^^^^^
  hint: did you mean "command"?
  hint: \`lifeboat doc\` lists all modules`,
    ],
    [
      "a module of another collection's",
      '- hosts: all\n  tasks:\n    - community.postgresql.postgresql_info:\n',
      `error[playbook/unknown-module]: there is no module "community.postgresql.postgresql_info"
  --> site.yml:3:7
  2 |   tasks:
> 3 |     - community.postgresql.postgresql_info:
    |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: the collection's module is not there; Lifeboat's own "postgresql_info" may differ in its parameters: see lifeboat doc postgresql_info
  hint: \`lifeboat doc\` lists all modules`,
    ],
    [
      'parameters beside their module',
      '- hosts: all\n  tasks:\n    - copy:\n      src: a\n',
      `error[playbook/unknown-keyword]: "src" is not a keyword of a task
  --> site.yml:4:7
  3 |     - copy:
> 4 |       src: a
    |       ^^^
  hint: a parameter of copy must be indented below it`,
    ],
    [
      'no module',
      '- hosts: all\n  tasks:\n    - name: Nothing\n      become: true\n',
      `error[playbook/no-module]: this task names no module
  --> site.yml:3:7
  2 |   tasks:
> 3 |     - name: Nothing
    |       ^
  4 |       become: true
  hint: add the module that "name", "become" are for`,
    ],
    [
      'two modules',
      '- hosts: all\n  tasks:\n    - ping:\n      debug:\n',
      `error[playbook/two-modules]: a task has one module, and this one has "ping" and "debug"
  --> site.yml:4:7
  3 |     - ping:
> 4 |       debug:
    |       ^^^^^
  hint: begin a task of its own for it with "- "`,
    ],
    [
      'a module without its colon',
      '- hosts: all\n  tasks:\n    - ping\n',
      `error[playbook/wrong-type]: a task must be a mapping, not "ping"
  --> site.yml:3:7
  2 |   tasks:
> 3 |     - ping
    |       ^^^^
  hint: a module without arguments needs its colon: "- ping:"`,
    ],
    [
      'no hosts',
      '- name: Nowhere\n  tasks: []\n',
      `error[playbook/missing-keyword]: a play must say on which hosts it runs
  --> site.yml:1:3
> 1 | - name: Nowhere
    |   ^
  2 |   tasks: []
  hint: add "hosts: all", or a group or pattern`,
    ],
    [
      'a task in the place of a play',
      '- ping:\n',
      `error[playbook/unknown-keyword]: "ping" is not a keyword of a play
  --> site.yml:1:3
> 1 | - ping:
    |   ^^^^
  hint: tasks stand under "tasks:" of a play with "hosts:"`,
    ],
    [
      'a play in the place of a list',
      'hosts: all\n',
      `error[playbook/wrong-type]: a playbook is a list of plays, not a mapping
  --> site.yml:1:1
> 1 | hosts: all
    | ^
  hint: begin the play with "- " and indent what belongs to it`,
    ],
    [
      'tasks that are no list',
      '- hosts: all\n  tasks:\n    ping:\n',
      `error[playbook/wrong-type]: "tasks" must be a list of tasks, not a mapping
  --> site.yml:3:5
  2 |   tasks:
> 3 |     ping:
    |     ^
  hint: begin each task with "- "`,
    ],
    [
      'a condition on a play',
      '- hosts: all\n  when: true\n',
      `error[playbook/unknown-keyword]: "when" is not a keyword of a play
  --> site.yml:2:3
  1 | - hosts: all
> 2 |   when: true
    |   ^^^^
  hint: give it to the tasks, or to a block around them`,
    ],
    [
      'an unquoted template',
      '- hosts: all\n  tasks:\n    - copy:\n        dest: {{ dir }}/file\n',
      `error[yaml/unquoted-template]: a template must be in quotes, else YAML takes it for a mapping
  --> site.yml:4:15
  3 |     - copy:
> 4 |         dest: {{ dir }}/file
    |               ^^^^^^^^^^^^^^
  hint: quote the template: "{{ dir }}/file"`,
    ],
    [
      'a tab',
      '- hosts: all\n  tasks:\n\t- ping:\n',
      `error[yaml/tab]: a tab stands where only spaces may
  --> site.yml:3:1
  2 |   tasks:
> 3 |  - ping:
    | ^
  hint: indent with spaces`,
    ],
    [
      'a key that stands twice',
      '- hosts: all\n  hosts: web\n',
      `error[yaml/duplicate-key]: the key "hosts" stands twice in one mapping
  --> site.yml:2:3
  1 | - hosts: all
> 2 |   hosts: web
    |   ^^^^^
  hint: the first stands at site.yml:1:3; remove one of the two`,
    ],
    [
      'braces inside a condition',
      '- hosts: all\n  tasks:\n    - ping:\n      when: role == "{{ wanted }}"\n',
      `error[playbook/template-in-condition]: a condition cannot hold template braces
  --> site.yml:4:13
  3 |     - ping:
> 4 |       when: role == "{{ wanted }}"
    |             ^^^^^^^^^^^^^^^^^^^^^^
  hint: a condition is an expression already: write x == y, not x == "{{ y }}"`,
    ],
    [
      'a loop over a bare name',
      '- hosts: all\n  tasks:\n    - ping:\n      loop: things\n',
      `error[playbook/wrong-type]: "loop" takes a list, not "things"
  --> site.yml:4:13
  3 |     - ping:
> 4 |       loop: things
    |             ^^^^^^
  hint: a variable goes into braces: loop: "{{ things }}"`,
    ],
  ])('%s', async (_, text, expected) => {
    expect(await errorsIn(text)).toBe(expected)
  })

  it('are all told at once, each file from its top to its bottom', async () => {
    const errors = await errorsIn({
      'site.yml': `- hosts: all
  tasks:
    - pingg:
    - include_tasks: more.yml
    - ping:
      regster: x
- hosts: all
  gather_facts: perhaps
  roles: [nobody]
`,
      'more.yml': '- pong:\n',
    })
    expect(errors.match(/^error.*\n.*$/gm)).toEqual([
      'error[playbook/unknown-module]: there is no module "pingg"\n  --> site.yml:3:7',
      'error[playbook/unknown-keyword]: "regster" is not a keyword of a task\n  --> site.yml:6:7',
      'error[playbook/wrong-type]: "gather_facts" must be true or false, not "perhaps"\n  --> site.yml:8:17',
      'error[playbook/unknown-role]: there is no role "nobody"\n  --> site.yml:9:11',
      'error[playbook/unknown-module]: there is no module "pong"\n  --> more.yml:1:3',
    ])
  })
})

describe('values of the wrong kind', () => {
  it.each([
    ['hosts: {a: b}', '"hosts" must be a text, not a mapping'],
    ['hosts:', 'the "hosts" of a play cannot be empty'],
    ['hosts: []', 'the "hosts" of a play cannot be empty'],
    ['hosts: all\n  gather_facts: maybe', '"gather_facts" must be true or false, not "maybe"'],
    ['hosts: all\n  serial: abc', '"serial" must be a number of hosts or a percentage, or a list of them, not "abc"'],
    ['hosts: all\n  order: up', '"up" is not a value of "order"'],
    ['hosts: all\n  strategy: fre', '"fre" is not a value of "strategy"'],
    ['hosts: all\n  become: {a: 1}', '"become" must be true or false, not a mapping'],
    ['hosts: all\n  port: ssh', '"port" must be a number, not "ssh"'],
    ['hosts: all\n  roles: web', '"roles" must be a list of roles, not "web"'],
    ['hosts: all\n  roles: [{when: x}]', 'a role entry must name its role'],
    ['hosts: all\n  vars: [1]', '"vars" must be a mapping of names to values, not 1'],
    ['hosts: all\n  vars: {a-b: 1}', '"a-b" cannot be the name of a variable'],
    ['hosts: all\n  vars: {class: 1}', '"class" cannot be the name of a variable'],
    ['hosts: all\n  environment: [x]', '"environment" must be a mapping of names to values, not a list'],
    ['hosts: all\n  max_fail_percentage: few', '"max_fail_percentage" must be a number, not "few"'],
    ['hosts: all\n  vars_prompt: [{name: x}]', '"vars_prompt" is not supported yet'],
    ['hosts: all\n  fact_path: /x', '"fact_path" is not supported yet'],
    [
      'hosts: all\n  module_defaults: {group/aws: {}}',
      'module_defaults for the group "group/aws" is not supported yet',
    ],
    ['hosts: all\n  vars_files: [nowhere.yml]', 'the variables file nowhere.yml is not there'],
    ['import_playbook: nowhere.yml', 'the playbook nowhere.yml is not there'],
    ['import_playbook: site.yml', 'site.yml imports itself'],
    ['import_playbook: other.yml\n  hosts: all', '"hosts" is not a keyword of import_playbook'],
  ])('of a play: %s', async (text, message) => {
    expect(await errorsIn({ 'site.yml': `- ${text}\n`, 'other.yml': '- hosts: all\n' })).toContain(message)
  })

  it.each([
    ['when: {a: b}', '"when" takes expressions, not a mapping'],
    ['loop: {a: b}', '"loop" takes a list, not a mapping'],
    ['with_item: [1]', '"with_item" is not a loop'],
    ['loop: [1]\n  with_items: [1]', 'a task cannot loop over "loop" and "with_items" at once'],
    ['loop: [1]\n  loop_control: {loop_vr: x}', '"loop_vr" is not a keyword of loop_control'],
    ['loop: [1]\n  loop_control: {break_when: x}', '"break_when" of loop_control is not supported yet'],
    ['register: a-b', '"a-b" cannot be the name of a variable'],
    ['register: "{{ name }}"', '"{{ name }}" cannot be the name of a variable'],
    ['async: soon', '"async" must be a number, not "soon"'],
    ['poll: often', '"poll" must be a number, not "often"'],
    ['debugger: always', '"debugger" is not supported yet'],
    ['retries: many', '"retries" must be a number, not "many"'],
    ['listen: x', '"listen" is not a keyword of a task'],
    ['tags: {a: b}', '"tags" must be a text, not a mapping'],
    ['notify: {a: b}', '"notify" must be a text, not a mapping'],
    ['become: perhaps', '"become" must be true or false, not "perhaps"'],
    ['vars: text', '"vars" must be a mapping of names to values, not "text"'],
    ['args: [x]', 'the arguments of "args" must be a mapping, not a list'],
    ['hosts: all\n  tasks: []', 'a play stands where a task is expected'],
  ])('of a task: %s', async (text, message) => {
    const indented = text.replaceAll('\n', '\n    ')
    expect(await errorsIn(`- hosts: all\n  tasks:\n    - ping:\n      ${indented}\n`)).toContain(message)
  })

  it.each([
    ['- rescue: []', '"rescue" needs a "block" beside it'],
    ['- block: []\n      loop: [1]', '"loop" is not a keyword of a block'],
    ['- block: []\n      ping:', '"ping" is not a keyword of a block'],
    ['- block: {ping: }', '"block" must be a list of tasks, not a mapping'],
    ['- copy: src=a dest="b', 'a quote or a brace is not closed in these arguments'],
    ['- copy: [a]', 'the arguments of "copy" must be a mapping, not a list'],
    ['- action: cpy src=a', 'there is no module "cpy"'],
    ['- action: {src: a}', '"action" names no module'],
    ['- local_action: [x]', '"local_action" must be the name of a module with its arguments, not a list'],
    ['- include: x.yml', '"include" is no longer there'],
    ['- [a]', 'a task must be a mapping, not a list'],
  ])('of an item: %s', async (text, message) => {
    expect(await errorsIn(`- hosts: all\n  tasks:\n    ${text}\n`)).toContain(message)
  })

  it('of a file that is not there, or has no plays', async () => {
    expect(await errorsIn({})).toBe('error[file/not-found]: site.yml cannot be read')
    expect(await errorsIn('---\n')).toBe('error[playbook/empty]: site.yml has no plays')
  })
})

describe('templates and expressions', () => {
  it.each([
    ['- debug: { msg: "{{ a b }}" }', 'template/syntax'],
    ['- debug: { msg: "{{ a | no_such_filter }}" }', 'template/unknown-filter'],
    ['- debug: { msg: "{% if %}" }', 'template/syntax'],
    ['- debug: { var: "a b" }', 'template/syntax'],
    ['- ping:\n      when: a ==', 'template/syntax'],
    ['- ping:\n      when: [a, "b is no_such_test"]', 'template/unknown-test'],
    ['- ping:\n      until: a =', 'template/syntax'],
    ['- ping:\n      changed_when: a | no_such_filter', 'template/unknown-filter'],
    ['- ping:\n      failed_when: "(a"', 'template/syntax'],
    ['- assert: { that: [a == 1, b =] }', 'template/syntax'],
    ['- ping:\n      vars: { a: [{ b: "{{ c" }] }', 'template/syntax'],
    ['- ping:\n      name: "{{ c"', 'template/syntax'],
    ['- ping:\n      loop: "{{ c"', 'template/syntax'],
    ['- command: ls {{ c', 'template/syntax'],
  ])('are checked before any host is touched: %s', async (text, code) => {
    expect(await errorsIn(`- hosts: all\n  tasks:\n    ${text}\n`)).toContain(`error[${code}]`)
  })

  it('are checked in variables of plays, files and roles too', async () => {
    const errors = await errorsIn({
      'site.yml': '- hosts: all\n  vars: { a: "{{ b" }\n  vars_files: [vars.yml]\n  roles: [web]\n',
      'vars.yml': 'c: "{{ d"\n',
      'roles/web/defaults/main.yml': 'e: "{{ f"\n',
    })
    expect(errors.match(/--> .*/g)).toEqual([
      expect.stringContaining('site.yml:2'),
      expect.stringContaining('vars.yml:1'),
      expect.stringContaining('roles/web/defaults/main.yml:1'),
    ])
  })
})
