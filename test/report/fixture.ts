import type { RunEvent, RunEventBody, TaskInfo } from '../../src/base/events.ts'
import type { TaskResult } from '../../src/base/result.ts'
import { emptyStats } from '../../src/base/result.ts'
import type { Output } from '../../src/report/reporter.ts'

/** An output that keeps what is written, as a pipe would get it. */
export const textOutput = (): Output & { text(): string } => {
  const parts: string[] = []
  const write = (part: string): void => void parts.push(part)
  return { write, isTTY: false, columns: 120, colour: false, text: () => parts.join('') }
}

export const result = (part: Partial<TaskResult>): TaskResult => ({
  status: 'ok',
  ignored: false,
  msg: undefined,
  fields: {},
  changes: [],
  error: undefined,
  duration: 0.3,
  hidden: false,
  items: undefined,
  attempts: undefined,
  delegatedTo: undefined,
  ...part,
})

export const play = { id: 'p1', name: 'Roll out', path: 'archive.yml:1' }

const task = (id: string, name: string, module: string): TaskInfo => ({
  id,
  name,
  module,
  path: 'archive.yml:4',
  role: undefined,
  handler: false,
})

/** A run of three tasks on two hosts: one that changes, one whose secret is hidden, one that fails on a host. */
export const smallRun = (): RunEvent[] => {
  const settings = task('t1', 'Set the archive up', 'postgresql_archive')
  const secret = task('t2', 'Set the password', 'command')
  const check = task('t3', 'Check', 'command')
  const hosts = ['db1', 'db2']
  const changes = [
    { subject: 'archive_mode', before: 'off', after: 'on' },
    { subject: 'pg_hba.conf', before: 'a\nb\n', after: 'a\nc\n' },
  ]
  const failure = result({
    status: 'failed',
    msg: 'non-zero return code',
    fields: { cmd: ['ls', '/nope'], rc: 2, stdout: '', stderr: 'ls: cannot access\n' },
  })
  const bodies: RunEventBody[] = [
    { type: 'run-began', runId: 'r1', playbooks: ['archive.yml'], checkMode: false, diffMode: false },
    { type: 'play-began', play, hosts },
    { type: 'task-began', play, task: settings, hosts },
    { type: 'host-ended', task: settings, host: 'db1', result: result({ status: 'changed', changes }) },
    { type: 'host-ended', task: settings, host: 'db2', result: result({}) },
    { type: 'task-began', play, task: secret, hosts: ['db1'] },
    { type: 'host-ended', task: secret, host: 'db1', result: result({ hidden: true, fields: { stdout: 'hunter2' } }) },
    { type: 'task-began', play, task: check, hosts },
    { type: 'host-ended', task: check, host: 'db1', result: failure },
    { type: 'host-ended', task: check, host: 'db2', result: result({ status: 'skipped' }) },
    {
      type: 'run-ended',
      runId: 'r1',
      stats: { db1: { ...emptyStats(), ok: 2, changed: 1, failed: 1 }, db2: { ...emptyStats(), ok: 1, skipped: 1 } },
      exit: 2,
      duration: 1.25,
      interrupted: false,
    },
  ]
  return bodies.map((body, index) => ({ ...body, time: 1_795_000_000_000 + index }) as RunEvent)
}
