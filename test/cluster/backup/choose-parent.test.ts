import { describe, expect, test } from 'vitest'
import { LifeboatError } from '../../../src/base/errors.ts'
import { chooseParent, type ParentRequest } from '../../../src/cluster/backup/choose-parent.ts'
import type { BackupRecord } from '../../../src/cluster/repository/backup-record.ts'

const NOW = new Date('2026-11-22T12:00:00Z')

const backup = (number: number, more: Partial<BackupRecord> = {}): BackupRecord =>
  ({
    id: `b${number}`,
    parent: null,
    timeline: 1,
    start_lsn: `0/${number}000028`,
    stop_lsn: `0/${number}000100`,
    stop_time: '2026-11-22T10:00:00Z',
    ...more,
  }) as BackupRecord

const range = (from: bigint, to: bigint) => ({ timeline: 1, from, to })

const choose = (backups: readonly BackupRecord[], more: Partial<ParentRequest> = {}, histories = new Map()) => {
  try {
    const { parent, why } = chooseParent({
      type: 'auto',
      repository: { now: NOW, histories } as unknown as ParentRequest['repository'],
      backups,
      majorVersion: 17,
      timeline: 1,
      summaries: { enabled: true, position: 0x8000000n, ranges: [range(0x1000000n, 0x8000000n)] },
      fullMaxAge: 7 * 86_400,
      maxIncrements: 2,
      ...more,
    })
    return parent?.id ?? why
  } catch (error) {
    if (error instanceof LifeboatError) return error.code
    throw error
  }
}

test('the youngest backup that the summaries reach', () => {
  expect(choose([backup(2), backup(4)])).toBe('b4')
  expect(choose([backup(2), backup(4)], { type: 'full' })).toBe('the task asks for a full one')
})

describe('B13: the summaries must reach back to its beginning', () => {
  const summaries = (...ranges: [bigint, bigint][]) => ({
    summaries: { enabled: true, position: ranges.at(-1)?.[1], ranges: ranges.map(([from, to]) => range(from, to)) },
  })
  test.each([
    ['WAL that is not summarized yet is no gap', summaries([0x1000000n, 0x3000000n]), 'b4'],
    ['nor is one before it', summaries([0x1000000n, 0x2000000n], [0x3000000n, 0x5000000n]), 'b4'],
    [
      'summaries that begin after it',
      summaries([0x5000000n, 0x6000000n]),
      'b4: the WAL summaries have nothing at 0/4000028, which it needs',
    ],
    [
      'a hole after it',
      summaries([0x1000000n, 0x5000000n], [0x6000000n, 0x7000000n]),
      'b4: the WAL summaries have nothing at 0/5000000, which it needs',
    ],
    [
      'a hole around it',
      summaries([0x1000000n, 0x2000000n], [0x5000000n, 0x7000000n]),
      'b4: the WAL summaries have nothing at 0/4000028, which it needs',
    ],
    [
      'none at all',
      { summaries: { enabled: true, position: undefined, ranges: [] } },
      'b4: the WAL summaries have nothing at 0/4000028, which it needs',
    ],
    ['none yet, but one is being made', { summaries: { enabled: true, position: 0x3000000n, ranges: [] } }, 'b4'],
  ])('%s', (_, more, expected) => {
    expect(choose([backup(4)], more)).toBe(expected)
  })
})

test('only a backup through which the timeline of the server passed', () => {
  const histories = new Map([[2, '1\t0/5000000\tno recovery target specified\n']])
  expect(choose([backup(2), backup(4), backup(6)], { timeline: 2 }, histories)).toBe('b4')
  expect(choose([backup(2)], { timeline: 3 }, histories)).toBe('b2: timeline 3 of this server did not pass through it')
})

test('auto begins anew when the chain is long or old; an increment that is asked for does not', () => {
  const chain = [backup(2), backup(3, { parent: 'b2' }), backup(4, { parent: 'b3' })]
  expect(choose(chain)).toBe('there are 2 increments on b2')
  expect(choose(chain, { maxIncrements: 3 })).toBe('b4')
  expect(choose(chain, { type: 'incremental' })).toBe('b4')
  const old = [backup(2, { stop_time: '2026-11-01T00:00:00Z' }), backup(3, { parent: 'b2' })]
  expect(choose(old)).toBe('the full backup b2 is 21d 12h old')
})

test('what makes an increment impossible', () => {
  const off = { enabled: false, position: undefined, ranges: [] }
  expect(choose([], { type: 'incremental' })).toBe('backup/no-parent')
  expect(choose([backup(2)], { type: 'incremental', summaries: off })).toBe('backup/not-summarizing')
  expect(choose([backup(2)], { type: 'incremental', majorVersion: 16 })).toBe('backup/unsupported')
  expect(choose([])).toBe('there is no whole backup to build on')
  expect(choose([backup(2)], { summaries: off })).toBe('summarize_wal is off')
  expect(choose([backup(2)], { majorVersion: 16 })).toBe('increments are from PostgreSQL 17 on, this is 16')
})
