import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Session } from '../../../src/host/connection.ts'
import { connectionOver } from '../../../src/host/session/connection-over.ts'
import { type HostShell, type HostShellEntry, hostShell } from '../../../src/host/shell/host-shell.ts'
import { shellTransport } from '../session/shell-transport.ts'

const connection = connectionOver({ address: 'local', transport: shellTransport('dash'), async close() {} })
const folder = mkdtempSync(join(tmpdir(), 'lb-zx-'))
let session: Session
let $: HostShell
beforeAll(async () => {
  session = await connection.session()
  $ = hostShell(session)
})
afterAll(async () => {
  await connection.close()
  rmSync(folder, { recursive: true })
})

const running = (pattern: string): boolean =>
  execFileSync('ps', ['-A', '-o', 'stat=,args='])
    .toString()
    .split('\n')
    .some((line) => line.includes(pattern) && !line.startsWith('Z'))

describe('hostShell', () => {
  it('runs a template in the shell of the host', async () => {
    expect((await $`${'echo'} one; echo two >&2`).stdout).toBe('one\n')
    expect((await $`echo "$LC_ALL"`).stdout).toBe('C\n')
  })

  it('quotes for a POSIX shell', async () => {
    const words = [`it's`, '$HOME `id`', 'a"b', 'ä€', '', 'new\nline', '-n']
    expect((await $`printf '[%s]' ${words}`).stdout).toBe(words.map((word) => `[${word}]`).join(''))
    expect(() => $`echo ${'a\0b'}`).toThrow()
  })

  it('rejects with the status, stderr and the place of the command', async () => {
    const output = await $`echo why >&2; exit 3`.catch((error: unknown) => error)
    expect(output).toMatchObject({ exitCode: 3, stderr: 'why\n', ok: false })
    expect(String((output as Error).message)).toContain('host-shell.test.ts')
  })

  it('keeps nothrow, lines, json and options of options', async () => {
    expect((await $({ nothrow: true })({ env: { A: 'x' } })`echo "$A"; exit 4`).exitCode).toBe(4)
    expect(await $`printf 'a\nb\n'`.lines()).toEqual(['a', 'b'])
    expect(await $`echo '{"a": 1}'`.json()).toEqual({ a: 1 })
  })

  it('iterates over lines while the command runs', async () => {
    const lines: string[] = []
    for await (const line of $`for i in 1 2 3; do echo $i; sleep 0.05; done`) lines.push(line)
    expect(lines).toEqual(['1', '2', '3'])
  })

  it('passes nothing of the environment on but what is given', async () => {
    process.env.LIFEBOAT_TEST_LEAK = 'leak'
    const $given = hostShell(session, { environment: { GIVEN: 'yes' } })
    expect((await $given({ env: { MORE: 'too' } })`echo "$GIVEN $MORE"`).stdout).toBe('yes too\n')
    delete process.env.LIFEBOAT_TEST_LEAK
  })

  it('runs in the home folder, or in cwd', async () => {
    expect((await $`pwd`).stdout).toBe(`${process.env.HOME}\n`)
    expect((await $({ cwd: '/usr' })`pwd`).stdout).toBe('/usr\n')
    expect((await $({ cwd: '/no/such', nothrow: true })`echo never`).stdout).toBe('')
    expect(() => $({ cwd: 'usr' })).toThrow('cwd "usr" is not possible in a command on a host')
  })

  it('gives end of file where no input is given', async () => {
    expect((await $`cat; echo end`).stdout).toBe('end\n')
    expect((await $({ input: 'given' })`cat`).stdout).toBe('given')
    const command = $`cat`
    command.stdin.write('written ')
    command.stdin.end('later')
    expect((await command).stdout).toBe('written later')
  })

  it('pipes a command into a command', async () => {
    expect((await $`printf 'b\na\n'`.pipe($`sort`)).stdout).toBe('a\nb\n')
    await expect($`echo x; exit 5`.pipe($`cat`)).rejects.toMatchObject({ exitCode: 5 })
  })

  it('pipes into a template on the host, not on the controller', async () => {
    const piped = $({ env: { WHERE: 'host' } })`echo x`.pipe`cat; echo "$WHERE"`
    expect((await piped).stdout).toBe('x\nhost\n')
    expect((await $`echo a >&2`.pipe.stderr`cat`).stdout).toBe('a\n')
  })

  it('pipes into a stream', async () => {
    let seen = ''
    const sink = new Writable({
      write(chunk, _encoding, callback) {
        seen += chunk
        callback()
      },
    })
    await $`echo streamed`.pipe(sink)
    expect(seen).toBe('streamed\n')
  })

  it('refuses what would happen on the controller', () => {
    expect(() => $`echo x`.pipe('/tmp/file')).toThrow('.pipe(path) is not possible in a command on a host')
    expect(() => $({ sync: true } as never)).toThrow('the option sync is not possible in a command on a host')
    expect(() => $({ spawn: () => {} } as never)).toThrow('the option spawn is not possible')
    expect(($ as unknown as { sync?: unknown }).sync).toBeUndefined()
  })

  it('stops the process group of a command that is killed, times out or is aborted', async () => {
    const killed = $`sleep 41.25 & sleep 41.25`
    setTimeout(() => killed.kill(), 150)
    await expect(killed).rejects.toMatchObject({ exitCode: 143 })
    await expect($({ timeout: '150ms' })`sleep 41.25`).rejects.toMatchObject({ exitCode: 143 })
    await expect($`sleep 41.25`.timeout('150ms')).rejects.toMatchObject({ exitCode: 143 })
    const aborted = $`sleep 41.25`
    setTimeout(() => aborted.abort(), 150)
    await expect(aborted).rejects.toBeDefined()
    expect(running('sleep 41.25')).toBe(false)
  })

  it('stops when the signal of the shell aborts', async () => {
    const controller = new AbortController()
    const $signalled = hostShell(session, { signal: controller.signal })
    setTimeout(() => controller.abort(), 150)
    await expect($signalled`sleep 42.25`).rejects.toBeDefined()
    expect(running('sleep 42.25')).toBe(false)
  })

  it('tells of commands and output, and prints nothing', async () => {
    const heard: HostShellEntry[] = []
    await hostShell(session, { log: (entry) => heard.push(entry) })`echo out; echo err >&2`
    expect(heard[0]).toEqual({ kind: 'command', text: 'echo out; echo err >&2' })
    expect(heard).toContainEqual({ kind: 'stdout', text: 'out\n' })
    expect(heard).toContainEqual({ kind: 'stderr', text: 'err\n' })
  })
})
