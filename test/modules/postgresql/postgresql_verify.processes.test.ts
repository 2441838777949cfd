import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatPieces, type ProvenPiece, parsePieces } from '../../../src/cluster/chain/proven-pieces.ts'
import type { CopyCheck } from '../../../src/cluster/copy/check-copy.ts'
import type { VerifiedChain } from '../../../src/cluster/restore/verify-chains.ts'
import { parseArguments } from '../../../src/modules/arguments.ts'
import postgresql_verify from '../../../src/modules/postgresql/postgresql_verify.ts'
import { damaged, FLIP } from '../../cluster/restore/damage.ts'
import { type FarRepository, startFarRepository } from '../../cluster/restore/far-repository.ts'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from '../../cluster/restore/restore-fleet.ts'

let fleet: RestoreFleet
let far: FarRepository
let source: RestoreHost
let spare: RestoreHost
const wal: string[] = []

beforeAll(async () => {
  fleet = await startRestoreFleet([true, false, true], ['--data-checksums'])
  far = await startFarRepository(fleet)
  source = fleet.host('db1')
  spare = fleet.host('db2')
  await source.sql('CREATE TABLE t (i int PRIMARY KEY)', 'INSERT INTO t SELECT generate_series(1, 1000)')
  await source.archive()
  await source.backup()
  for (const value of [1001, 1002, 1003]) {
    await source.sql(`INSERT INTO t VALUES (${value})`)
    wal.push(await source.switchWal())
  }
  await far.reach(spare, 'db1')
})
afterAll(async () => {
  await far?.stop()
  await fleet?.close()
})

interface Proof {
  readonly failed?: boolean
  readonly msg?: string
  readonly problems?: readonly string[]
  readonly files?: { readonly count: number; readonly contents: boolean } | null
  readonly chains?: readonly VerifiedChain[]
  readonly copy?: CopyCheck | null
  readonly warnings: readonly string[]
}

const verify = async (wish = {}, host = spare, checkMode = false): Promise<Proof> => {
  const given = { cluster: host.host.dataDirectory, source: 'db1', repository: far.repository, ...wish }
  const ctx = host.context({ checkMode })
  const params = parseArguments('postgresql_verify', postgresql_verify, given)
  return { ...(await postgresql_verify.read(ctx, params as never)), warnings: ctx.warnings }
}
const chainOf = ({ chains }: Proof): VerifiedChain | undefined => chains?.[0]
const stored = (segment = wal[1] ?? ''): string => `'${fleet.repository}/db1/wal/00000001/${segment}.zst'`

/** Until what was written a moment ago counts as settled. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 2100))

describe('on a repository host', () => {
  test('a whole backup and the WAL behind it are proven', async () => {
    const good = await verify()
    expect(good).toMatchObject({ problems: [], files: { contents: false } })
    expect(good.failed).toBeUndefined()
    expect(chainOf(good)).toMatchObject({ last_segment: wal.at(-1), problem: null })
  })

  test('a segment that is missing and a file of the backup that is damaged are named', async () => {
    const broken = await damaged(source, stored(), 'rm "$1"', verify)
    expect(broken).toMatchObject({ failed: true, msg: expect.stringContaining(`WAL segment ${wal[1]} is missing`) })
    const base = await source.sh(`ls '${fleet.repository}'/db1/backup/*/base.tar.zst`)
    const hit = 'printf X | dd of="$1" bs=1 seek=5000 conv=notrunc 2>/dev/null'
    expect((await damaged(source, base, hit, verify)).msg).toContain('base.tar.zst is damaged: its digest is ')
  })

  test('that does not let this host in nothing can be said of it: an error, and a word in check mode', async () => {
    const stranger = fleet.host('db3')
    await expect(verify({}, stranger)).rejects.toMatchObject({ code: 'archive/no-link' })
    expect(await verify({}, stranger, true)).toEqual({
      msg: `${far.repository}/db1 was not verified`,
      warnings: [
        `this host has no key for ${far.repository}/db1; what is there is not known to check mode before it is let in`,
      ],
    })
  })
})

describe('what was proven', () => {
  test('is not read again, and what is new is', async () => {
    await settled()
    const first = chainOf(await verify({ files: false }))
    const again = chainOf(await verify({ files: false }))
    expect(again).toEqual({ ...first, recalled: first?.segments })
    await source.sql('CREATE TABLE more ()')
    wal.push(await source.switchWal())
    await settled()
    const later = chainOf(await verify({ files: false }))
    expect(later).toMatchObject({ last_segment: wal.at(-1), recalled: first?.segments })
    expect(later?.segments).toBeGreaterThan(first?.segments ?? 0)
    expect(chainOf(await verify({ files: false, full: true }))).toMatchObject({
      segments: later?.segments,
      recalled: 0,
    })
  })

  test('does not count for a file that was changed since, though it has the same size and time', async () => {
    const hit = `${FLIP}; truncate -s "$(stat -c %s kept)" "$1"; touch -r kept "$1"`
    const { failed, msg } = await damaged(source, stored(), hit, () => verify({ files: false }))
    expect([failed, msg]).toEqual([true, expect.stringContaining(`WAL segment ${wal[1]} `)])
  })

  test('is noted beside the key of a host that may only read; and no restore believes it', async () => {
    const note = `${spare.host.home}/.lifeboat/ssh/backup1${fleet.repository}/db1/proven.json`
    expect(await source.sh(`ls '${fleet.repository}/db1'`)).not.toContain('proven.json')
    const identifier = await source.sql('SELECT system_identifier FROM pg_control_system()')
    const error = await damaged(source, stored(), FLIP, async () => {
      await settled()
      // A note that claims the damaged file as it is now convinces verify.
      const pieces = parsePieces(await spare.sh(`cat '${note}'`), identifier)
      const forged = await Promise.all(pieces.map(async (piece) => ({ ...piece, files: await filesOf(piece) })))
      await spare.sh(`printf %s '${formatPieces(forged, identifier)}' > '${note}'`)
      expect((await verify({ files: false })).failed).toBeUndefined()
      expect((await verify({ files: false, full: true })).failed).toBe(true)
      return spare.refusal({ source: 'db1', repository: far.repository })
    })
    expect(error.code).toBe('restore/wal-corrupt')
  })

  test('is noted in the folder of the cluster where that is one of this host, but not in check mode', async () => {
    const note = `'${fleet.repository}/db1/proven.json'`
    await settled()
    const near = { repository: fleet.repository, files: false }
    await verify(near, source, true)
    expect(await source.sh(`ls ${note} 2>&1 || true`)).toContain('No such file')
    const first = chainOf(await verify(near, source))
    expect(first?.recalled).toBe(0)
    expect(chainOf(await verify(near, source))?.recalled).toBe(first?.segments)
  })
})

/** The digest that a proof of the segments of a piece would note now. */
const filesOf = async ({ newest, segments }: ProvenPiece): Promise<string> => {
  const listed = await source.sh(`cd '${fleet.repository}/db1' && stat -c '%n %s %Y %Z' wal/00000001/*.zst`)
  const lines = listed.split('\n').filter((line) => /^wal\/00000001\/[0-9A-F]{24}\.zst /.test(line))
  const end = lines.findIndex((line) => line.startsWith(`${newest} `)) + 1
  const text = lines.slice(end - segments, end).map((line) => `${line}\n`)
  return createHash('sha256').update(text.join('')).digest('hex')
}

describe('a restored copy', () => {
  const look = async (more = {}) => verify({ files: false, copy: spare.host.dataDirectory, ...more })

  beforeAll(async () => {
    await spare.restore({ source: 'db1', repository: far.repository })
  })

  test('R26: that runs is checked with pg_amcheck, in the databases that have the extension', async () => {
    const without = await look()
    expect(without.copy).toMatchObject({
      running: true,
      amcheck: { checked: false, why: 'no database has the extension amcheck' },
    })
    expect(without.warnings).toEqual([
      `the copy ${spare.host.dataDirectory} was not checked: the server runs; pg_checksums needs it shut down; no database has the extension amcheck`,
    ])
    await spare.sql('CREATE EXTENSION amcheck')
    const one = await look()
    expect(one.copy?.amcheck).toMatchObject({
      checked: true,
      databases: ['postgres'],
      skipped: ['template1'],
      problems: [],
    })
    expect(one.warnings).toEqual(['not checked for want of the extension amcheck: template1 (install_amcheck: true)'])
    const all = await look({ install_amcheck: true })
    expect(all.copy?.amcheck).toMatchObject({ databases: ['postgres', 'template1'], skipped: [], problems: [] })
    expect(all.failed).toBeUndefined()
  })

  test('R26: an index that lacks rows is found', async () => {
    await spare.sql("UPDATE pg_index SET indisready = false WHERE indexrelid = 't_pkey'::regclass")
    await spare.sql('INSERT INTO t VALUES (5000)')
    await spare.sql("UPDATE pg_index SET indisready = true WHERE indexrelid = 't_pkey'::regclass")
    const { failed, copy, msg } = await look()
    expect(failed).toBe(true)
    expect(copy?.amcheck.problems.join('\n')).toContain('lacks matching index tuple')
    expect(msg).toContain(`${spare.host.dataDirectory}, pg_amcheck: `)
  })

  test('that is shut down is checked with pg_checksums, to the block', async () => {
    const file = await spare.sql("SELECT pg_relation_filepath('t')")
    await spare.host.postgres.stop()
    const good = await look()
    expect(good.copy).toMatchObject({
      running: false,
      checksums: { checked: true, bad: 0, problems: [], why: null },
      amcheck: { checked: false, why: 'the server does not run; pg_amcheck asks it' },
    })
    expect(good.copy?.checksums.blocks).toBeGreaterThan(100)
    expect([good.failed, good.warnings]).toEqual([undefined, []])
    await spare.sh(`printf XX | dd of='${spare.host.dataDirectory}/${file}' bs=1 seek=9000 conv=notrunc 2>/dev/null`)
    const { failed, copy } = await look()
    expect([failed, copy?.checksums.bad]).toEqual([true, 1])
    expect(copy?.checksums.problems[0]).toMatch(/^checksum verification failed in file ".*", block 1: /)
  })

  test('that was not shut down cleanly says so', async () => {
    await spare.host.postgres.start()
    await spare.host.postgres.kill()
    expect((await look()).copy?.checksums).toMatchObject({
      checked: false,
      why: 'the server was not shut down cleanly, its state is "in production"',
    })
  })

  test('B17: what passes every look at the files shows in a copy that was restored from them', async () => {
    await source.sql("UPDATE pg_index SET indisready = false WHERE indexrelid = 't_pkey'::regclass")
    await source.sql('INSERT INTO t VALUES (5000)')
    await source.sql("UPDATE pg_index SET indisready = true WHERE indexrelid = 't_pkey'::regclass")
    const backup = await source.backup()
    const wish = { repository: fleet.repository, full: true }
    const files = await verify(wish)
    expect([files.failed, files.problems]).toEqual([undefined, []])
    await spare.restore({ source: 'db1', backup, replace: true })
    const { failed, msg } = await verify({ ...wish, copy: spare.host.dataDirectory, install_amcheck: true })
    expect(failed).toBe(true)
    expect(msg).toMatch(/^\S+, pg_amcheck: /)
    expect(msg).toContain('lacks matching index tuple')
  })

  test('must come from there', async () => {
    const stranger = fleet.host('db3')
    const wish = { repository: fleet.repository, files: false, copy: stranger.host.dataDirectory }
    await expect(verify(wish, stranger)).rejects.toMatchObject({ code: 'archive/identity-mismatch' })
  })
})
