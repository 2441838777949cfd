import { afterAll, beforeAll, expect, test } from 'vitest'
import { quote } from '../../src/base/quote.ts'
import { parseBackupLabel } from '../../src/postgres/backup-label.ts'
import { parseBackupManifest } from '../../src/postgres/backup-manifest.ts'
import { formatUtc, parseMoment } from '../../src/postgres/moment.ts'
import { recoverySettings } from '../../src/postgres/recovery-settings.ts'
import { parseRecoveryGoal } from '../../src/postgres/recovery-target.ts'
import { formatTablespaceMap, parseTablespaceMap } from '../../src/postgres/tablespace-map.ts'
import { parseTimelineHistory } from '../../src/postgres/timeline-history.ts'
import { type LiveHost, startLiveHost } from '../cluster/live-host.ts'

let live: LiveHost
let home: string
const ODD = 'ts \\ "1" é'

beforeAll(async () => {
  live = await startLiveHost()
  home = live.host.home
  await sh(`mkdir '${home}/${ODD}' '${home}/${ODD} moved' '${home}/archive'`)
  await live.sql('ALTER SYSTEM SET archive_mode = on')
  await live.sql(`ALTER SYSTEM SET archive_command = 'cp %p "${home}/archive/%f"'`)
  await live.host.postgres.stop()
  await live.host.postgres.start()
})
afterAll(async () => {
  await live?.host.exec(`pg_ctl -D '${home}/restored' -m immediate stop`)
  await live?.close()
})

const sh = async (script: string): Promise<string> => {
  const { status, stdout, stderr } = await live.host.exec(script)
  if (status !== 0) throw new Error(`${script}\n${stderr}`)
  return stdout
}

test('R8: what is written means the same in every time zone, a time without a zone does not', async () => {
  const utc = formatUtc(parseMoment('2026-11-22 09:30:00 Asia/Shanghai'))
  const read = (text: string, zone: string): Promise<string> =>
    live.sql(`SET timezone = '${zone}'; SELECT extract(epoch FROM '${text}'::timestamptz)::bigint`)
  const zones = ['UTC', 'Asia/Shanghai', 'America/New_York']
  expect(new Set(await Promise.all(zones.map((zone) => read(utc, zone)))).size).toBe(1)
  expect(new Set(await Promise.all(zones.map((zone) => read('2026-11-22 09:30:00', zone)))).size).toBe(3)
  expect(await read(utc, 'UTC')).toBe(String(parseMoment('2026-11-22 09:30:00+08:00') / 1_000_000n))
})

test('R23: a backup in tar files is restored with its tablespace moved, and R10: to one target', async () => {
  await live.sql(`CREATE TABLESPACE odd LOCATION '${home}/${ODD}'`)
  await live.sql('CREATE TABLE t (a int) TABLESPACE odd')
  await live.sql('INSERT INTO t VALUES (1)')
  await sh(`pg_basebackup -D '${home}/backup' -Ft -X none -c fast -l 'a label'`)
  await live.sql('INSERT INTO t VALUES (2)')
  const lsn = await live.sql('SELECT pg_current_wal_insert_lsn()')
  await live.sql('INSERT INTO t VALUES (3); SELECT pg_switch_wal()')

  await sh(`mkdir -m 700 '${home}/restored' && tar -xf '${home}/backup/base.tar' -C '${home}/restored'`)
  const label = parseBackupLabel(await sh(`cat '${home}/restored/backup_label'`))
  expect(label).toMatchObject({ method: 'streamed', from: 'primary', label: 'a label', timeline: 1 })
  const manifest = parseBackupManifest(await sh(`cat '${home}/backup/backup_manifest'`))
  expect(manifest.walRanges[0]).toMatchObject({ timeline: 1, start: label.start })
  expect(manifest.files.map((file) => file.path)).toContain('global/pg_control')

  const [tablespace] = parseTablespaceMap(await sh(`cat '${home}/restored/tablespace_map'`))
  expect(tablespace?.location).toBe(`${home}/${ODD}`)
  const location = `${home}/${ODD} moved`
  const oid = tablespace?.oid ?? 0
  await sh(`tar -xf '${home}/backup/${oid}.tar' -C '${location}'`)
  const map = formatTablespaceMap([{ oid, location }])
  await live.host.exec(`cat >'${home}/restored/tablespace_map'; touch '${home}/restored/recovery.signal'`, {
    stdin: map,
  })

  // What the source left behind would be a second target.
  const leftover = `port = ${live.host.port + 9}\nlisten_addresses = ''\nrecovery_target_name = 'left behind'\narchive_mode = off\n`
  await live.host.exec(`cat >>'${home}/restored/postgresql.auto.conf'`, { stdin: leftover })
  const goal = parseRecoveryGoal({ target_lsn: lsn, target_inclusive: true })
  const settings = [
    ...recoverySettings(goal, live.host.postgresVersion),
    ['restore_command', `cp "${home}/archive/%f" %p`],
  ].map(([name, value]) => `-c ${quote(`${name}=${value}`)}`)
  await expect.poll(() => sh(`ls '${home}/archive'`), { timeout: 20_000 }).toContain(label.startSegment)
  await sh(`pg_ctl -s -w -D '${home}/restored' -l '${home}/restored.log' -o ${quote(settings.join(' '))} start`)

  const ask = (text: string): Promise<string> =>
    sh(`psql -XAtq -p ${live.host.port + 9} -c "${text}"`).then((output) => output.trim())
  await expect.poll(() => ask('SELECT pg_is_in_recovery()')).toBe('f')
  expect(await ask('SELECT array_agg(a ORDER BY a) FROM t')).toBe('{1,2}')
  expect(await ask(`SELECT pg_tablespace_location(${oid})`)).toBe(location)
  expect(
    await ask("SELECT pg_read_file('pg_wal/00000002.history')").then((text) => parseTimelineHistory(text)),
  ).toMatchObject([{ timeline: 1, reason: expect.stringContaining('LSN') }])
})
