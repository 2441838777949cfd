import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import postgresql_repository_key from '../../../src/modules/postgresql/postgresql_repository_key.ts'
import postgresql_repository_link from '../../../src/modules/postgresql/postgresql_repository_link.ts'
import postgresql_restore from '../../../src/modules/postgresql/postgresql_restore.ts'
import { converge } from '../../modules/harness.ts'
import { damaged, FLIP } from './damage.ts'
import { type FarRepository, startFarRepository } from './far-repository.ts'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

let fleet: RestoreFleet
let far: FarRepository
let source: RestoreHost
let spare: RestoreHost
const wal: string[] = []
let space: string
let wish: Record<string, string | Record<string, string>>

const rows = (host: RestoreHost) => host.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")

beforeAll(async () => {
  fleet = await startRestoreFleet([true, false])
  far = await startFarRepository(fleet)
  source = fleet.host('db1')
  spare = fleet.host('db2')
  space = `${source.host.home}/a tablespace`
  await source.sh(`mkdir '${space}'`)
  await source.sql(`CREATE TABLESPACE far LOCATION '${space}'`)
  await source.sql('CREATE TABLE t (i int) TABLESPACE far', 'INSERT INTO t VALUES (1)')
  await source.archive()
  await source.backup()
  for (const value of [2, 3, 4]) {
    await source.sql(`INSERT INTO t VALUES (${value})`)
    wal.push(await source.switchWal())
  }
  wish = {
    source: 'db1',
    repository: far.repository,
    tablespace_mapping: { far: `${spare.host.home}/its place` },
  }
})
afterAll(async () => {
  await far?.stop()
  await fleet?.close()
})

const stored = (segment: string): string => `'${fleet.repository}/db1/wal/00000001/${segment}.zst'`

const options = () => ({ session: spare.session })

describe('a host that was never set up', () => {
  test('has no key: a restore is refused, and check mode says what it cannot know', async () => {
    const error = await spare.refusal(wish)
    expect(error.code).toBe('archive/no-link')
    expect(error.message).toBe(`this host has no key for ${far.repository}/db1`)
    const ctx = spare.context({ checkMode: true })
    const params = { cluster: spare.host.dataDirectory, ...wish, release: true } as never
    const state = await postgresql_restore.inspect(ctx, postgresql_restore.params.parse(params))
    expect(postgresql_restore.diff(state, postgresql_restore.params.parse(params))).toEqual([
      { subject: spare.host.dataDirectory, before: null, after: `restored from ${far.repository}/db1` },
    ])
    expect(ctx.warnings).toEqual([
      `this host has no key for ${far.repository}/db1; what is there is not known to check mode before it is let in`,
    ])
  })

  test('makes a key for the user that the cluster will belong to, which is let in nowhere by itself', async () => {
    const { fields } = await converge(postgresql_repository_key, far.link(spare, 'db1'), options())
    expect(fields).toMatchObject({ public_key: expect.stringMatching(/^ssh-ed25519 /), admitted: 'no' })
    await expect(
      converge(postgresql_repository_link, { ...far.link(spare, 'db1'), ...far.way }, options()),
    ).rejects.toMatchObject({ code: 'archive/unreachable' })
  })

  test('is let in to read, and the way is laid once', async () => {
    await far.reach(spare, 'db1')
    const { fields } = await converge(postgresql_repository_key, far.link(spare, 'db1'), options())
    expect(fields.admitted).toBe('read')
  })
})

describe('before anything is touched', () => {
  test('X-4: a segment that the repository host has not is named', async () => {
    const error = await damaged(source, stored(wal[1] ?? ''), 'rm "$1"', () => spare.refusal(wish))
    expect(error.code).toBe('restore/wal-missing')
    expect(error.data).toMatchObject({ segment: wal[1] })
  })

  test('R3, R4: a segment that is damaged there is named', async () => {
    const cut = await damaged(source, stored(wal[1] ?? ''), 'truncate -s 2000 "$1"', () => spare.refusal(wish))
    expect(cut.code).toBe('restore/wal-unreadable')
    expect(cut.message).toContain(`WAL segment ${wal[1]} does not unpack: `)
    const flipped = await damaged(source, stored(wal[1] ?? ''), FLIP, () => spare.refusal(wish))
    expect([flipped.code, flipped.data?.segment]).toEqual(['restore/wal-corrupt', wal[1]])
  })
})

describe('a restore from there', () => {
  test.each([
    ['by a cut connection', 'kill -9 $PPID; exit', 'archive/unreachable'],
    ['in silence', 'exit 0', 'restore/unpack-failed'],
  ])('fails when the backup ends early %s, before the data directory is there', async (_, script, code) => {
    await expect(far.interrupting(script, () => spare.restore(wish))).rejects.toMatchObject({ code })
    expect(await spare.sh(`ls -d '${spare.host.dataDirectory}' 2>/dev/null || true`)).toBe('')
  })

  test('brings the cluster with its tablespace, and is done once', async () => {
    const predicted = await spare.predict(wish)
    const { changes, fields } = await spare.restore(wish)
    const told = (all: typeof changes) => all.filter(({ subject }) => !subject.startsWith('old cluster'))
    expect(told(predicted)).toEqual(told(changes))
    expect(fields).toMatchObject({ source: `${far.repository}/db1`, target: { asked: 'latest' } })
    expect(await rows(spare)).toBe('1 2 3 4')
    expect(await spare.sql("SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = 'far'")).toBe(
      `${spare.host.home}/its place`,
    )
    expect(await spare.sql('SHOW archive_mode')).toBe('off')
    expect((await spare.restore(wish)).changes).toEqual([])
    expect(await source.sh(`find '${fleet.repository}' -name '.reading-*'`)).toBe('')
  })

  test('R19: has the last WAL of the cluster itself, which nobody archived', async () => {
    await far.reach(source, 'db1', 'write')
    await source.sql('INSERT INTO t VALUES (5)')
    await source.host.postgres.kill()
    const { fields } = await source.restore({ repository: far.repository, replace: true })
    expect(await rows(source)).toBe('1 2 3 4 5')
    expect(fields).toMatchObject({ source: `${far.repository}/db1`, needs_backup: true })
  })

  test('a repository host that is gone is said before anything is touched', async () => {
    await far.stop()
    const error = await spare.refusal({ ...wish, replace: true, again: true })
    expect(error.code).toBe('archive/unreachable')
    expect(await rows(spare)).toBe('1 2 3 4')
  })
})
