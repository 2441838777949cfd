import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encryptVault } from '../../src/text/vault/index.ts'
import { isRoot, startSshd, type TestSshd } from '../host/ssh/sshd.ts'
import { Lifeboat } from './support/lifeboat.ts'

/** Each secret has a word of its own, so that what leaks can be told. */
const SECRETS = {
  login: 'login-word-b71c',
  su: 'su-word-40fd',
  vaultFile: 'vault-password-word-93aa',
  vaultValue: "vault-value-word-6e2'b $x",
  noLog: 'no-log-word-d5f0',
  sensitive: 'sensitive-word-17c9',
} as const

/** The part of each that no quoting changes. */
const MARKERS = Object.values(SECRETS).map((secret) => /^[a-z-]+-word-\w+/.exec(secret)?.[0] ?? secret)

/** Secrets in a text, each with what stands around it. */
const leaksIn = (text: string): string[] =>
  [...MARKERS, ...Object.values(SECRETS).map((secret) => Buffer.from(secret).toString('base64'))].flatMap((word) => {
    const at = text.indexOf(word)
    return at === -1 ? [] : [text.slice(Math.max(0, at - 60), at + word.length + 20).replaceAll('\0', ' ')]
  })

/** Looks at the words and the environment of every process of the machine, again and again. */
const watchProcesses = (): { stop(): { leaks: Set<string>; looks: number; shells: number } } => {
  const leaks = new Set<string>()
  let [looks, shells] = [0, 0]
  const look = (): void => {
    looks++
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
      for (const file of ['cmdline', 'environ']) {
        try {
          const text = readFileSync(`/proc/${name}/${file}`, 'utf8')
          if (text.includes('IFS= read -r l')) shells++
          for (const leak of leaksIn(text)) leaks.add(`${file}: ${leak}`)
        } catch {
          // It has ended.
        }
      }
    }
  }
  const timer = setInterval(look, 5)
  return {
    stop() {
      clearInterval(timer)
      return { leaks, looks, shells }
    },
  }
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

describe.skipIf(!isRoot)('secrets', () => {
  let sshd: TestSshd
  let lifeboat: Lifeboat
  let folder: string
  beforeAll(async () => {
    sshd = await startSshd([
      { name: 'asked', sudo: 'ALL=(ALL) ALL', password: SECRETS.login },
      { name: 'other', password: SECRETS.su },
    ])
    lifeboat = new Lifeboat()
    folder = mkdtempSync(join(tmpdir(), 'lifeboat-secrets-'))
    const vault = (secret: string): string =>
      `!vault |\n          ${encryptVault(secret, SECRETS.vaultFile).trimEnd().replaceAll('\n', '\n          ')}`
    mkdirSync(join(folder, 'group_vars'))
    writeFileSync(join(folder, 'vault-password'), SECRETS.vaultFile)
    writeFileSync(
      join(folder, 'group_vars', 'all.yml'),
      `ansible_user: asked
ansible_password: ${vault(SECRETS.login)}
ansible_ssh_private_key_file: /no/key
ansible_become_password: ${vault(SECRETS.login)}
su_password: ${vault(SECRETS.su)}
secret: ${vault(SECRETS.vaultValue)}
quiet: ${vault(SECRETS.noLog)}
hash: ${vault(`$6$salt$${SECRETS.sensitive}`)}
`,
    )
    writeFileSync(
      join(folder, 'hosts'),
      `db1 ansible_host=127.0.0.1 ansible_port=${sshd.port} ansible_ssh_common_args='-o UserKnownHostsFile=${sshd.knownHosts}' ansible_async_dir=${folder}/jobs\n`,
    )
    writeFileSync(join(folder, 'secret.j2'), 'first line\npassword = {{ secret }}\nlast line\n')
    writeFileSync(
      join(folder, 'script.mjs'),
      'export default async ({ $, args, log }) => { log(`got ${args.word}`); await $`printf %s ${args.word}`; return { changed: false } }\n',
    )
  })
  afterAll(async () => {
    lifeboat.close()
    rmSync(folder, { recursive: true })
    await sshd.stop()
  })

  const PLAYBOOK = `
- hosts: all
  become: true
  gather_facts: false
  tasks:
    - name: a template
      template: {src: secret.j2, dest: /etc/lifeboat-secret.conf, mode: "0600"}
    - name: a change of it
      copy: {content: "password = {{ secret }}\\nand more\\n", dest: /etc/lifeboat-secret.conf}
    - name: a line
      lineinfile: {path: /etc/lifeboat-secret.conf, line: "again = {{ secret }}"}
    - name: shell text
      shell: |
        printf '%s\\n' {{ secret | quote }}; sleep 0.3
    - name: standard input
      command:
        cmd: sleep 0.3
        stdin: "{{ secret }}"
    - name: a failure
      shell: |
        printf '%s\\n' {{ secret | quote }} >&2; sleep 0.2; exit 1
      ignore_errors: true
    - name: a syntax error
      shell: "if then {{ secret }}"
      ignore_errors: true
    - name: a missing file
      slurp: {src: "/nowhere/{{ secret }}"}
      ignore_errors: true
    - name: a loop
      shell: |
        printf '%s' {{ item | quote }}; sleep 0.1
      loop: ["{{ secret }}", "plain", "{{ su_password }}"]
      register: looped
    - name: what was registered
      debug: {var: looped}
    - name: in other forms
      debug: {msg: "{{ secret | b64encode }} {{ secret | to_json }} {{ secret | urlencode }}"}
    - name: an assertion
      assert: {that: "secret == 'x'"}
      ignore_errors: true
    - name: a fact
      set_fact: {kept: "{{ secret }}"}
    - name: hidden
      shell: "printf '%s' no-log; printf '%s\\n' {{ quiet | quote }} >&2; sleep 0.2; exit 1"
      no_log: true
      ignore_errors: true
    - name: a hidden loop
      shell: "printf '%s' {{ item | quote }}"
      loop: ["{{ quiet }}", "{{ secret }}"]
      no_log: true
    - name: hidden zx
      zx: {path: script.mjs, args: {word: "{{ 'hid' ~ 'den-in-zx' }}"}}
      no_log: true
    - name: zx
      zx: {path: script.mjs, args: {word: "{{ secret }}"}}
    - name: a sensitive parameter
      user: {name: made, password: "{{ hash }}", create_home: false}
      environment: {PATH: "/usr/sbin:/usr/bin:/sbin:/bin"}
    - name: on its own
      shell: |
        printf '%s' {{ secret | quote }}; sleep 0.5
      async: 60
      poll: 1
    - name: on its own, alone
      shell: |
        printf '%s' {{ secret | quote }} >/dev/null; sleep 0.5
      async: 60
      poll: 0
      register: job
    - name: what is kept of it
      shell: cat {{ ansible_async_dir }}/*/record
    - name: ask for it
      async_status: {jid: "{{ job.ansible_job_id }}"}
      register: asked
      until: asked is finished
      retries: 50
      delay: 0.2
    - name: another user
      shell: "id -un; printf '%s' {{ secret | quote }}"
      become_user: other
      become_method: su
      vars: {ansible_become_password: "{{ su_password }}"}
      register: who
    - assert: {that: "who.stdout_lines[0] == 'other'"}
    - name: a wrong password
      command: "true"
      become_user: other
      become_method: su
      vars: {ansible_become_password: "{{ secret }}"}
      ignore_errors: true
      timeout: 20
    - name: the end
      command: "false"
`

  test.each([
    ['the terminal', []],
    ['JSON', ['--output', 'json']],
  ])('are in no output, file or process list: %s', async (_, more) => {
    writeFileSync(join(folder, 'site.yml'), PLAYBOOK)
    const watch = watchProcesses()
    const args = ['play', join(folder, 'site.yml'), '-i', join(folder, 'hosts'), '-vvv', '--diff', ...more]
    const vault = ['--vault-password-file', join(folder, 'vault-password')]
    const { stdout, stderr, status } = await lifeboat.run([...args, ...vault])
    const { leaks, looks, shells } = watch.stop()
    expect(status).toBe(2)
    // The run came to its end, and the watch saw it.
    expect(stdout).toContain('the end')
    expect(stdout).toContain('on its own, alone')
    expect(stdout).toContain('********')
    expect([looks > 50, shells > 50]).toEqual([true, true])
    expect([...leaks]).toEqual([])
    expect(leaksIn(stdout)).toEqual([])
    expect(leaksIn(stderr)).toEqual([])
    expect(stdout).not.toContain('hidden-in-zx')
    const files = filesBelow(lifeboat.home)
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expect(leaksIn(readFileSync(file, 'utf8'))).toEqual([])
    for (const file of files) expect(readFileSync(file, 'utf8')).not.toContain('hidden-in-zx')
  })
})
