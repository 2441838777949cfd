import { expect, test } from 'vitest'
import { archiveRate } from '../../../src/cluster/health/archive-rate.ts'
import { checkOf, judgeHigh, judgeLow, worst } from '../../../src/cluster/health/checks.ts'
import { judgeSpace } from '../../../src/cluster/health/judge-space.ts'

const SEGMENT = 16 * 1024 * 1024
const NOW = 1_800_000_000
const every = (seconds: number, count: number, age = 0) =>
  Array.from({ length: count }, (_, index) => ({ written: NOW - age - index * seconds, size: 1000 }))

test('the worst verdict counts, and is told first', () => {
  expect(worst(['pass', 'fail', 'warn'])).toBe('fail')
  expect(worst([])).toBe('pass')
  const limits = { warn: 10, fail: 20 }
  expect([10, 11, 21].map((value) => judgeHigh(value, limits))).toEqual(['pass', 'warn', 'fail'])
  expect([20, 19, 9].map((value) => judgeLow(value, { warn: 20, fail: 10 }))).toEqual(['pass', 'warn', 'fail'])
  expect(judgeHigh(1e9, { warn: undefined, fail: undefined })).toBe('pass')
  const check = checkOf(
    'x',
    [
      { verdict: 'warn', words: 'a little', hint: 'look' },
      { verdict: 'pass', words: 'nothing' },
      { verdict: 'fail', words: 'a lot', hint: 'run' },
    ],
    'good',
  )
  expect(check).toEqual({ name: 'x', verdict: 'fail', message: 'a lot; a little', hints: ['run', 'look'] })
})

test('A18: WAL comes as fast as in the last hour or the last day, whichever was faster', () => {
  // A segment a minute for the last hour, after a day of one an hour.
  const burst = [...every(60, 60), ...every(3600, 23, 3600)]
  expect(archiveRate(burst, SEGMENT, NOW).wal).toBeCloseTo((60 * SEGMENT) / 3600)
  // A busy day that was over an hour ago.
  const busy = every(60, 23 * 60, 3600)
  expect(archiveRate(busy, SEGMENT, NOW).wal).toBeCloseTo((23 * 60 * SEGMENT) / 86_340)
  expect(archiveRate(busy, SEGMENT, NOW).stored).toBeCloseTo((23 * 60 * 1000) / 86_340)
  expect(archiveRate([], SEGMENT, NOW)).toEqual({ wal: 0, stored: 0 })
  // Three segments of the last seconds are no rate of one a second.
  expect(archiveRate(every(1, 3), SEGMENT, NOW).wal).toBeCloseTo((3 * SEGMENT) / 600)
})

test('A18: time to full is free space through rate, and never where nothing comes', () => {
  const limits = { free: { warn: 1000, fail: 100 }, timeToFull: { warn: 7200, fail: 3600 } }
  const judge = (free: number, rate: number) => judgeSpace('pg_wal', { free, total: 1 << 30, rate }, limits, 'then')
  expect(judge(1 << 20, 0)).toEqual({ name: 'pg_wal', verdict: 'pass', message: '1.00 MB of 1.00 GB free', hints: [] })
  expect(judge(1 << 20, 200)).toEqual({
    name: 'pg_wal',
    verdict: 'warn',
    message: '1.00 MB of 1.00 GB free; full in 1h 27m then',
    hints: ['703 kB come in an hour'],
  })
  expect(judge(1 << 20, 400).verdict).toBe('fail')
  expect(judge(99, 0).verdict).toBe('fail')
})
