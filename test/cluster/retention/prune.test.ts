import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { lookAround } from '../../../src/cluster/catalogue/look.ts'
import { readRepository } from '../../../src/cluster/repository/read.ts'
import { planPrune } from '../../../src/cluster/retention/plan-prune.ts'
import { prune } from '../../../src/cluster/retention/prune.ts'
import { holdBackup } from '../../../src/cluster/retention/readers.ts'
import type { Session } from '../../../src/host/connection.ts'
import postgresql_prune from '../../../src/modules/postgresql/postgresql_prune.ts'
import { failureOf } from '../../failure-of.ts'
import { converge, predict } from '../../modules/harness.ts'
import { localSession } from '../../modules/local-session.ts'
import { SHELLS } from '../archive/helper-bench.ts'
import { type RepositoryFolder, repositoryFolder, segmentName } from './repository-folder.ts'

let repository: RepositoryFolder
let ids: string[]

beforeEach(() => {
  repository = repositoryFolder()
  repository.segments(1, 5, 60)
  ids = [backupAt(5, 10), backupAt(4, 20), backupAt(3, 30), backupAt(2, 40), backupAt(1, 50)]
})
afterEach(() => repository.remove())

const backupAt = (days: number, segment: number): string => repository.backup(days, segment)
const params = () => ({ repository: repository.layout.root, name: 'db1' })
const folders = (): string[] => readdirSync(repository.layout.backupFolder).sort()
const wal = (timeline = '00000001'): string[] =>
  readdirSync(join(repository.layout.walFolder, timeline))
    .map((name) => name.replace('.zst', ''))
    .sort()
const ground = async (session: Session) => ({
  repository: await readRepository(session, repository.layout),
  look: await lookAround(session, repository.layout),
})

describe.each(SHELLS)('with %s', (shell) => {
  const session = () => localSession(shell === 'busybox' ? ['busybox', 'sh'] : [shell])
  const keep = (wish: Record<string, string | number>) =>
    converge(postgresql_prune, { ...params(), ...wish }, { session: session() })

  test('what no rule wants goes, its WAL with it, and nothing the second time', async () => {
    const { fields, changes } = await keep({ keep_count: 2 })
    expect(changes.map(({ subject }) => subject)).toEqual([
      ...ids.slice(0, 3).map((id) => `backup ${id}`),
      'WAL of timeline 1',
    ])
    expect(changes.at(-1)?.before).toEqual([`${segmentName(1, 5)} to ${segmentName(1, 39)}, 35 segments, 35 B`])
    expect(folders()).toEqual(ids.slice(3))
    expect(wal()[0]).toBe(segmentName(1, 40))
    expect(wal()).toHaveLength(21)
    expect(fields.freed).toBe(35 + ids.slice(0, 3).reduce((sum, id) => sum + `the files of ${id}`.length, 0))
  })

  test('what was interrupted is finished, and damaged backups go when they are older than all others', async () => {
    renameSync(
      join(repository.layout.backupFolder, ids[0] ?? ''),
      join(repository.layout.backupFolder, `${ids[0]}.removed.incomplete`),
    )
    rmSync(join(repository.layout.backupFolder, ids[1] ?? '', 'base.tar'))
    rmSync(join(repository.layout.backupFolder, ids[3] ?? '', 'backup.json'))
    const { fields, warnings } = await keep({ keep_count: 2 })
    expect(fields.removed_backups).toMatchObject([
      { id: `${ids[0]}.removed.incomplete`, why: 'never finished' },
      { id: ids[1], why: 'damaged' },
    ])
    expect(folders()).toEqual(ids.slice(2))
    expect(warnings).toContain(`backup ${ids[3]} is damaged and counts for no rule: it has no backup.json`)
    // It may be mended yet: no rule is fulfilled by it, and none reaches it.
    await keep({ keep_for: '10d', keep_count: 1 })
    expect(folders()).toEqual(ids.slice(2))
  })

  test('a backup that is being read stays; a reader that died does not keep it', async () => {
    const hold = await holdBackup(session(), repository.layout, [ids[1] ?? ''], 'run-1')
    const dead = join(repository.layout.backupFolder, ids[2] ?? '', '.reading-elsewhere-run-2')
    writeFileSync(dead, '1 1 another-boot elsewhere run-2\n')
    utimesSync(dead, new Date(Date.now() - 700_000), new Date(Date.now() - 700_000))
    await keep({ keep_count: 1 })
    expect(folders()).toEqual([ids[1], ids[4]])
    expect(wal()[0]).toBe(segmentName(1, 20))
    await hold?.release()
    expect(readdirSync(join(repository.layout.backupFolder, ids[1] ?? ''))).toEqual(['backup.json', 'base.tar'])
    await keep({ keep_count: 1 })
    expect(folders()).toEqual([ids[4]])
  })

  test('a reader on another host keeps it as long as it gives signs of life', async () => {
    const alive = join(repository.layout.backupFolder, ids[0] ?? '', '.reading-elsewhere-run-2')
    writeFileSync(alive, '1 1 another-boot elsewhere run-2\n')
    await keep({ keep_count: 1 })
    expect(folders()).toEqual([ids[0], ids[4]])
    expect(wal()[0]).toBe(segmentName(1, 10))
  })

  test('a reader that comes between the decision and the removal is respected', async () => {
    const before = await ground(session())
    const wish = { rules: { keepCount: 1, minimum: 1 }, timeline: undefined }
    const now = new Date()
    const plan = planPrune(before, wish, now)
    const hold = await holdBackup(session(), repository.layout, [ids[1] ?? ''], 'run-1')
    const signal = new AbortController().signal
    const work = { session: session(), ground: before, plan, wish, now, runId: 'run', signal, onProgress: () => {} }
    const { backups, spared } = await prune(work)
    await hold?.release()
    expect(backups.map(({ id }) => id)).toEqual([ids[0], ids[2], ids[3]])
    expect(spared).toEqual([{ id: ids[1], reader: `${hostname()} run-1` }])
    expect(wal()[0]).toBe(segmentName(1, 20))
    expect(folders()).toEqual([ids[1], ids[4]])
  })
})

test('B15: a backup whose pages were damaged as it was taken never pushes out the good one before it', async () => {
  const bad = repository.backup(0.5, 54, 1, { page_failures: ['checksum verification failed in file "base/1/1"'] })
  const { warnings } = await converge(postgresql_prune, { ...params(), keep_count: 1 })
  expect(folders()).toEqual([ids[4], bad])
  expect(wal()[0]).toBe(segmentName(1, 50))
  expect(warnings).toEqual([expect.stringMatching(`^backup ${bad} is damaged and counts for no rule: .*checksum`)])
})

test('a backup that was removed a moment ago cannot be held, and one in a read-only repository is not', async () => {
  const error = await failureOf(holdBackup(localSession(), repository.layout, ['20200101T000000Z-full'], 'run'))
  expect([error.code, error.message]).toEqual([
    'retention/cannot-look',
    `the backup 20200101T000000Z-full is not in ${repository.layout.backupFolder} any more`,
  ])
})

test('a rule is needed, and there is no rule that keeps nothing', async () => {
  const without = await failureOf(predict(postgresql_prune, params()))
  expect(without.message).toContain('needs a rule: keep_count, keep_for or recovery_window')
  expect((await failureOf(predict(postgresql_prune, { ...params(), keep_count: 0 }))).message).toContain('at least 1')
  expect((await failureOf(predict(postgresql_prune, { ...params(), keep_for: 'a while' }))).code).toBe(
    'value/bad-duration',
  )
})

test('without a whole backup nothing goes, and with a timeline to which none leads neither', async () => {
  repository.put('wal/00000002.history', '1\t0/4000000\tx\n')
  repository.segments(2, 64, 66)
  repository.put('wal/00000003.history', '1\t0/500000\tx\n')
  repository.segments(3, 6, 8)
  const error = await failureOf(predict(postgresql_prune, { ...params(), keep_count: 1, timeline: 3 }))
  expect([error.code, error.message]).toEqual(['retention/nothing-kept', 'no whole backup leads to timeline 3'])
  expect((await failureOf(predict(postgresql_prune, { ...params(), keep_count: 1, timeline: 9 }))).code).toBe(
    'postgres/no-such-timeline',
  )
  for (const id of ids) rmSync(join(repository.layout.backupFolder, id), { recursive: true })
  expect(await predict(postgresql_prune, { ...params(), keep_count: 1 })).toEqual([])
})

test('A10: a repository that is not there, or not mounted, is an error', async () => {
  const error = await failureOf(predict(postgresql_prune, { ...params(), name: 'other', keep_count: 1 }))
  expect(error.code).toBe('archive/no-identity')
})

test('what cannot be removed is said, and the next run goes on with it', async () => {
  if (process.getuid?.() !== 0) return
  const stuck = join(repository.layout.backupFolder, ids[0] ?? '', 'base.tar')
  try {
    execFileSync('chattr', ['+i', stuck], { stdio: 'ignore' })
  } catch {
    return
  }
  try {
    const error = await failureOf(converge(postgresql_prune, { ...params(), keep_count: 4 }))
    expect(error.code).toBe('retention/cannot-remove')
  } finally {
    const moved = join(repository.layout.backupFolder, `${ids[0]}.removed.incomplete`, 'base.tar')
    execFileSync('chattr', ['-i', existsSync(moved) ? moved : stuck])
  }
  await converge(postgresql_prune, { ...params(), keep_count: 4 })
  expect(folders()).toEqual(ids.slice(1))
})

test('nothing of the lock is left, and the folders keep their owner', async () => {
  await converge(postgresql_prune, { ...params(), keep_count: 1 })
  expect(readdirSync(repository.layout.backupFolder)).toEqual([ids[4]])
  expect(statSync(repository.layout.backupFolder).uid).toBe(process.getuid?.())
  mkdirSync(repository.layout.backupLock)
  writeFileSync(join(repository.layout.backupLock, 'holder'), '1 1 another-boot elsewhere run-9\n')
  writeFileSync(join(repository.layout.backupLock, 'beat'), '')
  repository.backup(0, 58)
  const error = await failureOf(converge(postgresql_prune, { ...params(), keep_count: 1 }))
  expect([error.code, error.message]).toEqual([
    'backup/running',
    'a backup of db1 is being taken already, by run run-9',
  ])
})
