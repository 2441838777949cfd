import { expect, test } from 'vitest'
import {
  describeConninfo,
  formatConninfo,
  includesConninfo,
  parseConninfo,
  passfileLine,
  sameConninfo,
} from '../../src/postgres/conninfo.ts'

test.each([
  ['host=db1 port=5432', { host: 'db1', port: '5432' }],
  ["  host = db1\tuser='the replicator' ", { host: 'db1', user: 'the replicator' }],
  [String.raw`password='it\'s: a \\ secret' host=db1`, { password: String.raw`it's: a \ secret`, host: 'db1' }],
  [String.raw`password=a\ b host=/run/postgresql`, { password: 'a b', host: '/run/postgresql' }],
  ["options='-c a=1' application_name=''", { options: '-c a=1', application_name: '' }],
  ['port=1 port=2', { port: '2' }],
  ['', {}],
])('%s', (text, expected) => {
  expect(Object.fromEntries(parseConninfo(text))).toEqual(expected)
})

test('what is written is read again, whatever is in it', () => {
  const conninfo = new Map([
    ['host', 'db1'],
    ['password', String.raw`' \' \\ = #`],
    ['application_name', ''],
  ])
  expect(parseConninfo(formatConninfo(conninfo))).toEqual(conninfo)
})

test.each(['db1', 'host=db1 5432', "host='db1", 'host=db1; port=1 x', "password='a\nb'", 'postgresql://db1/'])(
  'what cannot be used is refused without being repeated: %s',
  (text) => {
    expect(() => parseConninfo(text)).toThrow(expect.objectContaining({ code: 'postgres/bad-conninfo' }))
    expect(() => parseConninfo(`${text} password=hidden`)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hidden') }),
    )
  },
)

test('in words it shows where and as whom, and nothing secret', () => {
  const conninfo = parseConninfo('host=db1 port=5433 user=replicator password=hidden sslpassword=hidden')
  expect(describeConninfo(conninfo)).toBe('host=db1 port=5433, as replicator')
  expect(describeConninfo(new Map())).toBe('the local socket')
})

test('two are the same whatever their passwords are and where they are kept', () => {
  const ours = parseConninfo('host=db1 user=a passfile=/home/x')
  expect(sameConninfo(ours, parseConninfo('user=a host=db1 password=b'))).toBe(true)
  expect(sameConninfo(ours, parseConninfo('user=a host=db1 sslmode=require'))).toBe(false)
  expect(includesConninfo(parseConninfo('user=a host=db1 sslmode=prefer'), ours)).toBe(true)
  expect(includesConninfo(ours, parseConninfo('host=db2'))).toBe(false)
})

test('a password file has colons and backslashes escaped', () => {
  expect(passfileLine(String.raw`a:b\c`)).toBe('*:*:*:*:a\\:b\\\\c\n')
})
