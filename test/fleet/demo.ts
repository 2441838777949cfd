// The main job in two minutes, on three hosts of loopback: archive, back up, lose a table, get it back on another host.
import { formatDuration } from '../../src/base/duration.ts'
import { ensurePrograms } from './demo/install.ts'
import { lifeboat, type Played } from './demo/lifeboat.ts'
import { type ProcessHost, startProcesses } from './processes/index.ts'

const say = (line = ''): void => void process.stdout.write(`${line}\n`)

const proofs: string[] = []
const phases: (readonly [string, number])[] = []

/** Ends the demo where something is not as it must be. */
class NotProven extends Error {}

const prove = (claim: string, holds: boolean, detail = ''): void => {
  if (!holds) throw new NotProven(`${claim}: not so. ${detail}`)
  proofs.push(claim)
}

const phase = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  say(`\n── ${name} ${'─'.repeat(Math.max(0, 76 - name.length))}`)
  const began = performance.now()
  const result = await work()
  phases.push([name, (performance.now() - began) / 1000])
  return result
}

const sql = async (host: ProcessHost, text: string): Promise<string> => {
  const { status, stdout, stderr } = await host.exec('psql -X -q -A -t -v ON_ERROR_STOP=1', { stdin: text })
  if (status !== 0) throw new Error(`psql on ${host.name}: ${stderr}`)
  return stdout.trim()
}

const DIGEST = `SELECT count(*) || ' rows, md5 ' || md5(string_agg(id || ':' || item, ',' ORDER BY id)) FROM orders`

const changedOn = (played: Played): number =>
  Object.values(played.recap).reduce((sum, counts) => sum + (counts.changed ?? 0), 0)

const succeed = (played: Played, what: string): void =>
  prove(`${what} succeeded`, played.status === 0, `exit status ${played.status}`)

const run = async (): Promise<void> => {
  const fleet = await phase('boot three hosts, two with PostgreSQL', () =>
    startProcesses({ hosts: 3, postgres: [true, true, false] }),
  )
  try {
    const inventory = ['-i', fleet.inventoryFile]
    const db1 = fleet.host('db1')
    say(`PostgreSQL ${db1.postgresVersion}, logging in over ssh as ${fleet.user}`)

    const rollOut = ['play', 'playbooks/archive.yml', ...inventory, '--limit', 'db1,db2']
    succeed(await phase('archive.yml on db1 and db2', () => lifeboat(rollOut)), 'archive.yml')
    const again = await phase('archive.yml again', () => lifeboat(rollOut))
    succeed(again, 'archive.yml again')
    prove('a second archive.yml changed nothing', changedOn(again) === 0, `changed=${changedOn(again)}`)

    await sql(
      db1,
      `CREATE TABLE orders (id int PRIMARY KEY, item text NOT NULL);
      INSERT INTO orders SELECT g, 'before the backup ' || g FROM generate_series(1, 1000) g`,
    )
    const backup = ['play', 'playbooks/backup.yml', ...inventory, '--limit', 'db1,db2']
    succeed(await phase('backup.yml on db1 and db2', () => lifeboat(backup)), 'backup.yml')

    const { wanted, moment } = await phase('rows, a restore point, more rows, then the accident', async () => {
      await sql(db1, `INSERT INTO orders SELECT g, 'after the backup ' || g FROM generate_series(1001, 1500) g`)
      await sql(db1, `SELECT pg_create_restore_point('before_more_rows')`)
      await sql(db1, `INSERT INTO orders SELECT g, 'after the restore point ' || g FROM generate_series(1501, 2000) g`)
      const kept = await sql(db1, DIGEST)
      const time = await sql(
        db1,
        `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'`,
      )
      await new Promise((resolve) => setTimeout(resolve, 200))
      await sql(db1, 'DROP TABLE orders')
      say(`orders on db1: ${kept}\nthe moment before the accident: ${time}\nDROP TABLE orders`)
      await sql(db1, 'SELECT pg_switch_wal()')
      return { wanted: kept, moment: time }
    })

    const target = ['-e', 'source=db1', '-e', JSON.stringify({ target_time: moment })]
    const restore = ['play', 'playbooks/restore.yml', ...inventory, '--limit', 'db3', ...target]
    succeed(
      await phase('restore.yml on db3, to the moment before the accident', () => lifeboat(restore)),
      'restore.yml',
    )

    await phase('compare the rows', async () => {
      const restored = await sql(fleet.host('db3'), DIGEST)
      say(`orders on db3: ${restored}`)
      prove(
        'every row of the dropped table is back on db3, and no other',
        restored === wanted,
        `${restored}, not ${wanted}`,
      )
    })
  } finally {
    await phase('take everything down', () => fleet.close())
  }
}

if (!(await ensurePrograms(say))) process.exit(1)
const began = performance.now()
try {
  await run()
  say('\nProven:')
  for (const proof of proofs) say(`  ✓ ${proof}`)
  say('\nTime:')
  const width = Math.max(...phases.map(([name]) => name.length))
  for (const [name, seconds] of phases) say(`  ${name.padEnd(width)}  ${formatDuration(seconds).padStart(7)}`)
  say(`  ${'all'.padEnd(width)}  ${formatDuration((performance.now() - began) / 1000).padStart(7)}`)
} catch (error) {
  say(`\n${error instanceof NotProven ? error.message : String(error)}`)
  process.exitCode = 1
}
