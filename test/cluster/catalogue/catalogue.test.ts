import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { catalogueText } from '../../../src/cluster/catalogue/catalogue-text.ts'
import { lookAround } from '../../../src/cluster/catalogue/look.ts'
import { groundOf, makeCatalogue } from '../../../src/cluster/catalogue/make-catalogue.ts'
import { readRepository } from '../../../src/cluster/repository/read.ts'
import { parseSpace } from '../../../src/cluster/repository/space.ts'
import { localSession } from '../../modules/local-session.ts'
import { type RepositoryFolder, repositoryFolder, segmentName } from '../retention/repository-folder.ts'

let repository: RepositoryFolder

beforeEach(() => {
  repository = repositoryFolder()
})
afterEach(() => repository.remove())

const read = async () => {
  const session = localSession()
  const found = await readRepository(session, repository.layout)
  return makeCatalogue(groundOf(found, await lookAround(session, repository.layout)))
}
const lose = (timeline: number, number: number): void => {
  const name = segmentName(timeline, number)
  rmSync(join(repository.layout.walFolder, name.slice(0, 8), `${name}.zst`))
}

test('B14: backups, the tree of timelines, gaps and remains, from the files alone', async () => {
  repository.segments(1, 1, 30)
  const first = repository.backup(3, 2)
  const second = repository.backup(2, 20)
  repository.put('wal/00000002.history', '1\t0/A00200\tno recovery target specified\n')
  repository.segments(2, 10, 14)
  repository.put('wal/00000003.history', '1\t0/A00200\tno recovery target specified\n2\t0/D00000\tbefore noon\n')
  repository.segments(3, 13, 16)
  lose(1, 5)
  lose(1, 6)
  lose(1, 25)
  repository.put('backup/20260101T000000Z-full/base.tar')
  repository.put('backup/20260102T000000Z-full.incomplete/base.tar')
  const catalogue = await read()
  expect(
    catalogue.backups.map(({ id, windows }) => [
      id,
      windows.map(({ timeline, to_segment, ends }) => [timeline, to_segment, ends]),
    ]),
  ).toEqual([
    [
      first,
      [
        [1, segmentName(1, 4), 'missing'],
        [2, segmentName(1, 4), 'missing'],
        [3, segmentName(1, 4), 'missing'],
      ],
    ],
    [second, [[1, segmentName(1, 24), 'missing']]],
  ])
  expect(catalogue.gaps).toEqual([
    {
      first_segment: segmentName(1, 5),
      last_segment: segmentName(1, 6),
      segments: 2,
      lsn: '0/500000',
      timelines: [1, 2, 3],
      next_backup: second,
    },
    {
      first_segment: segmentName(1, 25),
      last_segment: segmentName(1, 25),
      segments: 1,
      lsn: '0/1900000',
      timelines: [1],
      next_backup: null,
    },
  ])
  expect(catalogue.damaged).toMatchObject([{ id: '20260101T000000Z-full', reason: 'it has no backup.json' }])
  expect(catalogue.incomplete).toMatchObject([{ name: '20260102T000000Z-full.incomplete' }])
  expect(
    catalogue.timelines.map(({ timeline, parent, children, future, segments }) => [
      timeline,
      parent,
      children,
      future,
      segments,
    ]),
  ).toEqual([
    [1, null, [2], true, 27],
    [2, 1, [3], true, 5],
    [3, 2, [], true, 4],
  ])
  const text = catalogueText(catalogue).split('\n')
  expect(text[0]).toBe(`db1 in ${repository.folder}: PostgreSQL 15, system identifier 7300000000000000001`)
  const tree = text.filter((line) => /^( {3}|│ {2})*(├─ |└─ )?\d+ {2,}\d/.test(line))
  expect(tree.map((line) => /^(.*?\d+) /.exec(line)?.[1])).toEqual(['1', '└─ 2', '   └─ 3'])
  expect(text).toContain(
    `WAL is missing: ${segmentName(1, 5)} to ${segmentName(1, 6)}, 2 segments; restorable again from ${second}`,
  )
  expect(text).toContain(`WAL is missing: ${segmentName(1, 25)}; nothing behind it can be restored`)
  expect(text.at(-2)).toMatch(/^damaged: 20260101T000000Z-full, .* it has no backup\.json$/)
  expect(text.at(-1)).toMatch(/^never finished: 20260102T000000Z-full\.incomplete, /)
  expect(text.every((line) => line === line.trimEnd())).toBe(true)
})

test('an empty repository has neither backups nor gaps', async () => {
  expect(await read()).toMatchObject({ backups: [], gaps: [], timelines: [], sizes: { total: 0 } })
  expect(catalogueText(await read())).toContain('no whole backup')
})

test('space is read from the end of the line of df, for names may hold spaces', () => {
  expect(parseSpace('space //nas/my share 1000 400 600 40% /mnt/my share')).toEqual({ total: 1_024_000, free: 614_400 })
})
