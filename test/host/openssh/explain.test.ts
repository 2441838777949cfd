import { describe, expect, it } from 'vitest'
import { explainOpenssh } from '../../../src/host/openssh/explain.ts'

const place = { name: 'db1', address: '10.0.0.5', port: 2222 }
const explain = (said: string): { code: string; message: string; cause: unknown } => {
  const { code, message, data } = explainOpenssh(place, 'admin', said)
  return { code, message, cause: data.cause }
}

describe('explainOpenssh', () => {
  it.each([
    ['ssh: connect to host 10.0.0.5 port 2222: Connection refused', 'refused'],
    ['ssh: connect to host 10.0.0.5 port 2222: Connection timed out', 'timeout'],
    ['ssh: connect to host 10.0.0.5 port 2222: No route to host', 'route'],
    ['ssh: Could not resolve hostname db1: Name or service not known', 'name'],
    [
      'kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 10.0.0.5 port 2222',
      'dropped',
    ],
    ['kex_exchange_identification: read: Connection reset by peer', 'dropped'],
    ['Connection closed by UNKNOWN port 65535', 'dropped'],
    ['Unable to negotiate with 10.0.0.5 port 2222: no matching cipher found.', 'handshake'],
    ['', 'handshake'],
  ])('finds the cause in %j', (said, cause) => {
    expect(explain(said)).toMatchObject({ code: 'host/unreachable', cause })
  })

  it('repeats the last that ssh said, and no debugging', () => {
    expect(explain('debug1: x\nfirst\nlast\n').message).toBe('db1 (10.0.0.5:2222) cannot be reached: last')
  })

  it('knows a key that is not known, or revoked', () => {
    const unknown =
      'No ED25519 host key is known for 10.0.0.5 and you have requested strict checking.\nHost key verification failed.'
    expect(explain(unknown).code).toBe('host/unknown-host-key')
    expect(
      explain('@       WARNING: REVOKED HOST KEY DETECTED!               @\nHost key verification failed.').code,
    ).toBe('host/revoked-host-key')
  })

  it('knows who was not let in', () => {
    expect(explain('admin@10.0.0.5: Permission denied (publickey,password).')).toMatchObject({
      code: 'host/auth',
      message:
        'db1 (10.0.0.5:2222) did not let admin in; ssh said: admin@10.0.0.5: Permission denied (publickey,password).; it offers publickey, password',
    })
  })

  it('knows a configuration that is none', () => {
    expect(
      explain('/c: line 2: Bad configuration option: porridge\n/c: terminating, 1 bad configuration options').code,
    ).toBe('host/bad-ssh-config')
  })
})
