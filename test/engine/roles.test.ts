import { describe, expect, test } from 'vitest'
import { run } from './fixture.ts'

const say = (text: string): string => `- debug: msg="${text}"\n`

const roles = {
  'roles/common/tasks/main.yml': say('common {{ size | default(0) }}'),
  'roles/a/meta/main.yml': 'dependencies: [common]\n',
  'roles/a/vars/main.yml': 'of: a\n',
  'roles/a/tasks/main.yml': say('a'),
  'roles/b/meta/main.yml': 'dependencies: [common]\n',
  'roles/b/tasks/main.yml': say('b'),
}

/** What is said on h1, in order. */
const said = async (
  play: string,
  files: Readonly<Record<string, string>> = roles,
  hosts = ['h1'],
): Promise<string[]> => {
  const ran = await run({ hosts, files: { ...files, 'site.yml': `- hosts: all\n  gather_facts: false\n${play}` } })
  expect(ran.exit).toBe(0)
  return ran.said.map((line) => line.replace(/^h1: /, ''))
}

describe('a dependency of several roles runs once on a host', () => {
  test('under roles, whatever the variables and tags of those that need it', async () => {
    expect(await said('  roles:\n    - a\n    - { role: b, tags: t }\n')).toEqual(['common 0', 'a', 'b'])
  })

  test('under roles and later includes and imports', async () => {
    const tasks = '  tasks:\n    - include_role: { name: b }\n    - import_role: { name: a }\n'
    expect(await said(`  roles:\n    - a\n${tasks}`)).toEqual(['common 0', 'a', 'b', 'a'])
  })

  test('in the turns of a loop', async () => {
    const tasks = '  tasks:\n    - include_role: { name: "{{ item }}" }\n      loop: [a, b, a]\n'
    expect(await said(tasks)).toEqual(['common 0', 'a', 'b', 'a'])
  })

  test('again with other parameters, and where it allows duplicates', async () => {
    const tasks = '  tasks:\n    - include_role: { name: a }\n    - include_role: { name: b }\n'
    const sized = { ...roles, 'roles/b/meta/main.yml': 'dependencies: [{ role: common, size: 2 }]\n' }
    expect(await said(tasks, sized)).toEqual(['common 0', 'a', 'common 2', 'b'])
    const allowed = { ...roles, 'roles/common/meta/main.yml': 'allow_duplicates: true\n' }
    expect(await said(tasks, allowed)).toEqual(['common 0', 'a', 'common 0', 'b'])
  })

  test('again where it was skipped before', async () => {
    const tasks = '  tasks:\n    - import_role: { name: a }\n      when: false\n    - include_role: { name: b }\n'
    expect(await said(tasks)).toEqual(['common 0', 'b'])
  })

  test('on each host by itself', async () => {
    const tasks =
      '  tasks:\n    - include_role: { name: a }\n      when: inventory_hostname == "h1"\n    - include_role: { name: b }\n'
    expect(await said(tasks, roles, ['h1', 'h2'])).toEqual(['common 0', 'a', 'h2: common 0', 'h2: b', 'b'])
  })

  test('once more in the next play', async () => {
    const next = '- hosts: all\n  gather_facts: false\n  roles: [b]\n'
    expect(await said(`  roles: [a]\n${next}`)).toEqual(['common 0', 'a', 'common 0', 'b'])
  })
})

describe('a role that is included', () => {
  test('runs as often as it is included, unless told otherwise', async () => {
    const again = '    - include_role: { name: common }\n'
    expect(await said(`  tasks:\n${again}${again}`)).toEqual(['common 0', 'common 0'])
    const once = '    - include_role: { name: common, allow_duplicates: false }\n'
    expect(await said(`  tasks:\n${once}${once}`)).toEqual(['common 0'])
    const imported = '    - import_role: { name: common, allow_duplicates: false }\n'
    expect(await said(`  tasks:\n${imported}${imported}`)).toEqual(['common 0'])
    expect(await said(`  tasks:\n${once}${once}      vars: { size: 3 }\n`)).toEqual(['common 0', 'common 3'])
  })

  test('runs its handlers once, however often it was included', async () => {
    const files = {
      'roles/web/tasks/main.yml': '- command: echo\n  notify: changed\n',
      'roles/web/handlers/main.yml': '- name: restart\n  debug: msg=restarted\n  listen: changed\n',
    }
    const again = '    - include_role: { name: web }\n'
    expect(await said(`  tasks:\n${again}${again}`, files)).toEqual(['restarted'])
    const named = { ...files, 'roles/web/tasks/main.yml': '- command: echo\n  notify: restart\n' }
    expect(await said(`  tasks:\n${again}${again}`, named)).toEqual(['restarted'])
  })

  test('of handlers with one name that listen to the same, the last runs', async () => {
    const files = {
      'roles/web/tasks/main.yml': '- command: echo\n  notify: changed\n',
      'roles/web/handlers/main.yml': '- name: restart\n  debug: msg=ofrole\n  listen: changed\n',
    }
    const handlers = '  handlers:\n    - name: restart\n      debug: msg=ofplay\n      listen: changed\n'
    expect(await said(`  roles: [web]\n${handlers}`, files)).toEqual(['ofplay'])
  })
})
