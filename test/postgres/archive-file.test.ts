import { expect, test } from 'vitest'
import {
  backupHistoryFileName,
  classifyArchiveFile,
  historyFileName,
  timelineOfHistoryFile,
} from '../../src/postgres/archive-file.ts'

test('A4: four kinds of files come to the archive', () => {
  const segment = '000000010000000000000009'
  expect(classifyArchiveFile(segment)).toEqual({ kind: 'segment', segment, timeline: 1 })
  expect(classifyArchiveFile(`${segment}.partial`)).toEqual({ kind: 'partial', segment, timeline: 1 })
  expect(classifyArchiveFile(`${segment}.00000028.backup`)).toEqual({
    kind: 'backup-history',
    segment,
    timeline: 1,
    offset: 0x28,
  })
  expect(classifyArchiveFile('00000002.history')).toEqual({ kind: 'timeline-history', timeline: 2 })
})

test.each([
  '',
  '00000001000000000000000',
  '00000001000000000000000g',
  '000000010000000000000abc',
  '000000010000000000000009.zst',
  '000000010000000000000009.partial.partial',
  '000000010000000000000009.28.backup',
  '../000000010000000000000009',
  '000000000000000000000009',
  '00000000.history',
  '2.history',
  'archive_status',
])('A4: "%s" is none of them', (name) => {
  expect(classifyArchiveFile(name)).toBeUndefined()
})

test('A22: timelines of history files are hexadecimal', () => {
  expect(historyFileName(16)).toBe('00000010.history')
  expect(timelineOfHistoryFile('0000000A.history')).toBe(10)
  expect(() => timelineOfHistoryFile('x.history')).toThrow('"x.history" is not the name of a timeline history file')
})

test('a backup history file is named after its start', () => {
  expect(backupHistoryFileName('000000010000000000000009', 0x28)).toBe('000000010000000000000009.00000028.backup')
})
