import { describe, expect, it } from 'vitest'
import { errorsIn, load, outline, playOf } from './load-files.ts'

const site = (roles: string): string => `- hosts: all\n  roles:\n${roles}`

describe('roles of a play', () => {
  it('are blocks with their keywords, parameters and files', async () => {
    const play = await playOf({
      'site.yml': site(`    - role: web
      when: a
      tags: t
      become: true
      vars: { x: entry, y: entry }
      doc_root: /srv
`),
      'roles/web/defaults/main.yml': 'd: default\nx: default\n',
      'roles/web/vars/main/10.yml': 'x: role\n',
      'roles/web/vars/main/20.yaml': 'w: role\n',
      'roles/web/tasks/main.yml': '- import_tasks: sub.yml\n- name: "{{ role_name }}"\n  ping:\n',
      'roles/web/tasks/sub.yml': '- ping:\n',
      'roles/web/handlers/main.yaml': '- name: restart\n  ping:\n',
    })
    expect(play.roles).toMatchObject([
      {
        kind: 'block',
        keywords: { when: [{ text: 'a' }], tags: ['t'], become: { value: true } },
        role: {
          name: 'web',
          defaults: { d: 'default', x: 'default' },
          vars: { x: 'role', y: 'entry', w: 'role' },
          params: { doc_root: '/srv' },
          allowDuplicates: false,
        },
      },
    ])
    expect(play.roles[0]?.keywords.vars).toBeUndefined()
    expect(play.roles[0]?.block[1]).toMatchObject({
      role: { name: 'web' },
      directory: expect.stringMatching(/web\/tasks$/),
    })
    expect(outline(play.handlers)).toEqual(['restart (web)'])
  })

  it('run after those they depend on, which inherit conditions and tags', async () => {
    const play = await playOf({
      'site.yml': site('    - { role: app, when: a, tags: t, size: 1 }\n'),
      'roles/app/meta/main.yml': 'dependencies:\n  - { role: web, when: b, tags: [u], docs: /srv }\n  - db\n',
      'roles/app/defaults/main.yml': 'from: app\napp: 1\n',
      'roles/app/vars/main.yml': 'v: app\n',
      'roles/app/tasks/main.yml': '- ping:\n',
      'roles/web/meta/main.yml': 'dependencies: [{ name: base }]\n',
      'roles/web/defaults/main.yml': 'from: web\nweb: 1\n',
      'roles/web/vars/main.yml': 'w: web\n',
      'roles/web/tasks/main.yml': '- ping:\n',
      'roles/base/tasks/main.yml': '- ping:\n',
      'roles/db/tasks/main.yml': '- ping:\n',
    })
    expect(play.roles.map(({ role }) => role?.name)).toEqual(['base', 'web', 'db', 'app'])
    const [base, web, db, app] = play.roles
    expect(base?.keywords).toMatchObject({ when: [{ text: 'a' }, { text: 'b' }], tags: ['t', 'u'] })
    expect(web?.keywords).toMatchObject({ when: [{ text: 'a' }, { text: 'b' }], tags: ['t', 'u'] })
    expect(db?.keywords).toMatchObject({ when: [{ text: 'a' }], tags: ['t'] })
    expect(web?.role).toMatchObject({ params: { size: 1, docs: '/srv' }, vars: { v: 'app', w: 'web' } })
    expect(app?.role?.defaults).toEqual({ from: 'app', app: 1, web: 1 })
    expect(app?.role?.vars).toEqual({ v: 'app', w: 'web' })
    expect(app?.role?.params).toEqual({ size: 1 })
  })

  it('run once for the same use, again for another one or where they allow it', async () => {
    const play = await playOf({
      'site.yml': site(
        '    - web\n    - web\n    - { role: web, size: 1 }\n    - { role: web, when: a }\n    - any\n    - any\n',
      ),
      'roles/web/tasks/main.yml': '- ping:\n',
      'roles/web/handlers/main.yml': '- name: restart\n  ping:\n',
      'roles/any/tasks/main.yml': '- ping:\n',
      'roles/any/meta/main.yml': 'allow_duplicates: true\n',
    })
    expect(play.roles.map(({ role }) => role?.name)).toEqual(['web', 'web', 'web', 'any', 'any'])
    expect(outline(play.handlers)).toEqual(['restart (web)'])
  })

  it('are found beside the playbook, in the folders given, and by path', async () => {
    const play = await playOf(
      {
        'site.yml': site('    - near\n    - "{{ name }}"\n    - ./elsewhere/path\n'),
        'roles/near/tasks/main.yml': '- ping:\n',
        'far/tasks/main.yml': '- ping:\n',
        'elsewhere/path/tasks/main.yml': '- ping:\n',
      },
      { extraVariables: { name: 'far' } },
    )
    expect(play.roles.map(({ role }) => role?.name)).toEqual(['near', 'far', 'path'])
  })

  it('may be empty', async () => {
    const play = await playOf({ 'site.yml': site('    - web\n'), 'roles/web/tasks/main.yml': '---\n' })
    expect(play.roles).toMatchObject([{ block: [], role: { defaults: {}, vars: {}, handlers: [] } }])
  })

  it('that are missing are told with the nearest name and the places searched', async () => {
    const errors = await errorsIn({ 'site.yml': site('    - postgrse\n'), 'roles/postgres/tasks/main.yml': '' })
    expect(errors).toContain(`error[playbook/unknown-role]: there is no role "postgrse"
  --> site.yml:3:7
  2 |   roles:
> 3 |     - postgrse
    |       ^^^^^^^^
  hint: did you mean "postgres"?
  hint: searched: roles/postgrse, `)
  })

  it('cannot depend on themselves', async () => {
    const errors = await errorsIn({
      'site.yml': site('    - a\n'),
      'roles/a/meta/main.yml': 'dependencies: [b]\n',
      'roles/b/meta/main.yml': 'dependencies:\n  - role: a\n',
    })
    expect(errors).toBe(`error[playbook/import-loop]: the role "a" depends on itself
  --> roles/b/meta/main.yml:2:11
  1 | dependencies:
> 2 |   - role: a
    |           ^
  hint: the way here: roles/a → roles/b`)
  })

  it('warn of a parameter that looks like a keyword', async () => {
    const { warnings } = await load({
      'site.yml': site('    - { role: web, tag: t }\n'),
      'roles/web/tasks/main.yml': '',
    })
    expect(warnings.map(({ message, hints }) => [message, ...hints])).toEqual([
      ['"tag" is taken for a parameter of the role', 'did you mean "tags"?'],
    ])
  })
})
