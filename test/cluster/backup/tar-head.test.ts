import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readTarHead } from '../../../src/cluster/backup/tar-head.ts'

test('reads the first files of an archive out of its first bytes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lb-tar-'))
  writeFileSync(join(folder, 'backup_label'), 'START WAL LOCATION: 0/2000028\nLABEL: ü\n')
  writeFileSync(join(folder, 'tablespace_map'), '16388 /space one\n')
  writeFileSync(join(folder, 'big'), Buffer.alloc(100_000, 1))
  const tar = execFileSync('tar', ['-C', folder, '--format=ustar', '-cf', '-', 'backup_label', 'tablespace_map', 'big'])
  rmSync(folder, { recursive: true })
  expect([...readTarHead(tar.subarray(0, 65_536))]).toEqual([
    ['backup_label', 'START WAL LOCATION: 0/2000028\nLABEL: ü\n'],
    ['tablespace_map', '16388 /space one\n'],
  ])
  expect(readTarHead(tar.subarray(0, 520)).size).toBe(0)
  expect(readTarHead(Buffer.alloc(0)).size).toBe(0)
})
