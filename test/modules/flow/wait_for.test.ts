import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import waitFor from '../../../src/modules/flow/wait_for.ts'
import { context, run } from '../harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'lb-wait-'))
let server: Server | undefined
afterEach(() => void server?.close())

const listen = async (host: string, greeting = ''): Promise<number> => {
  server = createServer((socket) => void socket.end(greeting))
  await new Promise<void>((resolve) => server?.listen(0, host, resolve))
  return (server.address() as AddressInfo).port
}

describe('wait_for a port', () => {
  it.each(['127.0.0.1', '0.0.0.0', '::1', '::'])('finds one that listens on %s', async (address) => {
    const port = await listen(address)
    const result = await run(waitFor, { port, timeout: 5 })
    expect(result).toMatchObject({ changed: false, fields: { port, elapsed: 0, state: 'started' } })
    expect(result.failed).toBeUndefined()
  })

  it('fails where nothing answers in time', async () => {
    const port = await listen('127.0.0.1')
    server?.close()
    const result = await run(waitFor, { port, timeout: 0.3, sleep: 0.1 })
    expect(result).toMatchObject({ failed: true, msg: `127.0.0.1:${port} did not answer after 0.3 s` })
    expect(await run(waitFor, { port, state: 'stopped', timeout: 5 })).not.toHaveProperty('failed')
  })

  it('connects to another address and reads what it says', async () => {
    const port = await listen('127.0.0.1', 'SSH-2.0-OpenSSH_9.2\r\n')
    const params = { host: 'localhost', port, search_regex: 'SSH-(?P<version>[\\d.]+)-(\\w+)', timeout: 5 }
    expect((await run(waitFor, params)).fields).toMatchObject({
      match_groups: ['2.0', 'OpenSSH_9'],
      match_groupdict: { version: '2.0' },
    })
    expect(await run(waitFor, { host: '127.1', port, timeout: 5 })).not.toHaveProperty('failed')
  })

  it('waits until it comes', async () => {
    const port = await listen('127.0.0.1')
    server?.close()
    const waiting = run(waitFor, { port, timeout: 10, sleep: 0.1 })
    setTimeout(() => {
      server = createServer().listen(port, '127.0.0.1')
    }, 300)
    expect(await waiting).not.toHaveProperty('failed')
  })
})

describe('wait_for a path', () => {
  it('sees it come and go', async () => {
    const path = join(folder, "it's here")
    setTimeout(() => writeFileSync(path, ''), 200)
    expect(await run(waitFor, { path, timeout: 10, sleep: 0.1 })).not.toHaveProperty('failed')
    expect(await run(waitFor, { path, state: 'absent', timeout: 0.2, sleep: 0.1, msg: 'still there' })).toMatchObject({
      failed: true,
      msg: 'still there',
    })
    rmSync(path)
    expect(await run(waitFor, { path, state: 'absent', timeout: 5 })).not.toHaveProperty('failed')
  })

  it('finds a text that is written in pieces, and after the file began anew', async () => {
    const path = join(folder, 'log')
    writeFileSync(path, 'a long beginning\nready to ')
    setTimeout(() => appendFileSync(path, 'accept'), 250)
    const params = { path, search_regex: '^ready to (accept)$', timeout: 10, sleep: 0.1 }
    expect((await run(waitFor, params)).fields?.match_groups).toEqual(['accept'])
    const again = run(waitFor, { path, search_regex: '^new', timeout: 10, sleep: 0.1 })
    setTimeout(() => writeFileSync(path, 'new\n'), 250)
    expect(await again).not.toHaveProperty('failed')
  })
})

it('is skipped in check mode, and stops when the task is stopped', async () => {
  expect(await run(waitFor, { port: 1 }, { checkMode: true })).toMatchObject({ skipped: true })
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 100)
  const waiting = waitFor.act(context({ signal: stop.signal }), { ...defaults, path: join(folder, 'never') })
  await expect(waiting).rejects.toThrow(/abort/i)
})

const defaults = {
  ...{ host: '127.0.0.1', state: 'started' as const, timeout: 60, delay: 0, sleep: 5, connect_timeout: 5 },
}
