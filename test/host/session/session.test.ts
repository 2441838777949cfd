import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import type { Connection, RunOptions, RunResult, Session } from '../../../src/host/connection.ts'
import { connectionOver } from '../../../src/host/session/connection-over.ts'
import { shellTransport } from './shell-transport.ts'

const SHELLS = ['dash', 'busybox sh', 'bash', 'bash --posix'].filter((shell) =>
  existsSync(`/usr/bin/${shell.split(' ')[0]}`),
)

const processes = (pattern: string): string =>
  execFileSync('ps', ['-A', '-o', 'stat=,args='])
    .toString()
    .split('\n')
    .filter((line) => line.includes(pattern) && !line.startsWith('Z'))
    .join('\n')

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

describe.each(SHELLS)('a session whose shell is %s', (shell) => {
  const connection: Connection = connectionOver({
    address: 'local',
    transport: shellTransport(shell),
    async close() {},
  })
  afterAll(() => connection.close())
  const session = (): Promise<Session> => connection.session()
  const run = async (script: string, options?: RunOptions): Promise<RunResult> => (await session()).run(script, options)

  it('gives status, stdout and stderr apart', async () => {
    expect(await run('echo out; echo err >&2; exit 3')).toMatchObject({ status: 3, stdout: 'out\n', stderr: 'err\n' })
  })

  it('keeps output without a newline at its end', async () => {
    expect(await run('printf out; printf err >&2')).toMatchObject({ status: 0, stdout: 'out', stderr: 'err' })
  })

  it('gives no output for none', async () => {
    expect(await run(':')).toMatchObject({ status: 0, stdout: '', stderr: '' })
    expect(await run('')).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })

  it('carries every byte on stdin and stdout', async () => {
    const { stdoutBytes } = await run('cat', { stdin: ALL_BYTES })
    expect(stdoutBytes).toEqual(ALL_BYTES)
  })

  it('carries a megabyte on stdin', async () => {
    const content = Buffer.alloc(1_000_000, ALL_BYTES)
    expect((await run('cat; echo end >&2', { stdin: content })).stdoutBytes.equals(content)).toBe(true)
  })

  it('carries 20 MB of output', async () => {
    const { stdoutBytes } = await run('head -c 20000000 /dev/zero')
    expect(stdoutBytes.length).toBe(20_000_000)
  })

  it('passes on a script of any characters', async () => {
    const text = `'"\`$\\ !#%&*?~ äöü€😀 \u0001\u007f\ttab`
    expect((await run(`cat <<'END'\n${text}\nEND`)).stdout).toBe(`${text}\n`)
    expect((await run(`# it's a comment`)).status).toBe(0)
    expect((await run('-not-an-option')).status).toBe(127)
  })

  it('reports a script that is no shell', async () => {
    const result = await run('if then fi (')
    expect(result.status).toBeGreaterThan(0)
    expect(result.stderr).not.toBe('')
    expect((await run('echo next')).stdout).toBe('next\n')
  })

  it('is not disturbed by what a script does to its shell', async () => {
    for (const script of [
      'exit 5',
      'exec true',
      'cd /usr; X=1',
      'set -eu; false',
      'trap "" TERM INT',
      'exec 1>&- 2>&-',
      'umask 777',
      'exec cat',
    ]) {
      await run(script)
    }
    expect(await run('pwd; echo "[${X-}]"; umask; :')).toMatchObject({
      stdout: `${process.env.HOME}\n[]\n${process.umask().toString(8).padStart(4, '0')}\n`,
    })
  })

  it('is not disturbed by a script that kills its group', async () => {
    expect((await run('kill -9 0')).status).toBe(137)
    expect((await run('kill -TERM $$')).status).toBe(143)
    expect(await run('echo here')).toMatchObject({ status: 0, stdout: 'here\n', stderr: '' })
  })

  it('runs the traps of a script', async () => {
    expect((await run('trap "echo bye" EXIT; echo hello')).stdout).toBe('hello\nbye\n')
  })

  it('lets a script read end of file where no stdin is given', async () => {
    expect((await run('read x; echo "$? [$x]"; cat; ps > /dev/null; echo end')).stdout).toBe('1 []\nend\n')
  })

  it('lets a script leave its stdin unread', async () => {
    expect((await run('echo done', { stdin: Buffer.alloc(100_000) })).stdout).toBe('done\n')
    expect((await run('echo done', { stdin: Buffer.alloc(1_000_000) })).stdout).toBe('done\n')
    expect((await run('head -c 1', { stdin: 'ab' })).stdout).toBe('a')
  })

  it('exports the environment to its script alone', async () => {
    const environment = { PGPASSWORD: `it's "a" $secret\n`, EMPTY: '' }
    expect((await run('printenv PGPASSWORD; printenv EMPTY', { environment })).stdout).toBe(`it's "a" $secret\n\n\n`)
    expect((await run('printenv PGPASSWORD')).status).toBe(1)
    expect((await run('echo $LC_ALL')).stdout).toBe('C\n')
  })

  it('refuses what cannot be the name of an environment variable', async () => {
    await expect(run('true', { environment: { 'A B': '1' } })).rejects.toMatchObject({
      code: 'host/bad-environment',
      message: '"A B" cannot be the name of an environment variable',
    })
  })

  it('keeps output of background children away from the next script', async () => {
    expect((await run('(sleep 0.2; echo late; echo late >&2) & echo started')).stdout).toBe('started\n')
    expect(await run('sleep 0.5; echo next')).toMatchObject({ stdout: 'next\n', stderr: '' })
  })

  it('waits for no background child', async () => {
    const before = Date.now()
    await run('sleep 30.25 &')
    expect(Date.now() - before).toBeLessThan(5000)
    expect(processes('sleep 30.25')).not.toBe('')
    await run('pkill -f "[s]leep 30.25"')
  })

  it('runs scripts one after the other', async () => {
    const results = await Promise.all(['0.2', '0.1', '0'].map((time) => run(`sleep ${time}; date +%s%N`)))
    const times = results.map((result) => BigInt(result.stdout.trim()))
    expect([...times].sort()).toEqual(times)
  })

  it('hands pieces of output on while the script runs', async () => {
    const pieces: string[] = []
    await run('echo one; sleep 0.2; echo two; echo three >&2', {
      onStdout: (chunk) => pieces.push(`out ${chunk}`),
      onStderr: (chunk) => pieces.push(`err ${chunk}`),
    })
    expect(pieces.slice(0, 2)).toEqual(['out one\n', 'out two\n'])
    expect(pieces).toContain('err three\n')
  })

  it('stops every process of a script whose timeout passes', async () => {
    await expect(run('sleep 31.25 & sh -c "sleep 31.25; :"', { timeout: 0.3 })).rejects.toMatchObject({
      code: 'host/timeout',
      message: 'a script on here did not end within 0.3s and was stopped',
    })
    expect(processes('sleep 31.25')).toBe('')
    expect((await run('echo next')).stdout).toBe('next\n')
  })

  it('stops a script whose signal aborts, and one that waits for its turn', async () => {
    const controller = new AbortController()
    const first = run('sleep 33.25', { signal: controller.signal })
    const second = run('echo never', { signal: controller.signal })
    setTimeout(() => controller.abort(), 200)
    const reason = { code: 'lifeboat/interrupted', message: 'a script on here was stopped' }
    expect(await Promise.allSettled([first, second])).toMatchObject([{ reason }, { reason }])
    expect(processes('sleep 33.25')).toBe('')
    expect((await run('echo next')).stdout).toBe('next\n')
  })

  it('shows neither script, environment nor stdin in the process list', async () => {
    const script = 'ps -A -o args= | grep -c "[h]idden-word"; : hidden-word'
    const result = await run(script, { environment: { SECRET: 'hidden-word' }, stdin: 'hidden-word' })
    expect(result.stdout).toBe('0\n')
  })

  it('opens a new shell after its shell was killed', async () => {
    await expect(run('kill -9 $PPID; sleep 0.1')).rejects.toMatchObject({ code: 'host/lost' })
    expect((await run('echo next')).stdout).toBe('next\n')
  })

  it('starts a script on a channel of its own', async () => {
    const process = await (await session()).start('cat; echo "$WORD" >&2; exit 9', { environment: { WORD: 'said' } })
    const out: Buffer[] = []
    const err: Buffer[] = []
    process.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    process.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    process.stdin.write(ALL_BYTES)
    process.stdin.end(ALL_BYTES)
    expect(await process.ended).toEqual({ status: 9 })
    expect(Buffer.concat(out)).toEqual(Buffer.concat([ALL_BYTES, ALL_BYTES]))
    expect(Buffer.concat(err).toString()).toBe('said\n')
  })

  it('kills what it started', async () => {
    const process = await (await session()).start('sleep 34.25 & sleep 34.25; echo never')
    process.stdout.resume()
    process.stderr.resume()
    await process.kill()
    expect(await process.ended).toEqual({ status: 143 })
    expect(processes('sleep 34.25')).toBe('')
  })
})

describe('a script that ignores TERM', () => {
  it('is killed five seconds later', { timeout: 20_000 }, async () => {
    const connection = connectionOver({ address: 'local', transport: shellTransport('dash'), async close() {} })
    const session = await connection.session()
    const script = 'trap "" TERM; while :; do sleep 0.32; done'
    await expect(session.run(script, { timeout: 0.2 })).rejects.toMatchObject({ code: 'host/timeout' })
    expect(processes('sleep 0.32')).toBe('')
    await connection.close()
  })
})

describe('a host without setsid', () => {
  it('gives each script a process group by job control', async () => {
    const transport = shellTransport('bash', ['sleep', 'ps', 'grep', 'cat'])
    const connection = connectionOver({ address: 'local', transport, async close() {} })
    const session = await connection.session()
    expect((await session.run('command -v setsid')).status).toBe(1)
    expect((await session.run('cat; kill -TERM 0', { stdin: 'in' })).status).toBe(143)
    await expect(session.run('sleep 36.25 & sleep 36.25', { timeout: 0.3 })).rejects.toMatchObject({
      code: 'host/timeout',
    })
    expect(processes('sleep 36.25')).toBe('')
    expect(await session.run('echo next')).toMatchObject({ status: 0, stdout: 'next\n', stderr: '' })
    await connection.close()
  })
})

describe('closing a connection', () => {
  it('stops what runs in it', async () => {
    const connection = connectionOver({ address: 'local', transport: shellTransport('dash'), async close() {} })
    const session = await connection.session()
    const running = session.run('sleep 35.25')
    const started = await session.start('sleep 35.25')
    started.stdout.resume()
    started.stderr.resume()
    await new Promise((resolve) => setTimeout(resolve, 200))
    await connection.close()
    expect(processes('sleep 35.25')).toBe('')
    expect(await started.ended).toEqual({ status: 143 })
    await running.catch(() => {})
  })
})
