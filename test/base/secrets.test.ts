import { expect, test } from 'vitest'
import { Secrets } from '../../src/base/secrets.ts'

test.each([
  ['as it is', "it's a/b"],
  ['quoted by the quote filter', `it'"'"'s a/b`],
  ['quoted in our scripts', "it'\\''s a/b"],
  ['in a URL', "it's%20a%2Fb"],
  ['in a URL of Python', 'it%27s%20a/b'],
  ['in base64', Buffer.from("it's a/b").toString('base64')],
])('a secret is found %s', (_, text) => {
  const secrets = new Secrets()
  secrets.add("it's a/b")
  expect(secrets.redact(`x ${text} y`)).toBe('x ******** y')
})

test('a secret is found in JSON, with and without other letters', () => {
  const secrets = new Secrets()
  secrets.add('say "ä"')
  expect(secrets.redact(JSON.stringify({ a: 'say "ä"' }))).toBe('{"a":"********"}')
  expect(secrets.redact('{"a":"say \\"\\u00e4\\""}')).toBe('{"a":"********"}')
})
