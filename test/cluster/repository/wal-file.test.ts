import { expect, test } from 'vitest'
import { parseWalFile } from '../../../src/cluster/repository/wal-file.ts'

const SEGMENT = '000000100000000000000042'

test.each([
  [`00000010/${SEGMENT}.zst`, 'zstd', 'segment'],
  [`00000010/${SEGMENT}.lz4`, 'lz4', 'segment'],
  [`00000010/${SEGMENT}.gz`, 'gzip', 'segment'],
  [`00000010/${SEGMENT}`, 'none', 'segment'],
  [`00000010/${SEGMENT}.partial.zst`, 'zstd', 'partial'],
  [`00000010/${SEGMENT}.00000028.backup`, 'none', 'backup-history'],
  ['00000010.history', 'none', 'timeline-history'],
])('%s', (path, compression, kind) => {
  expect(parseWalFile(path, 7)).toMatchObject({ path, size: 7, compression, file: { kind, timeline: 16 } })
})

test.each([
  SEGMENT,
  `00000001/${SEGMENT}`,
  '00000010/00000010.history',
  `00000010/${SEGMENT}.tmp`,
  `.push/${SEGMENT}.host.12`,
  '00000010/README',
])('%s is no file of the archive', (path) => {
  expect(parseWalFile(path, 7)).toBeUndefined()
})
