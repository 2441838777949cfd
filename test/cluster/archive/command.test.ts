import { expect, test } from 'vitest'
import {
  archiveCommand,
  archivesInto,
  compressionOfCommand,
  restoreCommand,
} from '../../../src/cluster/archive/command.ts'

const HELPERS = '/var/lib/postgresql/.lifeboat'

test('the commands for ordinary paths', () => {
  expect(archiveCommand(HELPERS, '/var/backups/lifeboat/db1', 'zstd')).toBe(
    '/var/lib/postgresql/.lifeboat/push /var/backups/lifeboat/db1 zstd "%p" "%f" || exit 1',
  )
  expect(archiveCommand(HELPERS, '/r/db1', 'lz4', 8)).toBe(
    '/var/lib/postgresql/.lifeboat/push -j 8 /r/db1 lz4 "%p" "%f" || exit 1',
  )
  expect(restoreCommand(HELPERS, '/var/backups/lifeboat/db1', '7300000000000000001')).toBe(
    '/var/lib/postgresql/.lifeboat/get /var/backups/lifeboat/db1 "%f" "%p" 7300000000000000001',
  )
})

test('A6: every % of a path is doubled, and the shell sees the path as it is', () => {
  expect(archiveCommand(HELPERS, `/it's 50%f $HOME`, 'none')).toBe(
    `/var/lib/postgresql/.lifeboat/push '/it'\\''s 50%%f $HOME' none "%p" "%f" || exit 1`,
  )
  expect(restoreCommand('/100%', '/r/%p')).toBe('/100%%/get /r/%%p "%f" "%p"')
})

test('a command of ours is known by its form and its folder', () => {
  for (const folder of ['/r/db1', `/it's 50%f $HOME/db 1`]) {
    for (const parallel of [undefined, 4]) {
      const command = archiveCommand('/home/po stgres/.lifeboat', folder, 'lz4', parallel)
      expect([compressionOfCommand(command), archivesInto(command, folder)]).toEqual(['lz4', true])
      expect(archivesInto(command, `${folder}0`)).toBe(false)
    }
  }
  expect(compressionOfCommand('test ! -f /archive/%f && cp %p /archive/%f')).toBeUndefined()
  expect(archivesInto('cp %p /r/db1 %f', '/r/db1')).toBe(false)
})
