import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from '../cluster/restore/restore-fleet.ts'

let fleet: RestoreFleet
let source: RestoreHost
let other: RestoreHost
let id: string
let copies = 0
const wal: string[] = []

beforeAll(async () => {
  fleet = await startRestoreFleet([true, true])
  source = fleet.host('db1')
  other = fleet.host('db2')
  for (const host of [source, other]) {
    await host.sql('CREATE TABLE t (i int)', 'INSERT INTO t VALUES (1)')
    await host.archive()
  }
  id = await source.backup()
  for (const value of [2, 3, 4]) {
    await source.sql(`INSERT INTO t VALUES (${value})`)
    wal.push(await source.switchWal())
  }
  // The other cluster has segments of the same names.
  await other.sql(
    "SELECT count(pg_switch_wal()) FROM (SELECT pg_logical_emit_message(true, 'x', 'y'), g FROM generate_series(1, 3) g) s",
  )
  while ((await other.switchWal()) < (wal[1] ?? '')) await other.sql("SELECT pg_logical_emit_message(true, 'x', 'y')")
})
afterAll(() => fleet?.close())

const segment = () => `wal/00000001/${wal[1]}`

/** The error of a restore over a running cluster from a copy of the repository with one fault; nothing is touched. */
const faulty = async (fault: string) => {
  const copy = `${fleet.repository}-${++copies}`
  await source.sh(`cp -pR '${fleet.repository}' '${copy}'; cd '${copy}/db1' || exit; set -e
${fault}`)
  return other.refusal({ repository: copy, source: 'db1', replace: true })
}
// Segments may be compressed: a fault in the bytes of one is made in the plain ones.
const plain = (
  change: string,
) => `f=$(ls ${segment()}*); case $f in *.zst) zstd -dq --rm "$f" ;; *.lz4) lz4 -dq --rm "$f" ;; *.gz) gzip -d "$f" ;; esac
f=${segment()}; ${change}`

test.each([
  ['a segment is missing', () => `rm ${segment()}*`, 'restore/wal-missing'],
  ['a segment is truncated', () => plain('truncate -s 500000 "$f"'), 'restore/wal-truncated'],
  [
    'a bit of a segment is flipped',
    () => plain('printf "\\377" | dd of="$f" bs=1 seek=70 conv=notrunc 2>/dev/null'),
    'restore/wal-corrupt',
  ],
  [
    'a segment is of another cluster',
    () => `rm ${segment()}*; cp -p ../db2/${segment()}* wal/00000001/`,
    'restore/wal-foreign',
  ],
])('%s: found before anything is touched, and named', async (_, fault, code) => {
  const error = await faulty(fault())
  expect(error.code).toBe(code)
  expect(error.message).toContain(`WAL segment ${wal[1]} `)
  expect(error.hints.join()).toContain('everything before it can be restored: target_lsn:')
})

test('a file of the backup is gone: it is no backup any more, and says which file', async () => {
  const error = await faulty(`rm backup/${id}/base.tar*`)
  expect(error.code).toBe('restore/no-backup')
  expect(error.hints.join()).toMatch(new RegExp(`${id} is damaged: .*base\\.tar`))
})

/** The error of a restore that gets as far as unpacking: the running cluster goes on untouched. */
const built = async (fault: string) => {
  const copy = `${fleet.repository}-${++copies}`
  await source.sh(`cp -pR '${fleet.repository}' '${copy}'; cd '${copy}/db1/backup/${id}' || exit; set -e
${fault}`)
  const pid = await other.sh(`head -n 1 '${other.host.dataDirectory}/postmaster.pid'`)
  const error = await other.restore({ repository: copy, source: 'db1', replace: true }).then(
    () => {
      throw new Error('it was restored')
    },
    (thrown: { code: string; hints: readonly string[] }) => thrown,
  )
  expect(await other.sh(`head -n 1 '${other.host.dataDirectory}/postmaster.pid'`)).toBe(pid)
  expect(await other.sql('SELECT i FROM t')).toBe('1')
  expect(await other.sh(`ls -d '${other.host.dataDirectory}'.before-* 2>/dev/null || echo none`)).toBe('none')
  return error
}

test('the archive of the backup is damaged, its size as it was: the old cluster runs on', async () => {
  const error = await built(
    'f=$(ls base.tar*); printf "\\252\\252\\252\\252\\252\\252\\252\\252" | dd of="$f" bs=1 seek=400000 conv=notrunc 2>/dev/null',
  )
  expect(error.code).toMatch(/^restore\/(unpack-failed|backup-damaged)$/)
  expect(error.hints.length).toBeGreaterThan(0)
})

test('the manifest of the backup is damaged: the old cluster runs on', async () => {
  const error = await built('printf X | dd of=backup_manifest bs=1 seek=300 conv=notrunc 2>/dev/null')
  expect(error.code).toBe('restore/backup-damaged')
  expect(error.hints.join()).toMatch(/manifest/)
})
