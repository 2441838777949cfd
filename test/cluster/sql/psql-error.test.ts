import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../src/cluster/locate.ts'
import { psqlError } from '../../../src/cluster/sql/psql-error.ts'

const cluster = {
  name: '15/main',
  port: 5432,
  owner: 'postgres',
  binDirectory: '/usr/lib/postgresql/15/bin',
  socketDirectory: '/var/run/postgresql',
  hbaFile: '/etc/postgresql/15/main/pg_hba.conf',
} as Cluster

const errorOf = (stderr: string, status = 2) =>
  psqlError({ status, stdout: '', stderr, stdoutBytes: Buffer.alloc(0), signal: undefined } as never, cluster, 1, 1)

const STARTING = 'the database system is starting up'
const SOCKET = 'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed'

describe('what psql says when it does not get in', () => {
  it.each([
    ['12', `psql: error: FATAL:  ${STARTING}`],
    ['13', `psql: error: FATAL:  ${STARTING}`],
    ['11', `psql: FATAL:  ${STARTING}`],
    ['14 and newer', `psql: error: ${SOCKET}: FATAL:  ${STARTING}`],
    ['17', `psql: error: ${SOCKET}: FATAL:  the database system is not yet accepting connections`],
  ])('psql %s: the server is starting', (_version, stderr) => {
    expect(errorOf(stderr)).toMatchObject({ code: 'postgres/starting' })
  })

  it.each([
    ['13', `psql: error: could not connect to server: No such file or directory\n\tIs the server running locally`],
    ['15', `psql: error: ${SOCKET}: No such file or directory\n\tIs the server running locally`],
  ])('psql %s: there is no server', (_version, stderr) => {
    expect(errorOf(stderr)).toMatchObject({ code: 'postgres/not-running', message: 'cluster 15/main is not running' })
  })

  it('an error of the server has its SQLSTATE', () => {
    const error = errorOf('psql:<stdin>:1: ERROR:  42P01: relation "a" does not exist\nLINE 1: SELECT * FROM a', 3)
    expect(error).toMatchObject({
      code: 'postgres/sql',
      message: 'relation "a" does not exist (SQLSTATE 42P01)',
      data: { sqlstate: '42P01' },
    })
  })

  it('a password that does not fit is no SQL error', () => {
    expect(errorOf('psql: error: FATAL:  password authentication failed for user "app"')).toMatchObject({
      code: 'postgres/connect',
    })
  })
})
