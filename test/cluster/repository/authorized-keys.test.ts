import { expect, test } from 'vitest'
import { LifeboatError } from '../../../src/base/errors.ts'
import { authorizedLine, checkKey, replaceLine } from '../../../src/cluster/repository/authorized-keys.ts'

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

test('the line of a host takes the place of the one it had for that folder, and of no other', () => {
  const foreign = `ssh-rsa AAAAB3Nza someone@else\n# a comment\n`
  const other = `${authorizedLine({ ...admission, folder: '/srv/lifeboat/db10' })}\n`
  const reader = `${authorizedLine({ ...admission, publicKey: `${KEY} lifeboat db2`, readOnly: true })}\n`
  const line = authorizedLine(admission)
  const text = `${foreign}${other}${line.replace('AAAAC3', 'AAAAD4')}\n${reader}`
  const replaced = replaceLine(text, line, '/srv/lifeboat/db1', 'lifeboat db1')
  expect(replaced).toBe(`${foreign}${other}${reader}${line}\n`)
  expect(replaceLine(replaced, line, '/srv/lifeboat/db1', 'lifeboat db1')).toBe(replaced)
  expect(replaceLine(replaced, undefined, '/srv/lifeboat/db1', 'lifeboat db1')).toBe(`${foreign}${other}${reader}`)
  expect(replaceLine('', line, '/srv/lifeboat/db1', 'lifeboat db1')).toBe(`${line}\n`)
  expect(replaceLine(`${line}\n`, undefined, '/srv/lifeboat/db1', 'lifeboat db1')).toBe('')
  expect(replaceLine('no newline', line, '/srv/lifeboat/db1', 'lifeboat db1')).toBe(`no newline\n${line}\n`)
})

test.each(['', 'AAAA', `${KEY}\nssh-rsa AAAA x`, 'command="sh" ssh-ed25519 AAAA'])('%j is no public key', (text) => {
  expect(() => checkKey(text)).toThrow(LifeboatError)
})
