import { expect, test } from 'vitest'
import { judgeCommand } from '../../../src/cluster/archive/judge-command.ts'

const SEED = 'test ! -f /pgdata/13/archive_wals/%f && cp %p /pgdata/13/archive_wals/%f'

test.each(['/bin/true', 'true', 'cd .', ':', 'exit 0', 'echo %f', ''])('A16: %j archives nothing', (command) => {
  expect(judgeCommand(command).kind).toBe('nothing')
})

test.each(['false', '/bin/false', 'exit 1'])('%j pauses archiving', (command) => {
  expect(judgeCommand(command).kind).toBe('paused')
})

test('A1, A2, A10: what the recipe of the manual does', () => {
  expect(judgeCommand(SEED)).toEqual({
    kind: 'archives',
    folder: '/pgdata/13/archive_wals',
    refusesRepeated: true,
    writesInPlace: true,
    checksMount: false,
  })
})

test.each([
  ['cp "%p" "/mnt/my archive/%f"', '/mnt/my archive'],
  ['cp %p /archive', '/archive'],
  ['gzip -c < %p > /archive/%f.gz', '/archive'],
  ['rsync -a %p backup1:/archive/%f', undefined],
  ['pgbackrest --stanza=main archive-push %p', undefined],
  ['/usr/local/bin/store %p', undefined],
])('%j writes to %j', (command, folder) => {
  expect(judgeCommand(command)).toMatchObject({ kind: 'archives', folder })
})

test.each([
  ['cp %p /archive/.%f && mv /archive/.%f /archive/%f', 'writesInPlace'],
  ['test ! -f /archive/%f && cp %p /archive/%f || cmp -s %p /archive/%f', 'refusesRepeated'],
] as const)('%j is right about %s', (command, what) => {
  expect(judgeCommand(command)[what]).toBe(false)
})

test.each([
  'mountpoint -q /mnt/backup && cp %p /mnt/backup/%f',
  'test -f /mnt/backup/.mounted && cp %p /mnt/backup/%f',
])('A10: %j looks whether it is mounted', (command) => {
  expect(judgeCommand(command).checksMount).toBe(true)
})
