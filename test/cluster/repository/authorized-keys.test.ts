import { expect, test } from 'vitest'
import { LifeboatError } from '../../../src/base/errors.ts'
import { authorizedLine, checkKey, isAdmission } from '../../../src/cluster/repository/authorized-keys.ts'

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO5u1Zj4bYl9rVv6D0rY0w8G1G0dTn2mB3d2rQ9fZk2P'
const admission = {
  publicKey: `${KEY} lifeboat db1\n`,
  serve: '/var/lib/lifeboat/.lifeboat/serve',
  folder: '/srv/lifeboat/db1',
  readOnly: false,
}

test('a key is let in for one command and nothing else', () => {
  expect(authorizedLine(admission)).toBe(
    `restrict,command="exec /var/lib/lifeboat/.lifeboat/serve /srv/lifeboat/db1" ${KEY} lifeboat db1`,
  )
  expect(authorizedLine({ ...admission, readOnly: true, folder: `/srv/it's "x"/db1` })).toBe(
    `restrict,command="exec /var/lib/lifeboat/.lifeboat/serve -r '/srv/it'\\''s \\"x\\"/db1'" ${KEY} lifeboat db1`,
  )
})

test('the line of a host is told from those of other hosts and of other folders', () => {
  const line = authorizedLine(admission)
  const odd = authorizedLine({ ...admission, folder: `/srv/it's "x"/db1`, readOnly: true })
  expect(isAdmission(line, '/srv/lifeboat/db1', 'lifeboat db1')).toBe(true)
  expect(isAdmission(odd, `/srv/it's "x"/db1`, 'lifeboat db1')).toBe(true)
  expect(isAdmission(line, '/srv/lifeboat/db1', 'lifeboat db2')).toBe(false)
  expect(isAdmission(line, '/srv/lifeboat/db10', 'lifeboat db1')).toBe(false)
  expect(isAdmission(line, '/lifeboat/db1', 'lifeboat db1')).toBe(false)
  expect(isAdmission(`${KEY} lifeboat db1`, '/srv/lifeboat/db1', 'lifeboat db1')).toBe(false)
})

test.each(['', 'AAAA', `${KEY}\nssh-rsa AAAA x`, 'command="sh" ssh-ed25519 AAAA'])('%j is no public key', (text) => {
  expect(() => checkKey(text)).toThrow(LifeboatError)
})
