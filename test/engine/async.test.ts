import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadModule, moduleNames } from '../../src/modules/load.ts'
import { messagesOf, type Ran, runTasks } from './fixture.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-async-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = (tasks: string, spec: Parameters<typeof runTasks>[1] = {}): Promise<Ran> =>
  runTasks(tasks, { hosts: ['h1'], variables: { ansible_async_dir: join(folder, 'jobs') }, ...spec })

const JOB = /^j\d{12}\.\d{4}$/

describe('async with poll', () => {
  test('gives the result of the task when it is over, and cleans up', async () => {
    const ran = await run(`
    - name: long
      shell: printf out; printf err >&2; sleep 0.5; exit 3
      async: 30
      poll: 1
      failed_when: false
`)
    const { status, fields } = ran.result('h1', 'long')
    expect(status).toBe('ok')
    expect(fields).toMatchObject({ rc: 3, stdout: 'out', stderr: 'err', started: 1, finished: 1 })
    expect(fields.cmd).toBe('printf out; printf err >&2; sleep 0.5; exit 3')
    expect(fields.ansible_job_id).toMatch(JOB)
    expect(fields.results_file).toBe(join(folder, 'jobs', String(fields.ansible_job_id)))
    expect(readdirSync(join(folder, 'jobs'))).toEqual([])
    expect((statSync(join(folder, 'jobs')).mode & 0o777).toString(8)).toBe('700')
  })

  test('fails when the task takes too long, which is stopped', async () => {
    const ran = await run(`
    - name: too long
      command: sleep 60
      async: 1
      poll: 1
`)
    expect(ran.exit).toBe(2)
    expect(ran.result('h1', 'too long')).toMatchObject({
      status: 'failed',
      msg: 'async task did not complete within the requested time - 1s',
      error: { code: 'engine/async-timeout' },
      fields: { finished: 1 },
    })
  })

  test('obeys the environment, stdin, creates and a loop', async () => {
    const ran = await run(`
    - name: several
      shell:
        cmd: cat; printf %s "$WORD-{{ item }}"
        stdin: "in-"
        stdin_add_newline: false
      environment: {WORD: "it's"}
      async: 30
      poll: 1
      loop: [a, b]
    - name: not run
      command:
        cmd: touch ${folder}/never
        creates: ${folder}
      async: 30
      poll: 1
`)
    expect(ran.result('h1', 'several').items?.map(({ fields }) => fields.stdout)).toEqual(["in-it's-a", "in-it's-b"])
    expect(ran.result('h1', 'not run')).toMatchObject({
      status: 'ok',
      msg: `did not run the command since ${folder} exists`,
    })
    expect(ran.lines).toEqual(['h1 several changed', 'h1 not run ok'])
  })

  test('proves the change of a module that brings about a state', async () => {
    const ran = await run(`
    - name: once
      file: {path: "${folder}/made", state: directory}
      async: 30
      poll: 1
    - name: twice
      file: {path: "${folder}/made", state: directory}
      async: 30
      poll: 1
`)
    expect(ran.lines).toEqual(['h1 once changed', 'h1 twice ok'])
    expect(ran.result('h1', 'once').fields).toMatchObject({ state: 'directory', finished: 1 })
  })
})

describe('async without poll', () => {
  test('is asked for later, until it is over', async () => {
    const ran = await run(`
    - name: start
      shell: sleep 1; printf done; exit 0
      async: 30
      poll: 0
      register: job
    - name: at once
      async_status: {jid: "{{ job.ansible_job_id }}"}
      register: now
    - name: in the end
      async_status: {jid: "{{ job.ansible_job_id }}"}
      register: later
      until: later is finished
      retries: 30
      delay: 0.2
    - name: tidy
      async_status: {jid: "{{ job.ansible_job_id }}", mode: cleanup}
      register: gone
    - name: again
      async_status: {jid: "{{ job.ansible_job_id }}"}
      ignore_errors: true
    - assert:
        that:
          - job is changed and job.started == 1 and job.finished == 0
          - now.finished == 0 and now.started == 1 and now is not changed and now.stdout == ""
          - later.finished == 1 and later.stdout == "done" and later.rc == 0 and later is changed
          - later.cmd == "sleep 1; printf done; exit 0" and later.delta is match("0:00:0[1-9]")
          - gone.erased == job.results_file
`)
    expect(ran.result('h1', 'assert').msg).toBe('All assertions passed')
    expect(ran.result('h1', 'again')).toMatchObject({
      status: 'failed',
      error: { code: 'host/no-job' },
      fields: { started: 1, finished: 1 },
    })
    expect(ran.result('h1', 'start').fields.ansible_job_id).toMatch(JOB)
  })

  test('a job that fails fails the task that asks for it', async () => {
    const ran = await run(`
    - shell: echo no >&2; exit 7
      async: 30
      poll: 0
      register: job
    - name: ask
      async_status: {jid: "{{ job.ansible_job_id }}"}
      register: result
      until: result.finished
      retries: 30
      delay: 0.2
`)
    expect(ran.result('h1', 'ask')).toMatchObject({
      status: 'failed',
      msg: 'non-zero return code',
      fields: { rc: 7, stderr: 'no', finished: 1 },
    })
  })

  test('a job that took too long is told to have been stopped', async () => {
    const ran = await run(`
    - command: sleep 60
      async: 1
      poll: 0
      register: job
    - name: ask
      async_status: {jid: "{{ job.ansible_job_id }}"}
      register: result
      until: result.finished
      retries: 40
      delay: 0.2
`)
    expect(ran.result('h1', 'ask').msg).toMatch(/^job j[\d.]+ took longer than its async and was stopped$/)
  })

  test('a module that brings about a state has a job too where nothing has to be done', async () => {
    const ran = await run(`
    - file: {path: "${folder}/other", state: directory}
      async: 30
      poll: 0
      register: first
    - name: made
      async_status: {jid: "{{ first.ansible_job_id }}"}
      register: one
      until: one.finished
      retries: 30
      delay: 0.2
    - file: {path: "${folder}/other", state: directory}
      async: 30
      poll: 0
      register: second
    - name: was there
      async_status: {jid: "{{ second.ansible_job_id }}"}
      register: two
      until: two.finished
      retries: 30
      delay: 0.2
`)
    expect(ran.lines).toEqual(['h1 file changed', 'h1 made changed', 'h1 file ok', 'h1 was there ok'])
  })

  test('keeps nothing of a task with no_log but what it writes', async () => {
    const ran = await run(`
    - command: echo {{ word }}
      async: 30
      poll: 0
      no_log: true
      register: job
      vars: {word: not-to-be-kept}
    - name: ask
      async_status: {jid: "{{ job.ansible_job_id }}"}
      register: result
      until: result.finished
      retries: 30
      delay: 0.2
    - name: look
      command: cat {{ result.results_file }}/record
`)
    expect(ran.result('h1', 'ask').fields.cmd).toBe('hidden by no_log')
    expect(ran.result('h1', 'look').fields.stdout).not.toContain('not-to-be-kept')
  })
})

describe('async that cannot be', () => {
  test('is an error with its place before anything runs', async () => {
    const messages = await messagesOf(
      run(`
    - copy: {content: x, dest: "${folder}/x"}
      async: 10
    - meta: noop
      async: 10
    - debug:
      async: 0
`),
    )
    expect(messages).toEqual([
      'copy cannot run with async: it is more than one script on the host',
      'meta cannot run with async: it is more than one script on the host',
    ])
  })

  test('is the same error where only the run can tell', async () => {
    const ran = await run(`
    - copy: {content: x, dest: "${folder}/x"}
      async: "{{ seconds }}"
      vars: {seconds: 10}
`)
    expect(ran.result('h1', 'copy')).toMatchObject({ status: 'failed', error: { code: 'engine/no-async' } })
  })

  test('in check mode fails, as in Ansible', async () => {
    const ran = await run(`    - command: "true"\n      async: 10\n`, { options: { checkMode: true } })
    expect(ran.result('h1', 'command')).toMatchObject({
      status: 'failed',
      msg: 'check mode and async cannot be used on same task',
    })
  })

  test('names the modules that can', async () => {
    const able: string[] = []
    for (const name of moduleNames()) if ((await loadModule(name)).background) able.push(name)
    expect(able.sort()).toEqual(['apt', 'command', 'file', 'package', 'shell', 'systemd'])
  })
})
