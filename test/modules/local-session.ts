import { spawn } from 'node:child_process'
import { afterAll } from 'vitest'
import type { Connection, Session } from '../../src/host/connection.ts'
import { channelOf, localConnection } from '../../src/host/local.ts'
import { connectionOver } from '../../src/host/session/connection-over.ts'

const connections = new Map<string, Connection>()

afterAll(async () => {
  await Promise.all([...connections.values()].map((connection) => connection.close()))
  connections.clear()
})

/** A connection to this machine whose long-lived shell is another program than `sh`, or another user's. */
const connectionThrough = (program: readonly string[]): Connection => {
  const open = async (command: string) => {
    const ours = command.replace('/bin/sh', program.join(' '))
    return channelOf(spawn('/bin/sh', ['-c', ours], { detached: true, stdio: 'pipe' }))
  }
  return connectionOver({ address: 'local', transport: { name: 'localhost', user: 'root', open }, async close() {} })
}

/**
 * The session on this machine that the tests of a file share, opened at its first script.
 *
 * @param program the shell it runs in: `['busybox', 'sh']`, `['setpriv', …, 'sh']`
 */
export const localSession = (program: readonly string[] = []): Session => {
  const key = program.join(' ')
  const open = (): Promise<Session> => {
    const known = connections.get(key)
    const connection = known ?? (key === '' ? localConnection({ name: 'localhost' }) : connectionThrough(program))
    connections.set(key, connection)
    return connection.session()
  }
  return {
    user: process.env.USER ?? 'root',
    run: async (script, options) => (await open()).run(script, options),
    start: async (script, options) => (await open()).start(script, options),
  }
}
