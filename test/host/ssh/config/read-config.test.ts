import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { hostOptions } from '../../../../src/host/address.ts'
import { askOpenssh } from '../../../../src/host/ssh/config/ask-openssh.ts'
import type { ReadConfig } from '../../../../src/host/ssh/config/lookup.ts'
import { parseConfigFiles } from '../../../../src/host/ssh/config/parse-files.ts'
import { configReader } from '../../../../src/host/ssh/config/read-config.ts'
import type { SshOptions } from '../../../../src/host/ssh/options.ts'
import { resolveSsh } from '../../../../src/host/ssh/resolve.ts'

const folder = mkdtempSync(join(tmpdir(), 'lb-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const hasOpenssh = ((): boolean => {
  try {
    execFileSync('ssh', ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** An ssh that counts its calls. */
const counting = join(folder, 'ssh')
writeFileSync(counting, `#!/bin/sh\necho "$*" >>${folder}/calls\nexec ssh "$@"\n`, { mode: 0o755 })
beforeEach(() => writeFileSync(join(folder, 'calls'), ''))
const calls = (): string[] => readFileSync(join(folder, 'calls'), 'utf8').split('\n').slice(0, -1)

const write = (text: string, name = 'config'): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const reach = async (
  read: ReadConfig,
  file: string,
  name = 'db1',
  variables: Record<string, string> = {},
): Promise<SshOptions> => {
  const host = hostOptions(name, { ansible_ssh_common_args: `-F ${file}`, ...variables })
  if (host.kind !== 'ssh') throw new Error('not ssh')
  return await resolveSsh(host.request, read)
}

const READERS: readonly (readonly [string, () => ReadConfig])[] = [
  ...(hasOpenssh ? ([['ssh -G', () => askOpenssh('ssh')]] as const) : []),
  ['the library', parseConfigFiles],
]

describe.each(READERS)('ssh_config read by %s', (_name, reader) => {
  it('says how a host is reached', async () => {
    const file = write(`
# a comment
Host db*
  HostName %h.example.org
  User ops
  Port 2222
  IdentityFile ~/.ssh/%n_%r
  IdentityFile "${folder}/a key"
  IdentitiesOnly yes
  IdentityAgent ${folder}/agent
  UserKnownHostsFile ${folder}/known ${folder}/other
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking accept-new
  HostKeyAlias alias
  HashKnownHosts yes
  ConnectTimeout 4
  ConnectionAttempts 3
  ServerAliveInterval 7
  ServerAliveCountMax 2
  KexAlgorithms curve25519-sha256
  Ciphers aes256-ctr
  HostKeyAlgorithms rsa-sha2-512
  PasswordAuthentication no
  ForwardAgent yes
Host *
  User nobody
  IdentityFile ${folder}/last
`)
    expect(await reach(reader(), file)).toMatchObject({
      address: 'db1.example.org',
      user: 'ops',
      port: 2222,
      identityFiles: [`${homedir()}/.ssh/db1_ops`, `${folder}/a key`, `${folder}/last`],
      identitiesOnly: true,
      agent: `${folder}/agent`,
      knownHostsFiles: [`${folder}/known`, `${folder}/other`, '/dev/null'],
      newHostsFile: `${folder}/known`,
      strictHostKeyChecking: 'accept-new',
      hostKeyAlias: 'alias',
      hashKnownHosts: true,
      connectTimeout: 4,
      connectionAttempts: 3,
      keepaliveInterval: 7,
      keepaliveCountMax: 2,
      algorithms: { kex: ['curve25519-sha256'], cipher: ['aes256-ctr'], hostKey: ['rsa-sha2-512'], mac: undefined },
      methods: ['publickey', 'keyboard-interactive'],
    })
    expect(await reach(reader(), file, 'web')).toMatchObject({
      user: 'nobody',
      port: 22,
      identityFiles: [`${folder}/last`],
    })
  })

  it('does not take what is usual for what was said', async () => {
    expect(await reach(reader(), write('Host other\n  Port 5\n'))).toMatchObject({
      address: 'db1',
      identityFiles: undefined,
      strictHostKeyChecking: 'yes',
      algorithms: { kex: undefined, cipher: undefined, mac: undefined, hostKey: undefined },
      connectTimeout: 10,
      keepaliveInterval: 15,
      route: { kind: 'direct' },
    })
  })

  it('goes behind variables of the inventory', async () => {
    const file = write('Host alias\n  HostName 10.9.9.9\n  User ops\n  Port 2222\n  IdentityFile /of/config\n')
    const variables = { ansible_host: 'alias', ansible_user: 'admin', ansible_private_key_file: '/of/inventory' }
    expect(await reach(reader(), file, 'db1', variables)).toMatchObject({
      name: 'db1',
      address: '10.9.9.9',
      user: 'admin',
      port: 2222,
      identityFiles: ['/of/inventory', '/of/config'],
    })
    expect((await reach(reader(), file, 'alias', { ansible_host: '10.0.0.1' })).user).not.toBe('ops')
  })

  it('knows Match, also by the name that another block gave', async () => {
    const file = write(`
Host db*
  HostName 10.9.9.1
Match host 10.9.9.1
  Port 1111
Match originalhost db1 user admin
  IdentityFile /admin
Match user admin
  ConnectTimeout 3
`)
    expect(await reach(reader(), file, 'db1', { ansible_user: 'admin' })).toMatchObject({
      port: 1111,
      identityFiles: ['/admin'],
      connectTimeout: 3,
    })
  })

  it('reads included files, by pattern and within a block', async () => {
    mkdirSync(join(folder, 'parts'), { recursive: true })
    write('Host db1\n  Port 1001\n', 'parts/1.conf')
    write('Host db2\n  Port 1002\n', 'parts/2.conf')
    write('Port 1003\n', 'parts/plain')
    const file = write(`Include ${folder}/parts/*.conf ${folder}/nowhere\nHost db3\n  Include ${folder}/parts/plain\n`)
    const read = reader()
    expect(
      await Promise.all(['db1', 'db2', 'db3', 'db4'].map(async (name) => (await reach(read, file, name)).port)),
    ).toEqual([1001, 1002, 1003, 22])
  })

  it('finds jump hosts in chains, each with its own entry', async () => {
    const file = write(`
Host db*
  ProxyJump ops@inner:23
Host inner
  HostName 10.9.9.2
  User ignored
  IdentityFile /inner
  ProxyJump outer
Host outer
  HostName 10.9.9.3
  HostKeyAlias gate
  ProxyJump none
Host *
  ProxyJump outer
`)
    const { route } = await reach(reader(), file)
    expect(route).toMatchObject({
      kind: 'jump',
      through: {
        name: 'inner',
        address: '10.9.9.2',
        user: 'ops',
        port: 23,
        identityFiles: ['/inner'],
        route: {
          kind: 'jump',
          through: { name: 'outer', address: '10.9.9.3', hostKeyAlias: 'gate', route: { kind: 'direct' } },
        },
      },
    })
  })

  it('refuses jump hosts that lead in a circle', async () => {
    const file = write('Host db1\n  ProxyJump a\nHost a\n  User u\n  ProxyJump b\nHost b\n  User u\n  ProxyJump a\n')
    await expect(reach(reader(), file)).rejects.toMatchObject({
      code: 'host/bad-ssh-config',
      message: expect.stringMatching(/^its jump hosts lead in a circle: .*@db1:22 → u@a:22 → u@b:22 → u@a:22$/),
    })
  })

  it('keeps a proxy command as it stands', async () => {
    const file = write('Host db1\n  ProxyCommand ssh -W "%h:%p" -o Port=%p gate && true\n')
    expect((await reach(reader(), file)).route).toEqual({
      kind: 'command',
      command: 'ssh -W "db1:22" -o Port=22 gate && true',
    })
  })

  it('says what is wrong with a file', async () => {
    await expect(reach(reader(), write('Host "open\n'))).rejects.toMatchObject({ code: 'host/bad-ssh-config' })
    await expect(reach(reader(), join(folder, 'missing'))).rejects.toMatchObject({ code: 'host/bad-ssh-config' })
  })
})

describe('the library', () => {
  it.each([
    ['Match host db1 tagged x\n  Port 1\n', 'a Match with the condition "tagged", which only OpenSSH can judge'],
    ['Match !host db1\n  Port 1\n', 'a Match with the condition "!host", which only OpenSSH can judge'],
    ['Match exec true\n  Port 1\n', 'a Match with the condition "exec", which only OpenSSH can judge'],
    [`Host db1\n  Include ${folder}/inner\n`, 'it includes a file with Host or Match blocks within such a block'],
  ])('refuses what it would get wrong: %j', async (text, why) => {
    write('Host db2\n  Port 5\n', 'inner')
    await expect(reach(parseConfigFiles(), write(text))).rejects.toThrow(why)
  })

  it('takes the place of OpenSSH where that is not installed', async () => {
    const read = configReader('/nowhere/ssh')
    expect((await reach(read, write('Host db1\n  Port 1004\n'))).port).toBe(1004)
  })
})

describe.skipIf(!hasOpenssh)('ssh -G', () => {
  it('names file and line of what it does not understand', async () => {
    const file = write('Host db1\n  Porridge 5\n')
    await expect(reach(askOpenssh('ssh'), file)).rejects.toMatchObject({
      code: 'host/bad-ssh-config',
      message: `the ssh configuration cannot be read: ${file}: line 2: Bad configuration option: porridge`,
    })
  })

  it('runs the commands of Match', async () => {
    const file = write(
      `Match exec "test -e ${folder}/nowhere"\n  Port 5\nMatch exec "test %h = db1 && test -e ${folder}"\n  Port 6\n`,
    )
    const read = askOpenssh('ssh')
    expect((await reach(read, file)).port).toBe(6)
    expect((await reach(read, file, 'db2')).port).toBe(22)
  })

  it('is called once for a host', async () => {
    const file = write('Host db1\n  Port 1\nHost db2\n  Port 2\n')
    const read = askOpenssh(counting)
    const names = ['db1', 'db2', 'db1', 'db2', 'db1']
    expect(await Promise.all(names.map(async (name) => (await reach(read, file, name)).port))).toEqual([1, 2, 1, 2, 1])
    expect(calls()).toHaveLength(4) // the usual values, whether the file depends on the host, db1, db2
  })

  it('is called once for all hosts where the file tells them not apart', async () => {
    const file = write(`Host *\n  Port 77\n  # Host db5\nMatch all\n  User ops\n`)
    const read = askOpenssh(counting)
    const hosts = Array.from({ length: 200 }, (_, index) => `db${index}`)
    const reached = await Promise.all(hosts.map((name) => reach(read, file, name)))
    expect(reached.map(({ address, port, user }) => `${user}@${address}:${port}`)).toEqual(
      hosts.map((name) => `ops@${name}:77`),
    )
    expect(calls()).toHaveLength(2)
  })

  it.each([
    'HostName %h.example.org',
    'Match host db2\n  Port 5',
    'UserKnownHostsFile /known/%h',
    'Host !db2 *\n  Port 5',
  ])('is called for each host where the file tells them apart: %s', async (text) => {
    const file = write(`${text}\n`)
    const read = askOpenssh(counting)
    const [db1, db2] = await Promise.all([reach(read, file, 'db1'), reach(read, file, 'db2')])
    const unnamed = (options: SshOptions): unknown => ({
      ...options,
      name: '',
      address: options.address.replace(/^db\d$/, ''),
    })
    expect(unnamed(db1)).not.toEqual(unnamed(db2))
    expect(calls()).toHaveLength(4)
  })
})
