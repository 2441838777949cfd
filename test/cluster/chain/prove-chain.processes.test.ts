import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { archivedSegments, localSegments } from '../../../src/cluster/chain/archived-segments.ts'
import { type ChainProof, proveChain } from '../../../src/cluster/chain/prove-chain.ts'
import { seekFor } from '../../../src/cluster/chain/seek.ts'
import { layRoute } from '../../../src/cluster/chain/wal-route.ts'
import { openAccess } from '../../../src/cluster/repository/access.ts'
import { layoutOf } from '../../../src/cluster/repository/layout.ts'
import { parseWalFile } from '../../../src/cluster/repository/wal-file.ts'
import { formatLsn, parseLsn } from '../../../src/postgres/lsn.ts'
import { parseMoment } from '../../../src/postgres/moment.ts'
import type { RecoveryTarget } from '../../../src/postgres/recovery-target.ts'
import { TimelineTree } from '../../../src/postgres/timeline-tree.ts'
import { type PrivateCluster, privateCluster } from './private-cluster.ts'

const MB = 1024 * 1024
let cluster: PrivateCluster
let systemIdentifier = ''
let start = ''
const wal: string[] = []
const xids: number[] = []
const times: string[] = []

beforeAll(async () => {
  cluster = await privateCluster('', ['max_prepared_transactions = 5', 'max_wal_size = 32MB'])
  const control = await cluster.sh('pg_controldata data | sed -n "s/^Database system identifier: *//p"')
  systemIdentifier = control
  start = await cluster.sql('checkpoint', 'select redo_lsn from pg_control_checkpoint()')
  await cluster.sql('create table t (i int)')
  const commit = async (value: number): Promise<void> => {
    const out = await cluster.sql(
      'begin',
      `insert into t select ${value} from generate_series(1, 4000)`,
      'select pg_current_xact_id()',
      'commit',
      'select pg_sleep(0.02)',
      `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`,
    )
    const lines = out.split('\n').filter((line) => line !== '')
    xids.push(Number(lines[0]))
    times.push(`${lines[1]}Z`)
  }
  for (let value = 0; value < 3; value++) {
    await commit(value)
    wal.push(await cluster.switchWal())
  }
  await cluster.sql("select pg_create_restore_point('before the drop, 100%')", 'drop table t')
  wal.push(await cluster.switchWal())
})
afterAll(() => cluster.remove())

/** Lays a copy of the archive as the repository has it, changed by a script in its folder, and proves it. */
const prove = async (
  options: {
    script?: string
    target?: RecoveryTarget
    inclusive?: boolean
    tree?: TimelineTree
    timeline?: number
    local?: string
    from?: string
    limit?: string
  } = {},
): Promise<ChainProof> => {
  const listing = await cluster.sh(`rm -rf copy; mkdir -p copy/wal/00000001 copy/wal/00000002
for f in $(ls archive | grep -E '^[0-9A-F]{24}$'); do cp archive/$f copy/wal/00000001; done
cd copy/wal/00000001; ${options.script ?? ''}
cd ..; for f in */*; do echo "$f"; done`)
  const files = listing.split('\n').flatMap((path) => parseWalFile(path, MB) ?? [])
  const local = options.local
    ? localSegments((await cluster.sh(`ls ${options.local}`)).split('\n'), `${cluster.folder}/${options.local}`, MB)
    : []
  const tree = options.tree ?? new TimelineTree(new Map(), [1])
  const target = options.target ?? { kind: 'latest' }
  return proveChain(cluster.session, {
    access: await openAccess(cluster.session, layoutOf({ kind: 'path', path: cluster.folder }, 'copy')),
    binDirectory: cluster.binDirectory,
    systemIdentifier,
    route: layRoute(tree, options.timeline ?? 1, [...archivedSegments(files, MB), ...local], MB),
    from: parseLsn(options.from ?? start),
    seek: seekFor(target, options.inclusive ?? true, parseLsn(options.from ?? start)),
    ...(options.limit ? { limit: parseLsn(options.limit) } : {}),
  })
}

const lastRecord = async (): Promise<string> =>
  (
    await cluster.sh(
      `pg_waldump -p archive -t 1 -s ${start} -e 0/${(Number.parseInt(wal.at(-1)?.slice(-8) ?? '', 16) + 1).toString(16).toUpperCase()}00000 | tail -n 1`,
    )
  ).replace(/.*lsn: ([0-9A-F]+)\/0*([0-9A-F]+),.*/, '$1/$2')

describe('a whole chain', () => {
  it('reaches the last record, and knows the latest commit and the restore points', async () => {
    const proof = await prove()
    expect(proof.problem).toBeUndefined()
    expect(formatLsn(proof.last ?? 0n)).toBe(await lastRecord())
    expect(proof.lastSegment).toBe(wal.at(-1))
    expect(proof.restorePoints.map((point) => point.name)).toEqual(['before the drop, 100%'])
    expect((proof.latestCommit?.at ?? 0n) > parseMoment(times[2] ?? '')).toBe(true)
  })

  it('is the same when its segments are compressed in three ways', async () => {
    const plain = await prove()
    const packed = await prove({
      script: `zstd -q --rm ${wal[0]}; lz4 -q -m --rm ${wal[1]}; gzip ${wal[2]}`,
    })
    expect(packed).toEqual(plain)
  })

  it('leaves nothing behind', async () => {
    expect(await cluster.sh('ls -d /var/tmp/lifeboat-chain.* 2>/dev/null || true')).toBe('')
  })
})

describe('what is sought', () => {
  it('is found by xid', async () => {
    const { found } = await prove({ target: { kind: 'xid', xid: xids[1] ?? 0 } })
    expect(found).toMatchObject({ kind: 'commit', xid: xids[1] })
  })

  it('is found by name', async () => {
    const { found, restorePoints } = await prove({ target: { kind: 'name', name: 'before the drop, 100%' } })
    expect(found).toMatchObject({ kind: 'point', lsn: restorePoints[0]?.lsn })
    expect((await prove({ target: { kind: 'name', name: 'before the drop' } })).found).toBeUndefined()
  })

  it('is found by time: the first transaction that ended after it', async () => {
    const { found } = await prove({ target: { kind: 'time', at: parseMoment(times[0] ?? '') } })
    expect(found).toMatchObject({ kind: 'commit', xid: xids[1] })
  })

  it('counts the very moment in or out as inclusive says', async () => {
    const { latestCommit } = await prove({ target: { kind: 'time', at: parseMoment(times[1] ?? '') } })
    expect(latestCommit?.at).toBeDefined()
    const at = (await prove({ target: { kind: 'xid', xid: xids[1] ?? 0 } })).found?.at ?? 0n
    expect((await prove({ target: { kind: 'time', at } })).found?.xid).toBe(xids[2])
    expect((await prove({ target: { kind: 'time', at }, inclusive: false })).found?.xid).toBe(xids[1])
  })

  it('is found by lsn: the first record at or behind it', async () => {
    const commit = (await prove({ target: { kind: 'xid', xid: xids[1] ?? 0 } })).found?.lsn ?? 0n
    expect((await prove({ target: { kind: 'lsn', lsn: commit } })).found?.lsn).toBe(commit)
    expect((await prove({ target: { kind: 'lsn', lsn: commit - 1n } })).found?.lsn).toBe(commit)
    expect((await prove({ target: { kind: 'lsn', lsn: commit + 1n } })).found?.lsn).toBeGreaterThan(commit)
  })

  it('is found in a transaction that was prepared', async () => {
    await cluster.sql('create table p (i int)')
    const xid = Number(
      (
        await cluster.sql('begin', 'insert into p values (1)', 'select pg_current_xact_id()', "prepare transaction 'x'")
      ).trim(),
    )
    await cluster.sql("commit prepared 'x'")
    wal.push(await cluster.switchWal())
    expect((await prove({ target: { kind: 'xid', xid } })).found).toMatchObject({ kind: 'commit', xid })
  })
})

describe('a broken chain', () => {
  it('names the segment that is missing, and how far one can go', async () => {
    const { problem, last, latestCommit } = await prove({ script: `rm ${wal[1]}` })
    expect(problem).toMatchObject({ kind: 'missing', segment: wal[1], message: 'it is not in the archive' })
    expect(last).toBeDefined()
    expect(latestCommit?.xid).toBe(xids[0])
  })

  it('names the record that is damaged', async () => {
    const { problem, latestCommit } = await prove({
      script: `printf XXXXXXXX | dd of=${wal[1]} bs=1 seek=100000 conv=notrunc 2>/dev/null`,
    })
    expect(problem).toMatchObject({ kind: 'corrupt', segment: wal[1] })
    expect(problem?.message).toMatch(/^error in WAL record at /)
    expect(latestCommit?.xid).toBe(xids[0])
  })

  it('names the segment that is too short', async () => {
    const { problem } = await prove({ script: `truncate -s 70000 ${wal[1]}` })
    expect(problem).toMatchObject({
      kind: 'truncated',
      segment: wal[1],
      message: 'it has 70000 bytes instead of 1048576',
    })
  })

  it('names the segment that does not unpack', async () => {
    const { problem } = await prove({ script: `zstd -q --rm ${wal[1]}; truncate -s 5000 ${wal[1]}.zst` })
    expect(problem).toMatchObject({ kind: 'unreadable', segment: wal[1] })
    expect(problem?.message).toMatch(/^does not unpack: /)
  })

  it('names the segment of another cluster', async () => {
    const { problem } = await prove({
      script: `printf '\\001\\002\\003\\004\\005\\006\\007\\010' | dd of=${wal[1]} bs=1 seek=24 conv=notrunc 2>/dev/null`,
    })
    expect(problem).toMatchObject({ kind: 'foreign', segment: wal[1] })
    expect(problem?.message).toContain('it was written by system 578437695752307201, not ')
  })

  it('names a segment that holds other WAL than its name says', async () => {
    const { problem } = await prove({ script: `cp ${wal[2]} ${wal[1]}` })
    expect(problem).toMatchObject({ kind: 'corrupt', segment: wal[1] })
  })

  it('does not ask for segments behind what is sought', async () => {
    const proof = await prove({ script: `rm ${wal[2]}`, target: { kind: 'xid', xid: xids[0] ?? 0 } })
    expect(proof.found?.xid).toBe(xids[0])
    expect(proof.problem).toBeUndefined()
  })

  it('says so when not even the first segment is there', async () => {
    const { problem, last } = await prove({ script: 'rm *' })
    expect(problem?.kind).toBe('missing')
    expect(last).toBeUndefined()
  })
})

describe('WAL that is only in pg_wal', () => {
  it('continues the archive, and may end anywhere', async () => {
    const archived = await prove()
    await cluster.sql('create table tail (i int)', 'select pg_switch_wal()', 'insert into tail values (1)')
    await cluster.sh('rm -rf old_wal; cp -R data/pg_wal old_wal')
    const proof = await prove({ local: 'old_wal' })
    expect(proof.problem).toBeUndefined()
    expect((proof.last ?? 0n) > (archived.last ?? 0n)).toBe(true)
    expect((proof.latestCommit?.at ?? 0n) > (archived.latestCommit?.at ?? 0n)).toBe(true)
  })

  it('does not excuse a gap in the archive', async () => {
    await cluster.sh(`rm -rf old_wal; cp -R data/pg_wal old_wal; rm -f old_wal/${wal[1]}`)
    const { problem } = await prove({ local: 'old_wal', script: `rm ${wal[1]}` })
    expect(problem).toMatchObject({ kind: 'missing', segment: wal[1] })
  })
})

describe('a chain over a switch of timelines', () => {
  it('takes the segment of the switch from the new timeline, and both halves count', async () => {
    await cluster.sql('create table before_switch (i int)', 'checkpoint')
    await cluster.sh(
      'pg_ctl -D data -m fast -w stop >/dev/null; touch data/standby.signal; pg_ctl -D data -l log -w start >/dev/null; pg_ctl -D data -w promote >/dev/null',
    )
    await cluster.sql('create table after_switch (i int)')
    const name = await cluster.switchWal()
    expect(name.slice(0, 8)).toBe('00000002')
    const tree = new TimelineTree(new Map([[2, await cluster.sh('cat archive/00000002.history')]]), [1])
    const proof = await prove({ tree, timeline: 2, script: 'mv 00000002* ../00000002' })
    expect(proof.problem).toBeUndefined()
    expect(proof.lastSegment).toBe(name)
  })
})
