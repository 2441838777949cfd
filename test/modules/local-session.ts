import { afterAll } from 'vitest'
import type { Session } from '../../src/host/connection.ts'
import { localConnection } from '../../src/host/local.ts'

let connection: ReturnType<typeof localConnection> | undefined

afterAll(async () => {
  await connection?.close()
  connection = undefined
})

/** The session on this machine that the tests of a file share, opened at its first script. */
export const localSession = (): Session => {
  const open = (): Promise<Session> => {
    connection ??= localConnection({ name: 'localhost' })
    return connection.session()
  }
  return {
    user: process.env.USER ?? 'root',
    run: async (script, options) => (await open()).run(script, options),
    start: async (script, options) => (await open()).start(script, options),
  }
}
