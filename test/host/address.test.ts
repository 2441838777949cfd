import { homedir, userInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { PlainValue } from '../../src/base/value.ts'
import { type ConnectionFlags, hostOptions } from '../../src/host/address.ts'
import type { SshOptions } from '../../src/host/ssh/options.ts'

const ssh = (variables: Record<string, PlainValue> = {}, flags: ConnectionFlags = {}): SshOptions => {
  const host = hostOptions('db1', variables, flags)
  if (host.kind !== 'ssh') throw new Error('not ssh')
  return host.options
}
const args = (text: string): SshOptions => ssh({ ansible_ssh_common_args: text })

describe('hostOptions', () => {
  it('reaches a host by its name where nothing is said', () => {
    expect(ssh()).toMatchObject({
      name: 'db1',
      address: 'db1',
      port: 22,
      user: userInfo().username,
      identityFiles: [],
      password: undefined,
      strictHostKeyChecking: 'yes',
      connectTimeout: 10,
    })
    expect(ssh().knownHostsFiles[0]).toBe(`${homedir()}/.ssh/known_hosts`)
  })

  it('takes variables before flags', () => {
    const flags = { user: 'flag', privateKeyFile: '/flag', password: 'flag', timeout: 3 }
    expect(ssh({}, flags)).toMatchObject({
      user: 'flag',
      identityFiles: ['/flag'],
      password: 'flag',
      connectTimeout: 3,
    })
    const variables = {
      ansible_host: '10.0.0.5',
      ansible_port: '2222',
      ansible_user: 'admin',
      ansible_ssh_private_key_file: '~/key',
      ansible_password: 'secret',
      ansible_timeout: 7,
    }
    expect(ssh(variables, flags)).toMatchObject({
      address: '10.0.0.5',
      port: 2222,
      user: 'admin',
      identityFiles: [`${homedir()}/key`],
      password: 'secret',
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

  it('honours ssh arguments', () => {
    const text =
      '-o UserKnownHostsFile="/a /b" -oGlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -i /key -p 2200 -l bob ' +
      '-o "IdentityFile ~/other" -F /dev/null -o ConnectTimeout=4 -o ServerAliveInterval=9 -o ControlPath=/tmp/%h-%p -C'
    expect(args(text)).toMatchObject({
      knownHostsFiles: ['/a', '/b', '/dev/null'],
      strictHostKeyChecking: 'no',
      identityFiles: ['/key', `${homedir()}/other`],
      port: 2200,
      user: 'bob',
      connectTimeout: 4,
      keepaliveInterval: 9,
    })
  })

  it('takes the first of two arguments, as ssh does', () => {
    expect(args('-o Port=1 -p 2').port).toBe(1)
    expect(ssh({ ansible_ssh_common_args: '-p 1', ansible_ssh_extra_args: '-p 2 -o User=x' })).toMatchObject({
      port: 1,
      user: 'x',
    })
  })

  it.each([
    ['-o ProxyJump=bastion', '-o ProxyJump=bastion'],
    ['-J bastion', '-J'],
    ['-o ProxyCommand="nc %h %p"', '-o ProxyCommand=nc %h %p'],
    ['-o IdentityFile=/keys/%h', '-o IdentityFile=/keys/%h'],
    ['-F /etc/ssh/other', '-F /etc/ssh/other'],
    ['-p abc', '-p abc'],
    ['-o ForwardAgent=yes', '-o ForwardAgent=yes'],
    ['-o', '-o'],
    ['"open', '"open'],
    ['-o StrictHostKeyChecking=perhaps', '-o StrictHostKeyChecking=perhaps'],
  ])('refuses %s', (text, argument) => {
    expect(() => args(text)).toThrow(`ansible_ssh_common_args of db1 has "${argument}", which cannot be honoured`)
  })

  it('decides about new host keys', () => {
    expect(ssh({}, { acceptNewHostKeys: true }).strictHostKeyChecking).toBe('accept-new')
    expect(ssh({ ansible_host_key_checking: false }).strictHostKeyChecking).toBe('no')
    expect(args('-o StrictHostKeyChecking=accept-new').strictHostKeyChecking).toBe('accept-new')
    expect(
      ssh({ ansible_ssh_common_args: '-o StrictHostKeyChecking=no' }, { acceptNewHostKeys: true })
        .strictHostKeyChecking,
    ).toBe('no')
  })

  it('keeps agent and password away where the arguments say so', () => {
    expect(args('-o IdentityAgent=none').agent).toBeUndefined()
    expect(args('-o IdentityAgent=/tmp/agent').agent).toBe('/tmp/agent')
    expect(args('-o IdentitiesOnly=yes').agent).toBeUndefined()
    expect(
      ssh({ ansible_password: 'x', ansible_ssh_extra_args: '-o PasswordAuthentication=no' }).password,
    ).toBeUndefined()
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
    expect(() => ssh(variables)).toThrow(message)
  })
})
