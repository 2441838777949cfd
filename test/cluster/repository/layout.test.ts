import { expect, test } from 'vitest'
import { LifeboatError } from '../../../src/base/errors.ts'
import { backupId, backupPath, isBackupId, layoutOf, timelineFolder } from '../../../src/cluster/repository/layout.ts'
import { parseRepository } from '../../../src/cluster/repository/location.ts'

const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof LifeboatError) return error.code
    throw error
  }
  return 'no error'
}

test('a repository is an absolute path', () => {
  expect(parseRepository('/var/backups//lifeboat/')).toEqual({ kind: 'path', path: '/var/backups/lifeboat' })
  expect(parseRepository("/mnt/it's 100% ours/数据").path).toBe("/mnt/it's 100% ours/数据")
})

test('or a folder of a repository host', () => {
  const location = parseRepository('backup1.example.com:/srv//lifeboat/')
  expect(location).toEqual({ kind: 'ssh', host: 'backup1.example.com', path: '/srv/lifeboat' })
  expect(layoutOf(location, 'db1')).toMatchObject({
    place: 'backup1.example.com:/srv/lifeboat/db1',
    folder: '/srv/lifeboat/db1',
  })
})

test.each([
  ['relative/path', 'archive/bad-repository'],
  ['~/lifeboat', 'archive/bad-repository'],
  ['/', 'archive/bad-repository'],
  ['', 'archive/bad-repository'],
  ['/var/../etc', 'archive/bad-repository'],
  ['/two\nlines', 'archive/bad-repository'],
  ['backup1:srv/lifeboat', 'archive/bad-repository'],
  ['backup1:/', 'archive/bad-repository'],
  ['backup1:/srv/../etc', 'archive/bad-repository'],
  ['-oProxyCommand=x:/srv', 'archive/bad-repository'],
])('%j is refused as a repository', (text, code) => {
  expect(codeOf(() => parseRepository(text))).toBe(code)
})

test.each(['', '.hidden', '..', 'a/b', 'a\nb', 'x'.repeat(201)])('%j is refused as a name', (name) => {
  expect(codeOf(() => layoutOf(parseRepository('/r'), name))).toBe('archive/bad-name')
})

test('the paths of a cluster', () => {
  const layout = layoutOf(parseRepository('/r'), 'db1')
  expect(layout).toMatchObject({ folder: '/r/db1', identityFile: '/r/db1/identity.json', walFolder: '/r/db1/wal' })
  expect(timelineFolder(layout, 16)).toBe('/r/db1/wal/00000010')
  expect(backupPath(layout, backupId(new Date('2026-11-22T01:30:00.999Z')))).toBe('/r/db1/backup/20261122T013000Z-full')
})

test('ids of backups', () => {
  expect(isBackupId('20261122T013000Z-full')).toBe(true)
  expect(isBackupId('20261122T013000Z-full.incomplete')).toBe(false)
  expect(isBackupId('.lock')).toBe(false)
})
