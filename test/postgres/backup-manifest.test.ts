import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseBackupManifest } from '../../src/postgres/backup-manifest.ts'

const seal = (body: string): string =>
  `${body}"Manifest-Checksum": "${createHash('sha256').update(body).digest('hex')}"}\n`

const manifest = (version: number, head = ''): string =>
  seal(`{ "PostgreSQL-Backup-Manifest-Version": ${version},
${head}"Files": [
{ "Path": "backup_label", "Size": 206, "Last-Modified": "2026-11-22 12:13:14 GMT", "Checksum-Algorithm": "CRC32C", "Checksum": "1df70c23" },
{ "Encoded-Path": "61ff", "Size": 4, "Last-Modified": "2026-11-22 12:13:14 GMT" }
],
"WAL-Ranges": [
{ "Timeline": 1, "Start-LSN": "0/900028", "End-LSN": "0/900100" }
],
`)

test('a manifest names files and the WAL that is needed', () => {
  const parsed = parseBackupManifest(manifest(1))
  expect(parsed).toMatchObject({ version: 1, systemIdentifier: undefined, totalSize: 210 })
  expect(parsed.files[0]).toEqual({
    path: 'backup_label',
    size: 206,
    lastModified: '2026-11-22 12:13:14 GMT',
    checksumAlgorithm: 'CRC32C',
    checksum: '1df70c23',
  })
  expect(parsed.files[1]).toMatchObject({ path: 'a\u00ff', checksum: undefined })
  expect(parsed.walRanges).toEqual([{ timeline: 1, start: 0x900028n, end: 0x900100n }])
})

test('version 2 has the system identifier, all digits of it', () => {
  expect(parseBackupManifest(manifest(2, '"System-Identifier": 7710967780340221588,\n')).systemIdentifier).toBe(
    '7710967780340221588',
  )
})

test('a manifest that was changed or cut is refused', () => {
  expect(() => parseBackupManifest(manifest(1).replace('206', '207'))).toThrow('it was changed or damaged')
  expect(() => parseBackupManifest(manifest(1).slice(0, 100))).toThrow('it does not end in its checksum')
  expect(() => parseBackupManifest(manifest(3))).toThrow('its version is 3, not 1 or 2')
})
