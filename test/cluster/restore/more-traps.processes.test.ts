import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

let fleet: RestoreFleet
let source: RestoreHost
let spare: RestoreHost
let id: string
let full: string

const data = () => spare.host.dataDirectory
const backup = () => `${fleet.repository}/db1/backup/${id}`
const refuse = (wish = {}) => spare.refusal({ source: 'db1', ...wish })

type Loose = { settings: object; databases: object[]; files: { name: string }[] }

/** Changes what the backup says of itself for the time of a look. */
const withRecord = async <T>(change: (record: Loose) => void, work: () => Promise<T>): Promise<T> => {
  const path = `${backup()}/backup.json`
  const text = await source.sh(`cat '${path}'`)
  const record = JSON.parse(text)
  change(record)
  try {
    await source.sh(
      `cp -p '${path}' '${path}.kept'; printf '%s\\n' '${JSON.stringify(record).replaceAll("'", '')}' > '${path}'`,
    )
    return await work()
  } finally {
    await source.sh(`mv '${path}.kept' '${path}'`)
  }
}

beforeAll(async () => {
  fleet = await startRestoreFleet([true, false])
  source = fleet.host('db1')
  spare = fleet.host('db2')
  await source.sql("ALTER SYSTEM SET max_prepared_transactions = '5'")
  await source.archive()
  await source.sql('CREATE TABLE t (i int)', 'INSERT INTO t VALUES (1)')
  await source.sql('CREATE UNLOGGED TABLE u (i int)', 'INSERT INTO u VALUES (1)')
  await source.sql(
    "CREATE DATABASE words TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LC_COLLATE 'C.utf8' LC_CTYPE 'C.utf8' ENCODING 'UTF8'",
  )
  await source.sql("UPDATE pg_database SET datcollversion = '1.0' WHERE datname = 'words'")
  id = await source.backup()
  await source.sql('BEGIN', 'INSERT INTO t VALUES (2)', "PREPARE TRANSACTION 'left open'")
  await source.sql("SELECT pg_create_restore_point('before the tablespace')")
  await source.sh(`mkdir -m 700 '${source.host.home}/later'`)
  await source.sql(`CREATE TABLESPACE later LOCATION '${source.host.home}/later'`)
  full = await source.switchWal()
})
afterAll(() => fleet?.close())

const target_name = 'before the tablespace'

test('R25: a tablespace that was created after the backup, in a folder that is in use here, is refused', async () => {
  const error = await refuse()
  expect(error.code).toBe('restore/tablespace-in-use')
  expect(error.message).toBe(`the WAL creates a tablespace in ${source.host.home}/later, which is not empty here`)
  expect(error.hints[0]).toBe('replay uses the very path in the WAL: it cannot be mapped')
  expect((await spare.predict({ source: 'db1', target_name })).length).toBeGreaterThan(0)
})

test('R27: an older minor version than that of the source is refused, unless it is asked for', async () => {
  const older = (record: Loose) => Object.assign(record, { postgresql_version: '15.99' })
  await withRecord(older, async () => {
    const error = await refuse({ target_name })
    expect(error.code).toBe('restore/older-minor')
    expect(error.message).toMatch(/^postgres \(PostgreSQL\) 15\.\d+.* is older than the PostgreSQL 15\.99 that wrote/)
    expect((await spare.predict({ source: 'db1', target_name, older_minor: true })).length).toBeGreaterThan(0)
  })
})

test('R27: a library that the server would not start without is refused', async () => {
  const more = (record: Loose) =>
    Object.assign(record.settings, { shared_preload_libraries: 'pg_stat_statements, nowhere_to_be_found' })
  await withRecord(more, async () => {
    const error = await refuse({ target_name })
    expect(error.code).toBe('restore/missing-library')
    expect(error.message).toMatch(/^the host lacks nowhere_to_be_found of shared_preload_libraries/)
  })
})

test('R28: a database in a locale that the host has not is refused', async () => {
  const foreign = (record: Loose) => Object.assign(record.databases[0] ?? {}, { collate: 'xx_YY.UTF-8' })
  await withRecord(foreign, async () => {
    const error = await refuse({ target_name })
    expect(error.code).toBe('restore/locale-missing')
    expect(error.message).toBe('the host has no locale xx_YY.UTF-8')
  })
})

test('R39: WAL that ends before the end of the backup is refused, for nothing could become consistent', async () => {
  const wal = `${fleet.repository}/db1/wal/00000001`
  const record = JSON.parse(await source.sh(`cat '${backup()}/backup.json'`))
  await source.sh(`mv '${wal}' '${wal}.kept'; cp -pR '${wal}.kept' '${wal}'; rm '${wal}/${record.last_segment}'*`)
  try {
    const error = await refuse({ target: 'immediate' })
    expect(error.code).toBe('restore/wal-missing')
    expect(error.message).toContain(record.last_segment)
    expect(error.hints.join()).toContain('cannot become consistent without it')
  } finally {
    await source.sh(`rm -rf '${wal}'; mv '${wal}.kept' '${wal}'`)
  }
})

test('B10: a backup without backup_label is refused before anything is exchanged, verified or not', async () => {
  await source.sh(`cd '${backup()}'; ls; cp -p base.tar* ..
case $(ls base.tar*) in
*.zst) zstd -dqf base.tar.zst; tar --delete -f base.tar backup_label; zstd -qf --rm base.tar ;;
*.gz) gzip -df base.tar.gz; tar --delete -f base.tar backup_label; gzip -f base.tar ;;
*) tar --delete -f base.tar backup_label ;;
esac`)
  const size = Number(await source.sh(`cat '${backup()}'/base.tar* | wc -c`))
  const resized = ({ files }: Loose) =>
    Object.assign(files.find(({ name }) => name.startsWith('base.tar')) ?? {}, { size })
  try {
    expect((await refuse({ target_name })).code).toBe('restore/no-backup')
    await withRecord(resized, async () => {
      for (const verify of [true, false]) {
        const wish = { source: 'db1', target_name, verify }
        const error = await spare.restore(wish).catch((thrown: unknown) => thrown as { code: string; hints: string[] })
        expect(error).toMatchObject({ code: verify ? 'restore/backup-damaged' : 'restore/step-failed' })
        expect((error as { hints: string[] }).hints.join()).toContain('backup_label')
        expect(await spare.sh(`ls -d '${data()}' 2>/dev/null || echo nothing`)).toBe('nothing')
      }
    })
  } finally {
    await source.sh(`cd '${backup()}'; rm base.tar*; mv ../base.tar* .`)
  }
})

test('R26, R34, R36, R37, R40: what a restored cluster does not say by itself', async () => {
  const { fields, warnings } = await spare.restore({ source: 'db1', target_name })
  expect(warnings).toEqual([
    expect.stringMatching(/^undid what an interrupted restore had left/),
    expect.stringMatching(/^the prepared transaction "left open" in postgres, of 20.*, still holds its locks/),
    expect.stringMatching(/^the collation of database words has version \S+ here, 1\.0 where it was written/),
    'this copy archives nowhere until archive.yml is run for it',
  ])
  expect(fields.notes).toEqual(warnings.slice(1, -1))
  expect(fields.needs_backup).toBe(false)
  const log = await spare.sh(`cat '${data()}/lifeboat_restore.log'`)
  const record = JSON.parse(await spare.sh(`cat '${data()}/lifeboat_restore.json'`))
  // R34: not every file one by one.
  expect(record.settings).toContainEqual(['recovery_init_sync_method', 'syncfs'])
  // R37: unlogged tables are empty, and say so nowhere.
  expect(await spare.sql('SELECT count(*) FROM u')).toBe('0')
  expect(await spare.sql('SELECT count(*) FROM t')).toBe('1')
  // R40: the history of the next timeline is asked for and not there, which is no error.
  expect(log).not.toMatch(/ERROR|PANIC|lifeboat get:/)
  expect(await spare.sql('SELECT gid FROM pg_prepared_xacts')).toBe('left open')
  expect(full).toMatch(/^00000001/)
})
