import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sh } from '../../../src/base/quote.ts'
import type { Connection } from '../../../src/host/connection.ts'
import { type Job, type JobPlace, type JobStart, readJob, removeJob, startJob } from '../../../src/host/job/job.ts'
import type { Channel } from '../../../src/host/session/channel.ts'
import { connectionOver } from '../../../src/host/session/connection-over.ts'
import { alive, appear, nap, vanish } from '../session/alive.ts'
import { shellTransport } from '../session/shell-transport.ts'

const SHELLS = ['dash', 'busybox sh', 'bash'].filter((shell) => existsSync(`/usr/bin/${shell.split(' ')[0]}`))
const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

let home = ''
let channels: Channel[] = []
let connections: Connection[] = []
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lb-job-'))
})
afterEach(async () => {
  await Promise.all(connections.map((connection) => connection.close()))
  channels = []
  connections = []
  rmSync(home, { recursive: true, force: true, maxRetries: 10 })
})

const placeOn = async (shell: string, id = 'j1.1', only?: readonly string[]): Promise<JobPlace> => {
  const real = shellTransport(shell, only)
  const transport = {
    ...real,
    open: async (...all: Parameters<typeof real.open>) => {
      const channel = await real.open(...all)
      channels.push(channel)
      return channel
    },
  }
  const connection = connectionOver({ address: 'local', transport, async close() {} })
  connections.push(connection)
  return { session: await connection.session(), folder: sh`${join(home, `it's here`)}`, id }
}

const start = (place: JobPlace, script: string, more: Partial<JobStart> = {}): Promise<string> =>
  startJob(place, { script, record: '{"of":"ours"}', seconds: 100, ...more })

const over = async (place: JobPlace): Promise<Extract<Job, { state: 'ended' }>> => {
  const job = await vi.waitFor(
    async () => {
      const now = await readJob(place)
      expect(now.state).not.toBe('running')
      return now
    },
    { timeout: 15_000, interval: 50 },
  )
  if (job.state !== 'ended') throw new Error(`the job ${job.state}`)
  return job
}

describe.each(SHELLS)('a job of a host whose shell is %s', (shell) => {
  it('runs on its own, and keeps what it wrote byte for byte', async () => {
    const place = await placeOn(shell)
    const script = 'cat; printf "%s" "$WORD" >&2; umask; pwd; exit 3'
    const folder = await start(place, script, { stdin: ALL_BYTES, environment: { WORD: `it's "said"` } })
    expect(folder).toBe(join(home, `it's here`, 'j1.1'))
    const job = await over(place)
    const rest = `${process.umask().toString(8).padStart(4, '0')}\n${process.env.HOME}\n`
    expect(job.result.stdoutBytes).toEqual(Buffer.concat([ALL_BYTES, Buffer.from(rest)]))
    expect(job).toMatchObject({
      folder,
      record: '{"of":"ours"}',
      expired: false,
      result: { status: 3, stderr: `it's "said"` },
    })
    expect(job.end.getTime()).toBeGreaterThanOrEqual(job.begin.getTime())
    expect(Date.now() - job.begin.getTime()).toBeLessThan(60_000)
  })

  it('shows its files to its user alone, and its program and input to nobody', async () => {
    const place = await placeOn(shell)
    const sleep = nap()
    const folder = await start(place, `${sleep}; : hidden-word`, {
      stdin: 'hidden-input',
      environment: { SECRET: 'hidden-value' },
    })
    await appear(sleep)
    const list = (await place.session.run('ps -A -o args=; cat /proc/[0-9]*/cmdline | tr "\\0" " "')).stdout
    expect(list).not.toMatch(/[h]idden/)
    expect((statSync(folder).mode & 0o777).toString(8)).toBe('700')
    expect((statSync(join(home, `it's here`)).mode & 0o777).toString(8)).toBe('700')
    for (const file of readdirSync(folder)) {
      expect((statSync(join(folder, file)).mode & 0o777).toString(8)).toBe('600')
      expect(readFileSync(join(folder, file), 'utf8')).not.toContain('hidden')
    }
    for (const pid of alive(sleep)) process.kill(pid)
    await over(place)
  })

  it('outlives the controller, and is found again', async () => {
    const place = await placeOn(shell)
    await start(place, 'sleep 2; echo done')
    for (const channel of channels) channel.destroy()
    const again = await placeOn(shell)
    expect(await readJob(again)).toMatchObject({ state: 'running', record: '{"of":"ours"}' })
    expect((await over(again)).result.stdout).toBe('done\n')
  })

  it('is stopped when it takes too long, with all that it started', async () => {
    const place = await placeOn(shell)
    const sleep = nap()
    await start(place, `echo begun; ${sleep} & timeout 100 ${sleep} & ${sleep}`, { seconds: 1 })
    await appear(sleep, 3)
    await vanish(sleep, 8000)
    expect(await over(place)).toMatchObject({ expired: true, result: { stdout: 'begun\n' } })
  })

  it('is forgotten once it is over', async () => {
    const place = await placeOn(shell)
    const sleep = nap()
    const folder = await start(place, sleep)
    await appear(sleep)
    await expect(removeJob(place)).rejects.toMatchObject({ code: 'host/job-running' })
    for (const pid of alive(sleep)) process.kill(pid)
    await over(place)
    expect(await removeJob(place)).toBe(folder)
    expect(existsSync(folder)).toBe(false)
    await expect(readJob(place)).rejects.toMatchObject({ code: 'host/no-job', message: 'there is no job j1.1 of me' })
  })
})

describe('a job', () => {
  it('is told to have died where its watcher was killed', async () => {
    const place = await placeOn('dash')
    const sleep = nap()
    const folder = await start(place, sleep)
    await appear(sleep)
    process.kill(Number(readFileSync(join(folder, 'process'), 'utf8').split(' ')[0]), 'SIGKILL')
    expect(
      (
        await vi.waitFor(async () => {
          const job = await readJob(place)
          expect(job.state).not.toBe('running')
          return job
        })
      ).state,
    ).toBe('died')
    for (const pid of alive(sleep)) process.kill(pid)
  })

  it('is not started twice under one name', async () => {
    const place = await placeOn('dash')
    await start(place, 'echo one')
    await expect(start(place, 'echo two')).rejects.toMatchObject({ code: 'host/job' })
    expect((await over(place)).result.stdout).toBe('one\n')
  })

  it.each(['../other', '.', '', 'a/b', '-rf'])('has no name like "%s"', async (id) => {
    await expect(readJob(await placeOn('dash', id))).rejects.toMatchObject({ code: 'host/no-job' })
  })

  it('runs where there is no setsid', async () => {
    const place = await placeOn('bash', 'j1.1', ['sleep', 'ps', 'grep', 'sed', 'cat', 'date', 'mkdir', 'mv', 'rm'])
    const sleep = nap()
    await start(place, `${sleep}; echo never`, { seconds: 1 })
    await appear(sleep)
    for (const channel of channels) channel.destroy()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(alive(sleep)).toHaveLength(1)
    await vanish(sleep, 8000)
  })
})
