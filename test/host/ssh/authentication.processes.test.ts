import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, renameSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { LifeboatError } from '../../../src/base/errors.ts'
import type { Connection } from '../../../src/host/connection.ts'
import { sshConnection } from '../../../src/host/ssh/connection.ts'
import type { SshOptions } from '../../../src/host/ssh/options.ts'
import type { AskPassphrase } from '../../../src/host/ssh/passphrases.ts'
import { newShared, type Shared } from '../../../src/host/ssh/shared.ts'
import { makeKey, startAgent, type TestAgent } from './keys.ts'
import { isRoot, sshdForTest, startSshd, type TestSshd } from './sshd.ts'

let sshd: TestSshd
let agent: TestAgent
/** Ten keys of the agent; the host takes the ninth of them. */
let ten: string[]
beforeAll(async () => {
  sshd = await startSshd()
  agent = await startAgent(join(sshd.folder, 'agent'))
  ten = Array.from({ length: 10 }, (_, index) => makeKey(join(sshd.folder, `key${index}`)))
  agent.add(...ten)
  appendFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(`${ten[8]}.pub`))
})
afterAll(async () => {
  agent.stop()
  await sshd.stop()
})

const opened: Connection[] = []
const connect = (changes: Partial<SshOptions>, shared: Shared = newShared()): Connection => {
  const connection = sshConnection(sshd.options(changes), shared)
  opened.push(connection)
  return connection
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()))
})

const logsIn = async (changes: Partial<SshOptions>, shared?: Shared): Promise<string> =>
  (await (await connect(changes, shared).session()).run('echo in')).stdout

const failure = async (changes: Partial<SshOptions>, shared?: Shared): Promise<LifeboatError> =>
  (await connect(changes, shared)
    .session()
    .then(
      () => new Error('it did not fail'),
      (error: unknown) => error,
    )) as LifeboatError

describe('an agent with ten keys', () => {
  it('is gone through on a second connection where the host hangs up after six', async () => {
    expect(await logsIn({ identityFiles: undefined, agent: agent.socket })).toBe('in\n')
  })

  it('gives the key first that a file names, its public half alone too', async () => {
    for (const file of [ten[8] ?? '', `${ten[8]}.pub`]) {
      const shared = newShared()
      const options = { identityFiles: [file], agent: agent.socket, identitiesOnly: true }
      expect(await logsIn(options, shared)).toBe('in\n')
    }
  })

  it('keeps the others to itself where only named ones may be used', async () => {
    const error = await failure({ identityFiles: [ten[0] ?? ''], agent: agent.socket, identitiesOnly: true })
    expect(error.data.tried).toEqual([expect.stringMatching(/^key SHA256:\S+ of the agent \(key0\)$/)])
  })

  it('gives the key first that let somebody in before', async () => {
    const shared = newShared()
    await logsIn({ identityFiles: undefined, agent: agent.socket }, shared)
    expect(shared.provenKeys).toEqual([readFileSync(`${ten[8]}.pub`, 'utf8').split(' ')[1]])
    const strict = await sshdForTest([], ['MaxAuthTries 2'])
    appendFileSync(join(strict.folder, 'authorized_keys'), readFileSync(`${ten[8]}.pub`))
    const connection = sshConnection(strict.options({ identityFiles: undefined, agent: agent.socket }), shared)
    await connection.session()
    await connection.close()
  })

  it('says what was tried and what was not', async () => {
    const strict = await sshdForTest([], ['MaxAuthTries 2'])
    const connection = sshConnection(strict.options({ identityFiles: undefined, agent: agent.socket }))
    const error: LifeboatError = await connection.session().catch((caught) => caught)
    expect(error.code).toBe('host/auth')
    expect(error.data.tried).toHaveLength(6)
    expect(error.message).toContain('4 more left untried')
    expect(error.hints[0]).toBe(
      'name the right key: the host hangs up after a few (MaxAuthTries), and others were tried first',
    )
  })

  it('says what is wrong with an agent', async () => {
    const error = await failure({ identityFiles: [], agent: '/no/agent' })
    expect(error.message).toContain('tried: the agent /no/agent (cannot be asked: ENOENT)')
  })

  it('says which of its keys cannot be used', async () => {
    const [authority, certified] = [makeKey(join(sshd.folder, 'ca')), makeKey(join(sshd.folder, 'certified'))]
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'me', '-n', 'me', `${certified}.pub`])
    const other = await startAgent(join(sshd.folder, 'other-agent'))
    onTestFinished(other.stop)
    other.add(certified)
    const error = await failure({ identityFiles: [], agent: other.socket })
    expect(error.message).toContain(
      'a key of the agent (ssh-ed25519-cert-v01@openssh.com needs ansible_connection: openssh)',
    )
  })
})

describe('a key with a passphrase', () => {
  let locked: string
  beforeAll(() => {
    locked = makeKey(join(sshd.folder, 'locked'), 'open sesame')
    appendFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(`${locked}.pub`))
  })

  /** A person who gives these answers. */
  const person = (...answers: readonly (string | undefined)[]): { asked: string[]; ask: AskPassphrase } => {
    const asked: string[] = []
    return {
      asked,
      ask: async (question) => {
        asked.push(question)
        return answers[asked.length - 1]
      },
    }
  }

  it('is opened by what the inventory has for it', async () => {
    expect(await logsIn({ identityFiles: [locked], passphrase: 'open sesame' })).toBe('in\n')
    const error = await failure({ identityFiles: [locked], passphrase: 'wrong' })
    expect(error.message).toContain(`key ${locked} (the host would take it; the passphrase given for it is wrong)`)
  })

  it('is asked for once, however many hosts want it', async () => {
    const { asked, ask } = person('open sesame')
    const shared = newShared(ask)
    expect(await Promise.all(Array.from({ length: 8 }, () => logsIn({ identityFiles: [locked] }, shared)))).toEqual(
      Array.from({ length: 8 }, () => 'in\n'),
    )
    expect(asked).toEqual([`Passphrase of ${locked}`])
  })

  it('may be wrong twice', async () => {
    const { asked, ask } = person('wrong', 'wrong again', 'open sesame')
    expect(await logsIn({ identityFiles: [locked] }, newShared(ask))).toBe('in\n')
    expect(asked).toHaveLength(3)
    const hopeless = await failure({ identityFiles: [locked] }, newShared(person('a', 'b', 'c').ask))
    expect(hopeless.message).toContain('has a passphrase, and 3 wrong ones were given')
  })

  it('takes the time that a person needs', async () => {
    const slow: AskPassphrase = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1500))
      return 'open sesame'
    }
    expect(await logsIn({ identityFiles: [locked], connectTimeout: 1 }, newShared(slow))).toBe('in\n')
  })

  it('is not asked for where the host would not take the key', async () => {
    const { asked, ask } = person()
    const strange = makeKey(join(sshd.folder, 'strange-locked'), 'open sesame')
    await failure({ identityFiles: [strange] }, newShared(ask))
    expect(asked).toEqual([])
  })

  it('stays locked where nobody can be asked, and says how to open it', async () => {
    const error = await failure({ identityFiles: [locked] })
    expect(error.message).toContain(`tried: key ${locked} (the host would take it; has a passphrase); it offers`)
    expect(error.hints[0]).toMatch(
      /^load a key with a passphrase into the agent \(ssh-add FILE\), or give it as ansible/,
    )
  })

  it.each(['ecdsa', 'rsa'])('has the format of OpenSSL, of type %s', async (type) => {
    const file = join(sshd.folder, `pem-${type}`)
    execFileSync('ssh-keygen', ['-q', '-t', type, '-m', 'PEM', '-N', 'open sesame', '-f', file])
    appendFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(`${file}.pub`))
    expect(await logsIn({ identityFiles: [file], passphrase: 'open sesame' })).toBe('in\n')
    renameSync(`${file}.pub`, `${file}.gone`)
    expect((await failure({ identityFiles: [file], passphrase: 'open sesame' })).message).toContain(
      `key ${file} (has a passphrase, and its public half ${file}.pub is missing)`,
    )
  })
})

describe.skipIf(!isRoot)('two steps', () => {
  it('are a key and a password', async () => {
    const both = await sshdForTest(
      [{ name: 'careful', password: 'plain word' }],
      ['AuthenticationMethods publickey,password'],
    )
    const reach = (password?: string): Connection => sshConnection(both.options({ user: 'careful', password }))
    const connection = reach('plain word')
    expect((await (await connection.session()).run('id -un')).stdout).toBe('careful\n')
    await connection.close()
    await expect(reach().session()).rejects.toMatchObject({ message: expect.stringContaining('it offers password') })
  })
})

describe('a second question', () => {
  it('cannot be answered, and is told', async () => {
    const server = new ssh2.Server({ hostKeys: [readFileSync(join(sshd.folder, 'host_key'))] }, (client) => {
      client.on('error', () => {})
      client.on('authentication', (context) => {
        if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive'])
        context.prompt([{ prompt: 'Password: ', echo: false }], (passwords) => {
          context.prompt([{ prompt: 'Verification code: ', echo: false }], (codes) => {
            if (passwords[0] === 'plain word' && codes[0] === '123456') context.accept()
            else context.reject(['keyboard-interactive'])
          })
        })
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    const error = await failure({
      port: (server.address() as AddressInfo).port,
      hostKeyAlias: `[127.0.0.1]:${sshd.port}`,
      identityFiles: [],
      password: 'plain word',
    })
    expect(error.message).toContain(
      'tried: password, password (keyboard-interactive), no answer to "Verification code:"; it offers keyboard-interactive',
    )
    server.close()
  })
})
