import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, locateCluster } from '../../../src/cluster/locate.ts'
import { type Sql, sql } from '../../../src/cluster/sql.ts'
import { type LiveHost, startLiveHost } from '../live-host.ts'

let live: LiveHost
let cluster: Cluster
let db: Sql

beforeAll(async () => {
  live = await startLiveHost()
  cluster = await locateCluster(live.session, live.host.dataDirectory)
  db = sql(live.session, cluster)
})
afterAll(() => live?.close())

test('a cluster is found with its port, socket and binaries', () => {
  expect(cluster).toMatchObject({
    name: live.host.dataDirectory,
    majorVersion: live.host.postgresVersion,
    port: live.host.port,
    socketDirectory: live.host.socketDirectory,
    owner: live.fleet.user,
    running: true,
    layout: 'plain',
  })
})

describe('rows are typed', () => {
  const QUERY = `SELECT 1 AS i, 9007199254740993::bigint AS big, true AS b, NULL AS nothing, '' AS empty, E'a\\nb' AS lines,
    array['a,b', NULL, 'q"x'] AS list, '{"a": [1]}'::jsonb AS json, 1.50::numeric(4,2) AS exact,
    '2026-11-22 09:30:00.25+08'::timestamptz AS at, '0/3000028'::pg_lsn AS lsn`

  test('by PostgreSQL itself', async () => {
    const { rows, fields, rowCount, command } = await db.query(QUERY)
    expect(rows).toEqual([
      {
        i: 1,
        big: '9007199254740993',
        b: true,
        nothing: null,
        empty: '',
        lines: 'a\nb',
        list: ['a,b', null, 'q"x'],
        json: { a: [1] },
        exact: '1.50',
        at: '2026-11-22T01:30:00.25Z',
        lsn: '0/3000028',
      },
    ])
    expect(fields.slice(0, 2)).toEqual([
      { name: 'i', type: 'integer' },
      { name: 'big', type: 'bigint' },
    ])
    expect([rowCount, command]).toEqual([1, 'SELECT 1'])
  })

  test('as JSON where psql is 10 and cannot describe', async () => {
    const { rows } = await sql(live.session, { ...cluster, majorVersion: 10 }).query(`${QUERY} -- end`)
    expect(rows[0]).toMatchObject({
      i: 1,
      b: true,
      nothing: null,
      empty: '',
      list: ['a,b', null, 'q"x'],
      json: { a: [1] },
    })
  })
})

describe('parameters', () => {
  test('stay values, whatever they hold', async () => {
    const values = ["'; DROP TABLE x; --", 'a\\b', '$1', ':PORT', '\\! id', 'ä\u{1f600}\n\t', '']
    for (const value of values) {
      const { rows } = await db.query('SELECT $1::text AS value, $2::int AS number', [value, -1])
      expect(rows).toEqual([{ value, number: -1 }])
    }
  })

  test('go into every statement, and lists and mappings too', async () => {
    const [, listed] = await db.queries<[unknown, { found: boolean; name: string }]>([
      { text: 'SET application_name = $1', params: ["it's"] },
      {
        text: "SELECT 'b' = ANY ($1) AS found, $2::jsonb ->> 'name' AS name, current_setting('application_name') AS app",
        params: [['a', 'b'], { name: "o'n" }],
      },
    ])
    expect(listed.rows).toEqual([{ found: true, name: "o'n", app: "it's" }])
  })

  test("psql's own variables are not put in", async () => {
    const { rows } = await db.query("SELECT (array[1,2,3])[1:2] AS slice, ':PORT' AS text, 1::text AS cast")
    expect(rows).toEqual([{ slice: [1, 2], text: ':PORT', cast: '1' }])
  })
})

test('several statements, each with its tag', async () => {
  const results = await db.queries([
    'CREATE TEMP TABLE t (a int)',
    'INSERT INTO t VALUES (1), (2)',
    "INSERT INTO t VALUES (3) RETURNING a, 'INSERT 0 1' AS text",
    'DELETE FROM t WHERE a > 9',
    'SELECT a FROM t ORDER BY a',
    'SELECT a FROM t WHERE false',
    'SELECT FROM t',
    'SHOW server_version_num',
  ])
  expect(results.map((result) => [result.command, result.rowCount])).toEqual([
    ['CREATE TABLE', 0],
    ['INSERT 0 2', 2],
    ['INSERT 0 1', 1],
    ['DELETE 0', 0],
    ['SELECT 3', 3],
    ['SELECT 0', 0],
    ['SELECT 3', 3],
    ['SHOW', 1],
  ])
  expect(results[2]?.rows).toEqual([{ a: 3, text: 'INSERT 0 1' }])
})

describe('errors', () => {
  test('of a statement name their SQLSTATE and the place', async () => {
    await expect(db.query('SELECT *\nFROM nope')).rejects.toMatchObject({
      code: 'postgres/sql',
      message: 'relation "nope" does not exist (SQLSTATE 42P01)',
      hints: ['LINE 2: FROM nope', '             ^'],
      data: { sqlstate: '42P01' },
    })
  })

  test('in a transaction undo what came before', async () => {
    const all = db.with({ transaction: true })
    await expect(all.queries(['CREATE TABLE undone ()', 'SELECT 1/0'])).rejects.toMatchObject({
      message: 'division by zero (SQLSTATE 22012) in statement 2 of 2',
    })
    await expect(
      all.queries(['CREATE TABLE x (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)', 'INSERT INTO x VALUES (1), (1)']),
    ).rejects.toMatchObject({
      data: { sqlstate: '23505', statement: 2 },
    })
    const { rows } = await db.query("SELECT to_regclass('undone') AS undone, to_regclass('x') AS x")
    expect(rows).toEqual([{ undone: null, x: null }])
  })

  test('of writing where only reading is allowed', async () => {
    await expect(db.with({ readOnly: true }).query('CREATE TABLE x ()')).rejects.toMatchObject({
      data: { sqlstate: '25006' },
    })
  })

  test('of the connection', async () => {
    await expect(db.with({ database: 'no"such=db' }).query('SELECT 1')).rejects.toMatchObject({
      code: 'postgres/connect',
      message: `cannot connect to cluster ${cluster.name}: database "no"such=db" does not exist`,
    })
    await expect(sql(live.session, { ...cluster, port: 1 }).query('SELECT 1')).rejects.toMatchObject({
      code: 'postgres/not-running',
      message: `cluster ${cluster.name} is not running`,
    })
  })

  test('of text that is no SQL', async () => {
    await expect(db.query('\\! touch /tmp/x')).rejects.toMatchObject({ code: 'postgres/bad-query' })
    await expect(db.query('COPY t FROM STDIN')).rejects.toMatchObject({
      message: 'COPY FROM STDIN is not possible here',
    })
    await expect(db.query(' -- nothing')).rejects.toMatchObject({ message: 'there is no statement in the SQL' })
  })
})

test('neither text nor parameters are arguments or environment that others can see', async () => {
  const running = db.query('SELECT pg_sleep(1.5), $1 AS secret', ['hidden-7f3a'])
  await new Promise((resolve) => setTimeout(resolve, 700))
  const { stdout } = await live.host.exec(
    'for p in /proc/[0-9]*; do read -r c <$p/comm; [ "$c" = psql ] && cat $p/cmdline $p/environ | tr "\\0" "\n"; done 2>/dev/null',
  )
  expect(stdout).toContain('PGAPPNAME=lifeboat')
  expect(stdout).not.toContain('hidden-7f3a')
  expect(stdout).not.toContain('pg_sleep')
  expect((await running).rows).toMatchObject([{ secret: 'hidden-7f3a' }])
})
