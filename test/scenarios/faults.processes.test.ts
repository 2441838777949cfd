import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LifeboatError } from '../../src/base/errors.ts'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from '../cluster/restore/restore-fleet.ts'

let fleet: RestoreFleet
let source: RestoreHost
let other: RestoreHost
let id: string
let bad: string
let copies = 0

beforeAll(async () => {
  fleet = await startRestoreFleet([true, true])
  source = fleet.host('db1')
  other = fleet.host('db2')
  for (const host of [source, other]) {
    await host.sql('ALTER SYSTEM SET autovacuum = off')
    await host.sql('CREATE TABLE t (i int)', 'INSERT INTO t VALUES (1)')
    await host.archive()
  }
  id = await source.backup()
  const wal: string[] = []
  for (const value of [2, 3, 4]) {
    await source.sql(`INSERT INTO t VALUES (${value})`)
    wal.push(await source.switchWal())
  }
  bad = wal[1] ?? ''
  // The other cluster has segments of the same names.
  while ((await other.switchWal()) < bad) await other.sql("SELECT pg_logical_emit_message(true, 'x', 'y')")
})
afterAll(() => fleet?.close())

/** A copy of the repository with one fault, made in the folder of db1. */
const faulty = async (fault: string): Promise<string> => {
  const copy = `${fleet.repository}-${++copies}`
  await source.sh(`cp -pR '${fleet.repository}' '${copy}'; cd '${copy}/db1' || exit; set -e
${fault}`)
  return copy
}

const digest = (repository: string): Promise<string> =>
  source.sh(`cd '${repository}' && find . -type f | sort | xargs sha256sum && find . ! -type f | sort`)

/** What a restore over a running cluster from a faulty copy is refused with: neither is touched by it. */
const refused = async (fault: string, wish = {}): Promise<LifeboatError> => {
  const repository = await faulty(fault)
  const before = await digest(repository)
  const error = await other.refusal({ repository, source: 'db1', replace: true, ...wish })
  expect(await digest(repository), 'the repository is as it was').toBe(before)
  return error
}
const system = (host: RestoreHost): Promise<string> => host.sql('SELECT system_identifier FROM pg_control_system()')

describe('one segment of the chain', () => {
  const segment = (): string => `wal/00000001/${bad}`
  const plain = (change: string): string => `zstd -dq --rm ${segment()}.zst; f=${segment()}\n${change}`
  const expectChain = (error: LifeboatError, code: string, message: string): void => {
    expect([error.code, error.message]).toEqual([code, message])
    expect(error.hints).toEqual([
      expect.stringMatching(/^everything before it can be restored: target_lsn: 0\/[0-9A-F]+$/),
      expect.stringMatching(/^the latest transaction before it was committed at \d{4}-\d\d-\d\d [\d:.]+\+00$/),
    ])
  }

  test('missing', async () => {
    const error = await refused(`rm ${segment()}.zst`)
    expectChain(error, 'restore/wal-missing', `WAL segment ${bad} is missing: it is not in the archive`)
  })

  test('truncated, as it was written or as it is stored', async () => {
    const error = await refused(plain('truncate -s 500000 "$f"'))
    const message = `WAL segment ${bad} is not whole: it has 500000 bytes instead of 1048576`
    expectChain(error, 'restore/wal-truncated', message)
    const packed = await refused(`truncate -s -9 ${segment()}.zst`)
    expect(packed.message).toMatch(new RegExp(`^WAL segment ${bad} does not unpack: .+`))
    expectChain(packed, 'restore/wal-unreadable', packed.message)
  })

  test('with one bit flipped', async () => {
    const insert = `s/^rmgr: Heap .* lsn: \\(0\\/[0-9A-F]*\\), .* INSERT .*$/\\1/p`
    const lsn = await source.sh(
      `d=$(mktemp -d); zstd -dq '${fleet.repository}/db1/${segment()}.zst' -o $d/${bad}
      pg_waldump $d/${bad} 2>/dev/null | sed -n '${insert}' | head -n 1; rm -r $d`,
    )
    const place = Number.parseInt(lsn.slice(2), 16)
    const flip = `o=$((${place} % 1048576 + 30)); b=$(od -An -tu1 -j$o -N1 "$f")
      printf "\\\\$(printf %o $((b ^ 1)))" | dd of="$f" bs=1 seek=$o conv=notrunc 2>/dev/null`
    const error = await refused(plain(flip))
    const at = `0/${place.toString(16).toUpperCase()}`
    expect(error.message).toMatch(
      new RegExp(
        `^WAL segment ${bad} is damaged at ${at}: error in WAL record at 0/[0-9A-F]+: incorrect resource manager data checksum in record at ${at}$`,
      ),
    )
    expectChain(error, 'restore/wal-corrupt', error.message)
  })

  test('of another cluster', async () => {
    const error = await refused(`cp -p ../db2/${segment()}.zst ${segment()}.zst`)
    const [theirs, ours] = [await system(other), await system(source)]
    expectChain(
      error,
      'restore/wal-foreign',
      `WAL segment ${bad} belongs to another cluster: it was written by system ${theirs}, not ${ours}`,
    )
  })
})

describe('a file of the backup', () => {
  const folder = (): string => `backup/${id}`
  const sha256 = (file: string): Promise<string> => source.sh(`sha256sum < '${file}' | cut -d' ' -f1`)

  test.each([
    ['an archive is missing', () => `rm ${folder()}/base.tar.zst`, /base\.tar\.zst is missing/],
    [
      'an archive is cut',
      () => `truncate -s -1 ${folder()}/base.tar.zst`,
      /base\.tar\.zst has \d+ bytes instead of \d+/,
    ],
    ['the manifest is missing', () => `rm ${folder()}/backup_manifest`, /backup_manifest is missing/],
    ['the record is missing', () => `rm ${folder()}/backup.json`, /it has no backup\.json/],
    [
      'the record is damaged',
      () => `truncate -s 300 ${folder()}/backup.json`,
      /backup\.json is not the record of a backup/,
    ],
  ])('%s: it is no backup any more, and says why', async (_, fault, why) => {
    const repository = `${fleet.repository}-${copies + 1}`
    const error = await refused(fault())
    expect([error.code, error.message]).toEqual([
      'restore/no-backup',
      `there is no whole backup in ${repository}/db1/backup`,
    ])
    expect(error.hints).toEqual([
      expect.stringMatching(new RegExp(`^${id} is damaged: .*${why.source}$`)),
      'take one first (playbook backup.yml)',
    ])
  })

  // Its size tells nothing: it shows only when it is read, beside a cluster that still runs.
  test.each([
    ['an archive', 'base.tar.zst', 400_000],
    ['the manifest', 'backup_manifest', 300],
  ])('%s is damaged, its size as it was: the old cluster runs on', async (_, name, place) => {
    const pid = `head -n 1 '${other.host.dataDirectory}/postmaster.pid'`
    const running = await other.sh(pid)
    const error = await refused(
      `printf '\\252\\252\\252\\252' | dd of=${folder()}/${name} bs=1 seek=${place} conv=notrunc 2>/dev/null`,
    )
    expect([await other.sh(pid), await other.sql('SELECT i FROM t')]).toEqual([running, '1'])
    const repository = `${fleet.repository}-${copies}`
    const is = await sha256(`${repository}/db1/${folder()}/${name}`)
    const was = await sha256(`${fleet.repository}/db1/${folder()}/${name}`)
    expect([error.code, error.message]).toEqual([
      'restore/backup-damaged',
      `the backup ${id} is damaged: ${name} is damaged: its digest is ${is}, not ${was}`,
    ])
    expect(error.hints.at(-1)).toBe('choose another backup')
  })

  test('the identity is missing, as where a share is not mounted', async () => {
    const error = await refused('rm identity.json')
    expect(error.code).toBe('archive/no-identity')
  })
})

describe('the history file of a timeline', () => {
  const lost = 'rm wal/00000002.history'
  let repository: string

  beforeAll(async () => {
    await source.sql("SELECT pg_create_restore_point('all of it')")
    await source.restore({ replace: true, target_name: 'all of it' })
    await source.sql('INSERT INTO t VALUES (5)')
    await source.sql("SELECT pg_create_restore_point('on two')")
    await source.sql('INSERT INTO t VALUES (6)')
    await source.switchWal()
  })

  test('R16: lost, its WAL is not taken for nothing', async () => {
    const error = await refused(lost)
    repository = `${fleet.repository}-${copies}`
    expect([error.code, error.message]).toEqual([
      'restore/history-lost',
      'the archive holds WAL of timeline 2, and 00000002.history is lost',
    ])
    expect(error.hints).toEqual([
      'where it was forked is not known, so neither is what belongs to the state that is asked for',
      `put it back into ${repository}/db1/wal: it is in pg_wal of the cluster that wrote it`,
      'or name another timeline with target_timeline, if nothing of it is wanted',
    ])
    const wish = { repository, source: 'db1', replace: true }
    expect((await other.refusal({ ...wish, target_timeline: '2' })).message).toBe(error.message)
    expect((await other.refusal({ ...wish, target_timeline: 'latest' })).message).toBe(error.message)
    expect((await other.predict({ ...wish, target_timeline: '1' })).length).toBeGreaterThan(0)
  })

  test('R17: lost, and known from the record of a backup still: recovery follows it', async () => {
    await source.backup('on two')
    repository = await faulty(lost)
    const wish = { repository, source: 'db1', replace: true }
    await other.restore({ ...wish, target_name: 'on two', target_timeline: '2' })
    expect(await other.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")).toBe('1 2 3 4 5')
    expect(await other.sql('SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)')).toBe('00000003')
  })
})

test('after all of them the whole repository restores every row', async () => {
  await other.restore({ source: 'db1', replace: true, target_timeline: '2' })
  expect(await other.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")).toBe('1 2 3 4 5 6')
})
