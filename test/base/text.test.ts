import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../src/base/duration.ts'
import { formatError, LifeboatError } from '../../src/base/errors.ts'
import { didYouMean, nearest } from '../../src/base/nearest.ts'
import { positionAt } from '../../src/base/position.ts'
import { quote, raw, sh } from '../../src/base/quote.ts'
import { Secrets } from '../../src/base/secrets.ts'
import { formatSize, parseSize } from '../../src/base/size.ts'

describe('quote', () => {
  test('a shell sees exactly the words that were quoted', () => {
    const words = fc.array(
      fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0') && !/[\ud800-\udfff]/.test(text)),
      { minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(words, (texts) => {
        const script = `for word do printf '%s\\0' "$word"; done`
        const output = execFileSync('sh', ['-c', `set -- ${texts.map(quote).join(' ')}; ${script}`], {
          encoding: 'utf8',
        })
        expect(output).toBe(texts.map((text) => `${text}\0`).join(''))
      }),
      { numRuns: 50 },
    )
  })

  test('sh quotes what is interpolated and nothing else', () => {
    expect(sh`mv ${"it's"} ${['a b', 'c']} ${raw('2>/dev/null')} ${5}`.text).toBe(`mv 'it'\\''s' 'a b' c 2>/dev/null 5`)
  })

  test('a NUL byte is refused', () => {
    expect(() => quote('a\0b')).toThrow('a NUL byte cannot be part of a shell word')
  })
})

test.each([
  [90, 90],
  ['90', 90],
  ['90s', 90],
  ['15m', 900],
  ['15min', 900],
  ['1h30m', 5400],
  ['1d', 86_400],
  ['250ms', 0.25],
])('the duration %j is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBeCloseTo(seconds)
})

test.each(['', 'soon', '5 weeks ago', '1y', '-3s'])('%j is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow(`"${text}" is not a duration`)
})

test.each([
  [0.42, '0.4s'],
  [59.9, '59.9s'],
  [245, '4m 05s'],
  [7380, '2h 03m'],
  [273_600, '3d 04h'],
])('%d seconds are shown as %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text)
})

test.each([
  ['512', 512],
  ['64kB', 65_536],
  ['16 MB', 16_777_216],
  ['1GB', 1_073_741_824],
  ['1.5g', 1_610_612_736],
])('the size %j is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})

test('sizes are shown with three digits', () => {
  expect([998, 1536, 16_777_216, 5e9].map(formatSize)).toEqual(['998 B', '1.50 kB', '16.0 MB', '4.66 GB'])
})

test('the nearest known word is offered, a far one is not', () => {
  expect(nearest('regsiter', ['register', 'retries'])).toBe('register')
  expect(didYouMean('hots', ['hosts', 'host'])).toEqual(['did you mean "hosts"?'])
  expect(didYouMean('xyzzy', ['register', 'when'])).toEqual([])
})

test('an error shows its place, its line and what to do', () => {
  const text = '- hosts: all\n  taks:\n    - ping:\n'
  const where = positionAt({ path: 'site.yml', text }, text.indexOf('taks'), 4)
  const error = new LifeboatError('cli/bad-option', 'a play has no keyword "taks"', {
    where,
    hints: ['did you mean "tasks"?'],
  })
  expect(formatError(error)).toBe(
    [
      'error[cli/bad-option]: a play has no keyword "taks"',
      '  --> site.yml:2:3',
      '  1 | - hosts: all',
      '> 2 |   taks:',
      '    |   ^^^^',
      '  3 |     - ping:',
      '  hint: did you mean "tasks"?',
    ].join('\n'),
  )
})

test('secrets are taken out of texts and of everything that holds texts', () => {
  const secrets = new Secrets()
  secrets.add('hunter2')
  expect(secrets.redact('password=hunter2!')).toBe('password=********!')
  expect(secrets.redactValue({ a: ['x hunter2'], hunter2: 1, n: null })).toEqual({
    a: ['x ********'],
    '********': 1,
    n: null,
  })
})
