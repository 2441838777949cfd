import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PlainValue } from '../../../src/base/value.ts'
import query from '../../../src/modules/postgresql/postgresql_query.ts'
import { type LiveHost, startLiveHost } from '../../cluster/live-host.ts'
import { run } from '../harness.ts'

let live: LiveHost
beforeAll(async () => {
  live = await startLiveHost()
  await live.sql('CREATE TABLE orders (id serial, name text, paid bool)')
})
afterAll(() => live?.close())

const ask = (params: Record<string, PlainValue>, checkMode = false) =>
  run(query, { cluster: live.host.dataDirectory, ...params }, { session: live.session, checkMode })
const count = (): Promise<string> => live.sql('SELECT count(*) FROM orders')

test('rows come typed, and reading changes nothing', async () => {
  const result = await ask({
    query: 'SELECT count(*) AS n, now() > $1 AS later, $2::text AS name',
    params: ['2020-01-01', "o'n"],
  })
  expect(result).toEqual({
    changed: false,
    fields: {
      query: 'SELECT count(*) AS n, now() > $1 AS later, $2::text AS name',
      query_list: ['SELECT count(*) AS n, now() > $1 AS later, $2::text AS name'],
      query_result: [{ n: 1, later: true, name: "o'n" }],
      query_all_results: [[{ n: 1, later: true, name: "o'n" }]],
      rowcount: 1,
      statusmessage: 'SELECT 1',
    },
  })
})

test('writing changes, also behind a function; writing nothing does not', async () => {
  const insert = await ask({
    query: 'INSERT INTO orders (name, paid) VALUES (%s, %s) RETURNING name',
    positional_args: ['a', true],
  })
  expect(insert).toMatchObject({
    changed: true,
    fields: { statusmessage: 'INSERT 0 1', query_result: [{ name: 'a' }], rowcount: 1 },
  })
  await ask({ query: 'CREATE FUNCTION f() RETURNS void BEGIN ATOMIC INSERT INTO orders (name) VALUES (1); END' })
  expect((await ask({ query: 'SELECT f()' })).changed).toBe(true)
  const update = {
    query: 'UPDATE orders SET paid = %(paid)s WHERE name = %(name)s',
    named_args: { paid: false, name: 'none' },
  }
  expect(await ask(update)).toMatchObject({ changed: false, fields: { statusmessage: 'UPDATE 0' } })
})

test('several statements are one transaction', async () => {
  const before = await count()
  await expect(ask({ query: ['DELETE FROM orders', 'SELECT 1/0'] })).rejects.toMatchObject({
    message: 'division by zero (SQLSTATE 22012) in statement 2 of 2',
  })
  await expect(ask({ query: 'SELECT 1/0' })).rejects.toMatchObject({ message: 'division by zero (SQLSTATE 22012)' })
  expect(await count()).toBe(before)
  const all = await ask({ query: "SELECT 1 AS a; INSERT INTO orders (name) VALUES ('x;'); SELECT 2 AS b" })
  expect(all).toMatchObject({ changed: true, fields: { query_all_results: [[{ a: 1 }], [], [{ b: 2 }]], rowcount: 3 } })
})

test('autocommit lets statements through that no transaction allows', async () => {
  await expect(ask({ query: 'VACUUM orders' })).rejects.toMatchObject({ data: { sqlstate: '25001' } })
  expect(await ask({ query: 'VACUUM orders', autocommit: true })).toMatchObject({ changed: true })
  expect((await ask({ query: 'SHOW work_mem', autocommit: true })).changed).toBe(false)
})

test('another database', async () => {
  expect(
    (await ask({ query: 'SELECT current_database()::text AS db', login_db: 'template1' })).fields?.query_result,
  ).toEqual([{ db: 'template1' }])
})

describe('check mode', () => {
  test('reads as a run does', async () => {
    const params = { query: 'SELECT 1 AS a' }
    expect(await ask(params, true)).toEqual(await ask(params))
  })

  test('predicts what would write, and writes nothing', async () => {
    const before = await count()
    for (const text of ["INSERT INTO orders (name) VALUES ('y')", 'DROP TABLE orders', 'SELECT f()']) {
      expect((await ask({ query: text }, true)).changed).toBe(true)
    }
    expect(await ask({ query: 'ALTER SYSTEM SET work_mem = 1', autocommit: true }, true)).toMatchObject({
      changed: true,
    })
    expect(await count()).toBe(before)
    expect(await live.sql("SELECT count(*) FROM pg_file_settings WHERE name = 'work_mem'")).toBe('0')
  })

  test('skips what it cannot try: functions that act outside their transaction', async () => {
    const before = await live.sql('SELECT pg_current_wal_lsn()')
    expect(await ask({ query: 'SELECT pg_switch_wal()' }, true)).toEqual({ changed: false, skipped: true })
    expect(await live.sql('SELECT pg_current_wal_lsn()')).toBe(before)
  })
})

test('read_only refuses whatever would write', async () => {
  await expect(ask({ query: 'DROP TABLE orders', read_only: true })).rejects.toMatchObject({
    data: { sqlstate: '25006' },
  })
})

test.each<[Record<string, PlainValue>, string]>([
  [{ query: ' -- nothing' }, 'query has no statement in it'],
  [{ query: 'SELECT 1; SELECT $1', params: [1] }, 'values by position need a single statement'],
  [
    { query: 'SELECT $1, %s', params: [1], positional_args: [1] },
    'params does not go with positional_args or named_args',
  ],
  [{ query: 'SELECT 1', named_args: { x: 1 } }, 'query has no place for %(x)s'],
  [{ query: 'SELECT %s', positional_args: [1, 2] }, '2 values are given, and the SQL has 1 places %s'],
])('%j is refused', async (params, message) => {
  await expect(ask(params)).rejects.toThrow(message)
})
