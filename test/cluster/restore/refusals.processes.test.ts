import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import postgresql_verify from '../../../src/modules/postgresql/postgresql_verify.ts'
import { run } from '../../modules/harness.ts'
import { NOW, type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

let fleet: RestoreFleet
let source: RestoreHost
let spare: RestoreHost
const at: Record<string, string> = {}
const wal: string[] = []

const last = (text: string): string => text.split('\n').at(-1) ?? ''

beforeAll(async () => {
  fleet = await startRestoreFleet([true, false])
  source = fleet.host('db1')
  spare = fleet.host('db2')
  at.dawn = await source.sql(NOW)
  await source.sql('CREATE TABLE t (i int)', 'INSERT INTO t VALUES (1)')
  at.early_lsn = await source.sql('SELECT pg_current_wal_insert_lsn()')
  await source.archive()
  at.first = await source.backup('first')
  await source.sql('INSERT INTO t VALUES (2)', "SELECT pg_create_restore_point('between')")
  at.between = last(await source.sql('SELECT pg_sleep(0.01)', NOW))
  await source.sql('INSERT INTO t VALUES (3)')
  wal.push(await source.switchWal())
  await source.sh('sleep 1.1')
  at.second = await source.backup('second')
  for (const value of [4, 5, 6]) {
    at[`xid${value}`] = await source.sql(
      'BEGIN',
      `INSERT INTO t VALUES (${value})`,
      'SELECT pg_current_xact_id()',
      'COMMIT',
    )
    wal.push(await source.switchWal())
  }
  at.end = last(await source.sql('SELECT pg_sleep(0.01)', NOW))
})
afterAll(() => fleet?.close())

const refuse = (wish = {}) => spare.refusal({ source: 'db1', ...wish })
const rows = (host: RestoreHost) => host.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")

describe('a target', () => {
  test('R6: before the end of every backup is refused', async () => {
    for (const wish of [{ target_time: at.dawn }, { target_lsn: at.early_lsn }]) {
      const error = await refuse(wish)
      expect(error.code).toBe('restore/target-before-backup')
      expect(error.message).toMatch(/^(time|lsn) .* is before the end of every backup$/)
      expect(error.hints[1]).toContain(`the oldest usable backup is ${at.first}`)
    }
  })

  test('R6: before the end of the backup that was named is refused, though an older one would do', async () => {
    const error = await refuse({ target_time: at.between, backup: 'second' })
    expect(error.code).toBe('restore/target-before-backup')
    expect(error.message).toMatch(/ is before the end of the backup$/)
  })

  test('R6: the newest backup that ends before the target is taken', async () => {
    const backupOf = async (wish: Record<string, string | undefined>): Promise<string> => {
      const changes = await spare.predict({ source: 'db1', ...wish } as never)
      return String(changes.find(({ subject }) => subject === 'backup')?.after).split(',')[0] ?? ''
    }
    expect(await backupOf({ target_time: at.between })).toBe(at.first)
    expect(await backupOf({ target_name: 'between' })).toBe(at.first)
    expect(await backupOf({ target_xid: at.xid4 })).toBe(at.second)
    expect(await backupOf({})).toBe(at.second)
    expect(await backupOf({ backup: 'first' })).toBe(at.first)
  })

  test('R6: between the start of a backup and its end is what no transaction had changed', async () => {
    const record = JSON.parse(await source.sh(`cat '${fleet.repository}/db1/backup/${at.second}/backup.json'`))
    const changes = await spare.predict({ source: 'db1', target_time: record.start_time, target_inclusive: true })
    expect(changes.find(({ subject }) => subject === 'backup')?.after).toContain(at.second)
  })

  test('R7: in the idle tail is refused with the last commit and a way out', async () => {
    const error = await refuse({ target_time: at.end })
    expect(error.code).toBe('restore/target-after-end')
    expect(error.message).toMatch(
      /^no transaction ended after 20\S+ \S+\+00: the last one was committed at 20\S+ \S+\+00$/,
    )
    expect(error.hints).toContain('target: latest restores all that is there')
  })

  test('R8: without a time zone is refused, and so is an abbreviation', async () => {
    for (const target_time of ['2026-11-22 09:30:00', '2026-11-22 09:30:00 CST']) {
      const error = await refuse({ target_time })
      expect(error.code).toBe('postgres/bad-target')
      expect(error.hints.join(' ')).toContain('write it with an offset or a zone')
    }
  })

  test('that is not archived is refused', async () => {
    expect((await refuse({ target_lsn: 'FF/0' })).code).toBe('restore/target-after-end')
    expect((await refuse({ target_xid: '99999' })).message).toMatch(/^transaction 99999 did not end in the archive/)
    const error = await refuse({ target_name: 'betwen' })
    expect(error.code).toBe('restore/target-not-found')
    expect(error.hints[0]).toBe('did you mean "between"?')
  })

  test('of two kinds is refused', async () => {
    const error = await refuse({ target_xid: at.xid4, target_name: 'between' })
    expect(error.message).toBe('target_name and target_xid cannot both be the target')
  })
})

describe('a source', () => {
  test('that is not in the repository, or holds no backup, is refused', async () => {
    expect((await refuse({ source: 'db9' })).code).toBe('archive/no-identity')
    const error = await refuse({ backup: 'firs' })
    expect(error.code).toBe('restore/no-such-backup')
    expect(error.hints[0]).toBe('did you mean "first"?')
  })
})

describe('a chain of WAL', () => {
  const archive = () => `'${fleet.repository}/db1/wal/00000001'`
  beforeEach(async () => {
    await source.sh(
      `rm -rf /tmp/kept-$$; cd ${archive()}; [ -d ../kept ] || cp -pR . ../kept; rm -rf ./*; cp -pR ../kept/. .`,
    )
    return () => source.sh(`cd ${archive()} && rm -rf ./* && cp -pR ../kept/. . && rm -rf ../kept`)
  })
  const damage = (script: string) => source.sh(`cd ${archive()}; set -- ${wal[2]}*; ${script}`)
  const verify = () =>
    run(
      postgresql_verify,
      { cluster: source.host.dataDirectory, repository: fleet.repository, name: 'db1' },
      {
        session: source.session,
      },
    )

  test('whole is verified', async () => {
    const { fields, failed } = await verify()
    expect(failed).toBeUndefined()
    expect(fields).toMatchObject({ backup: at.second, problems: [], files: { count: expect.any(Number) } })
    expect(fields?.chains).toMatchObject([{ timeline: 1, last_segment: wal[3], problem: null }])
  })

  test('R1: with a gap is refused, and says how far a restore can go', async () => {
    await damage('rm "$1"')
    const error = await refuse()
    expect(error.code).toBe('restore/wal-missing')
    expect(error.message).toBe(`WAL segment ${wal[2]} is missing: it is not in the archive`)
    expect(error.hints[0]).toMatch(/^everything before it can be restored: target_lsn: 0\//)
    expect((await verify()).failed).toBe(true)
    const target_lsn = (error.hints[0] ?? '').split(': ').at(-1) ?? ''
    expect((await spare.predict({ source: 'db1', target_lsn })).length).toBeGreaterThan(0)
  })

  test('R3: with a damaged record is refused, and names it', async () => {
    await damage(
      'zstd -dq --rm "$1" 2>/dev/null; f=${1%.zst}; printf XXXXXXXX | dd of="$f" bs=1 seek=60 conv=notrunc 2>/dev/null',
    )
    const error = await refuse()
    expect(error.code).toBe('restore/wal-corrupt')
    expect(error.message).toMatch(new RegExp(`^WAL segment ${wal[2]} is damaged at 0/[0-9A-F]+: `))
  })

  test('R4: with a short segment is refused', async () => {
    await damage('zstd -dq --rm "$1" 2>/dev/null; truncate -s 90000 "${1%.zst}"')
    expect((await refuse()).message).toBe(`WAL segment ${wal[2]} is not whole: it has 90000 bytes instead of 1048576`)
  })

  test('with a segment that does not unpack is refused', async () => {
    await damage('truncate -s 300 "$1"')
    expect((await refuse()).code).toBe('restore/wal-unreadable')
  })

  test('with a foreign segment is refused', async () => {
    await damage(
      'zstd -dq --rm "$1" 2>/dev/null; printf ABCDEFGH | dd of="${1%.zst}" bs=1 seek=24 conv=notrunc 2>/dev/null',
    )
    expect((await refuse()).code).toBe('restore/wal-foreign')
  })

  test('with a gap behind the target is no reason to refuse', async () => {
    await damage('rm "$1"')
    await spare.restore({ source: 'db1', target_xid: at.xid4 ?? '' })
    expect(await rows(spare)).toBe('1 2 3 4')
    await spare.sh(`pg_ctl -D '${spare.host.dataDirectory}' -w stop >/dev/null; rm -rf '${spare.host.dataDirectory}'*`)
  })
})

describe('the place', () => {
  test('R20: a folder with something in it is refused', async () => {
    await spare.sh(`mkdir '${spare.host.dataDirectory}'; echo precious > '${spare.host.dataDirectory}/file'`)
    const error = await refuse()
    expect(error.code).toBe('restore/directory-not-empty')
    const { fields } = await spare.restore({ source: 'db1', replace: true })
    expect(await spare.sh(`cat '${fields.set_aside}/file'`)).toBe('precious')
    expect(await rows(spare)).toBe('1 2 3 4 5 6')
  })

  test('R21: a stale postmaster.pid with the pid of another program is no server', async () => {
    const data = spare.host.dataDirectory
    const sleeper = await spare.sh(`pg_ctl -D '${data}' -w -m immediate stop >/dev/null
sleep 300 >/dev/null 2>&1 & echo $! > '${data}/postmaster.pid'; cat '${data}/postmaster.pid'`)
    const error = await refuse({ target_name: 'between' })
    expect(error.code).toBe('restore/directory-not-empty')
    await spare.restore({ source: 'db1', target_name: 'between', replace: true })
    await spare.sh(`kill ${sleeper}`)
    expect(await rows(spare)).toBe('1 2')
  })

  test('R21: a server whose postmaster.pid is gone is one all the same', async () => {
    const data = spare.host.dataDirectory
    const pid = await spare.sh(`head -n 1 '${data}/postmaster.pid'; mv '${data}/postmaster.pid' '${data}/../saved.pid'`)
    try {
      const error = await refuse()
      expect(error.code).toBe('restore/cluster-running')
      expect(error.message).toContain(`pid ${pid}`)
    } finally {
      await spare.sh(`mv '${data}/../saved.pid' '${data}/postmaster.pid'`)
    }
  })

  test('R22: the data directory is for its owner alone', async () => {
    expect(await spare.sh(`stat -c %a '${spare.host.dataDirectory}'`)).toBe('700')
  })
})
