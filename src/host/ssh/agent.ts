import { connect } from 'node:net'
import type { ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'

/** Milliseconds that an agent may take to list its keys. */
const PATIENCE = 5000

const REQUEST_IDENTITIES = 11
const IDENTITIES_ANSWER = 12

export interface AgentKeys {
  readonly keys: readonly ParsedKey[]
  /** Types of keys that the ssh library cannot use: security keys and certificates. */
  readonly unusable: readonly string[]
}

/**
 * The keys of an agent. They are asked for without the library, which says nothing of those it does not know.
 *
 * @throws Error, with what is wrong with the agent
 */
export const listAgentKeys = async (socket: string): Promise<AgentKeys> => {
  const keys: ParsedKey[] = []
  const unusable: string[] = []
  for (const { blob, comment } of identitiesOf(await ask(socket))) {
    // The library takes a certificate for a key, and the wrong bytes of it for that.
    const parsed: unknown = /-cert-/.test(typeOf(blob))
      ? new Error('a certificate')
      : ssh2.utils.parseKey(`${typeOf(blob)} ${blob.toString('base64')}`)
    const key = Array.isArray(parsed) ? parsed[0] : parsed
    if (key instanceof Error) unusable.push(typeOf(blob))
    else keys.push(Object.assign(key as ParsedKey, { comment }))
  }
  return { keys, unusable }
}

const typeOf = (blob: Buffer): string => blob.toString('latin1', 4, 4 + blob.readUInt32BE(0))

const ask = (socket: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const stream = connect(socket)
    let answer = Buffer.alloc(0)
    const fail = (why: string): void => {
      stream.destroy()
      reject(new Error(why))
    }
    stream.setTimeout(PATIENCE, () => fail('gives no answer'))
    stream.on('error', (error: NodeJS.ErrnoException) => fail(`cannot be asked: ${error.code ?? error.message}`))
    stream.on('close', () => fail('hung up'))
    stream.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk as Buffer])
      if (answer.length < 4 || answer.length < 4 + answer.readUInt32BE(0)) return
      stream.removeAllListeners('close')
      stream.destroy()
      resolve(answer.subarray(4))
    })
    stream.write(Buffer.from([0, 0, 0, 1, REQUEST_IDENTITIES]))
  })

const identitiesOf = (answer: Buffer): { blob: Buffer; comment: string }[] => {
  if (answer[0] !== IDENTITIES_ANSWER) throw new Error('refuses to list its keys')
  let at = 5
  const field = (): Buffer => {
    const start = at + 4
    at = start + answer.readUInt32BE(at)
    return answer.subarray(start, at)
  }
  return Array.from({ length: answer.readUInt32BE(1) }, () => ({ blob: field(), comment: field().toString() }))
}
