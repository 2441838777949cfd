import { homedir, userInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { PlainValue } from '../../src/base/value.ts'
import { type ConnectionFlags, hostOptions } from '../../src/host/address.ts'
import type { SshOptions } from '../../src/host/ssh/options.ts'
import { resolveSsh } from '../../src/host/ssh/resolve.ts'

/** How the host is reached where no ssh_config says anything. */
const ssh = async (variables: Record<string, PlainValue> = {}, flags: ConnectionFlags = {}): Promise<SshOptions> => {
  const host = hostOptions('db1', variables, flags)
  if (host.kind !== 'ssh') throw new Error('not ssh')
  return await resolveSsh(host.request, async () => [])
}
const args = (text: string): Promise<SshOptions> => ssh({ ansible_ssh_common_args: text })

describe('hostOptions', () => {
  it('reaches a host by its name where nothing is said', async () => {
    expect(await ssh()).toMatchObject({
      name: 'db1',
      address: 'db1',
      port: 22,
      user: userInfo().username,
      route: { kind: 'direct' },
      identityFiles: undefined,
      password: undefined,
      strictHostKeyChecking: 'yes',
      connectTimeout: 10,
      keepaliveInterval: 15,
    })
    expect((await ssh()).knownHostsFiles[0]).toBe(`${homedir()}/.ssh/known_hosts`)
  })

  it('takes variables before flags', async () => {
    const flags = { user: 'flag', privateKeyFile: '/flag', password: 'flag', timeout: 3 }
    expect(await ssh({}, flags)).toMatchObject({
      user: 'flag',
      identityFiles: ['/flag'],
      password: 'flag',
      connectTimeout: 3,
    })
    const variables = {
      ansible_host: '10.0.0.5',
      ansible_port: '2222',
      ansible_user: 'admin',
      ansible_ssh_private_key_file: '~/key 100%h',
      ansible_password: 'secret',
      ansible_private_key_passphrase: 'phrase',
      ansible_timeout: 7,
    }
    expect(await ssh(variables, flags)).toMatchObject({
      address: '10.0.0.5',
      port: 2222,
      user: 'admin',
      identityFiles: [`${homedir()}/key 100%h`],
      password: 'secret',
      passphrase: 'phrase',
      connectTimeout: 7,
    })
  })

  it('chooses the kind of connection', () => {
    expect(hostOptions('db1', { ansible_connection: 'local' })).toEqual({ kind: 'local', name: 'db1' })
    expect(hostOptions('db1', { ansible_connection: 'ansible.builtin.ssh' }).kind).toBe('ssh')
    expect(hostOptions('localhost', {}).kind).toBe('local')
    expect(hostOptions('localhost', { ansible_port: 2222 }).kind).toBe('ssh')
    expect(hostOptions('localhost', { ansible_connection: 'ssh' }).kind).toBe('ssh')
    expect(() => hostOptions('db1', { ansible_connection: 'docker' })).toThrow(
      'ansible_connection of db1 is "docker", which is not known',
    )
  })

  it('honours ssh arguments', async () => {
    const text =
      '-o UserKnownHostsFile="/a /b" -oGlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -i /key -p 2200 -l bob ' +
      '-o "IdentityFile ~/other/%n-%r" -F none -o ConnectTimeout=1m4s -o ServerAliveInterval=9 -o ControlPath=/tmp/%h-%p -C ' +
      '-o ServerAliveCountMax=5 -o ConnectionAttempts=4 -o HostKeyAlias=alias -4 -b 127.0.0.2 -o HostName=%h.example.org'
    expect(await args(text)).toMatchObject({
      address: 'db1.example.org',
      knownHostsFiles: ['/a', '/b', '/dev/null'],
      newHostsFile: '/a',
      strictHostKeyChecking: 'no',
      identityFiles: ['/key', `${homedir()}/other/db1-bob`],
      port: 2200,
      user: 'bob',
      connectTimeout: 64,
      keepaliveInterval: 9,
      keepaliveCountMax: 5,
      connectionAttempts: 4,
      hostKeyAlias: 'alias',
      family: 4,
      localAddress: '127.0.0.2',
    })
  })

  it.each([
    ['-o ProxyJump=bastion', ['bastion:22']],
    ['-J ops@bastion:2022', ['ops@bastion:2022']],
    ['-J first,ops@[fe80::1]:5,ssh://last/', ['first:22', 'ops@[fe80::1]:5', 'last:22']],
  ])('goes through the jump hosts of %s', async (text, hops) => {
    const found: string[] = []
    for (let { route } = await args(text); route?.kind === 'jump'; route = route.through.route) {
      const { user, address, port } = route.through
      found.unshift(
        `${user === userInfo().username ? '' : `${user}@`}${address.includes(':') ? `[${address}]` : address}:${port}`,
      )
    }
    expect(found).toEqual(hops)
  })

  it('runs a proxy command, the first of two ways, and none', async () => {
    const command = '-o ProxyCommand="ssh -W %h:%p -l %r bastion"'
    expect((await args(`${command} -J other`)).route).toEqual({
      kind: 'command',
      command: `ssh -W db1:22 -l ${userInfo().username} bastion`,
    })
    expect((await args(`-J none ${command}`)).route).toEqual({ kind: 'direct' })
    expect((await args(`-o ProxyCommand=none ${command}`)).route).toEqual({ kind: 'direct' })
  })

  it('gives jump hosts nothing of the host behind them but the configuration file', async () => {
    const { route } = await ssh({
      ansible_user: 'admin',
      ansible_port: 99,
      ansible_password: 'secret',
      ansible_private_key_file: '/key',
      ansible_ssh_common_args: '-J bastion -o StrictHostKeyChecking=no -F none',
    })
    expect(route).toMatchObject({
      kind: 'jump',
      through: {
        user: userInfo().username,
        port: 22,
        password: undefined,
        identityFiles: undefined,
        strictHostKeyChecking: 'yes',
      },
    })
  })

  it('takes the first of two arguments, as ssh does', async () => {
    expect((await args('-o Port=1 -p 2')).port).toBe(1)
    expect(await ssh({ ansible_ssh_common_args: '-p 1', ansible_ssh_extra_args: '-p 2 -o User=x' })).toMatchObject({
      port: 1,
      user: 'x',
    })
  })

  it.each([
    ['-p abc', '-p abc'],
    ['-o ConnectTimeout=soon', '-o ConnectTimeout=soon'],
    ['-o ForwardAgent=yes', '-o ForwardAgent=yes'],
    ['-o RemoteCommand=tmux', '-o RemoteCommand=tmux'],
    ['-L 1:a:2', '-L'],
    ['-o', '-o'],
    ['"open', '"open'],
    ['-o StrictHostKeyChecking=perhaps', '-o StrictHostKeyChecking=perhaps'],
  ])('refuses %s', (text, argument) => {
    expect(() => hostOptions('db1', { ansible_ssh_common_args: text })).toThrow(
      `ansible_ssh_common_args of db1 has "${argument}", which cannot be honoured`,
    )
  })

  it.each([
    ['-o CertificateFile=/a-cert.pub', 'CertificateFile /a-cert.pub', 'which the built-in ssh client cannot do'],
    ['-o Ciphers=aes1,aes2', 'Ciphers aes1,aes2', 'none of which the built-in ssh client has'],
    ['-o KexAlgorithms=sntrup*', 'KexAlgorithms sntrup*', 'none of which the built-in ssh client has'],
    ['-o ProxyUseFdpass=yes', 'ProxyUseFdpass yes', 'which the built-in ssh client cannot do'],
  ])('says that it cannot do %s', async (text, option, why) => {
    await expect(args(text)).rejects.toMatchObject({
      code: 'host/unsupported-ssh-config',
      message: `the ssh configuration of db1 has "${option}", ${why}`,
    })
  })

  it('chooses algorithms', async () => {
    const { algorithms } = await args(
      '-o KexAlgorithms=diffie-hellman-group14-sha256,sntrup761x25519-sha512 -o Ciphers=^aes256-ctr -o MACs=-*sha1* ' +
        '-o HostKeyAlgorithms=ssh-ed25519-cert-v01@openssh.com,rsa*',
    )
    expect(algorithms?.kex).toEqual(['diffie-hellman-group14-sha256'])
    expect(algorithms?.cipher?.slice(0, 2)).toEqual(['aes256-ctr', 'aes128-gcm@openssh.com'])
    expect(algorithms?.mac).toEqual([
      'hmac-sha2-256-etm@openssh.com',
      'hmac-sha2-512-etm@openssh.com',
      'hmac-sha2-256',
      'hmac-sha2-512',
    ])
    expect(algorithms?.hostKey).toEqual(['rsa-sha2-512', 'rsa-sha2-256'])
    expect((await args('-o KexAlgorithms=+*group1-sha1')).algorithms?.kex?.at(-1)).toBe('diffie-hellman-group1-sha1')
  })

  it('decides about new host keys', async () => {
    expect((await ssh({}, { acceptNewHostKeys: true })).strictHostKeyChecking).toBe('accept-new')
    expect((await ssh({ ansible_host_key_checking: false })).strictHostKeyChecking).toBe('no')
    expect((await args('-o StrictHostKeyChecking=accept-new')).strictHostKeyChecking).toBe('accept-new')
    const careless = { ansible_ssh_common_args: '-o StrictHostKeyChecking=no' }
    expect((await ssh(careless, { acceptNewHostKeys: true })).strictHostKeyChecking).toBe('no')
  })

  it('keeps agent, keys and password away where the arguments say so', async () => {
    expect((await args('-o IdentityAgent=none')).agent).toBeUndefined()
    expect((await args('-o IdentityAgent=/tmp/agent')).agent).toBe('/tmp/agent')
    expect((await args('-o IdentitiesOnly=yes')).identitiesOnly).toBe(true)
    expect((await args('-o IdentityFile=none')).identityFiles).toEqual([])
    expect((await args('-o PasswordAuthentication=no')).methods).toEqual(['publickey', 'keyboard-interactive'])
    expect((await args('-o PreferredAuthentications=password,publickey -o PubkeyAuthentication=no')).methods).toEqual([
      'password',
    ])
  })

  it.each([
    [{ ansible_port: 'abc' }, 'ansible_port of db1 is "abc", but must be a port from 1 to 65535'],
    [{ ansible_ssh_port: 70_000 }, 'ansible_ssh_port of db1 is "70000", but must be a port from 1 to 65535'],
    [{ ansible_timeout: 'soon' }, 'ansible_timeout of db1 is "soon", but must be a number of seconds'],
    [
      { ansible_host_key_checking: 'perhaps' },
      'ansible_host_key_checking of db1 is "perhaps", but must be true or false',
    ],
  ])('refuses %j', (variables, message) => {
    expect(() => hostOptions('db1', variables)).toThrow(message)
  })
})
