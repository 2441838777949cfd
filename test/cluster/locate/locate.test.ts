import { describe, expect, test } from 'vitest'
import { parseLocateAnswer } from '../../../src/cluster/locate/answer.ts'
import { assembleClusters } from '../../../src/cluster/locate/assemble.ts'
import { ARGUMENT, FIELD, RECORD } from '../../../src/cluster/locate/script.ts'
import { type Cluster, chooseCluster } from '../../../src/cluster/locate.ts'

const record = (...fields: string[]): string => fields.map((field) => field + FIELD).join('') + RECORD
const clustersOf = (...records: string[]): Cluster[] => assembleClusters(parseLocateAnswer(records.join('')))

const debian = record(
  'debian',
  '/etc/postgresql/15/main',
  'postgres',
  "data_directory = '/srv/pg 15'\nhba_file = '/etc/postgresql/15/main/pg_hba.conf'\nport = 5433\nexternal_pid_file = '/run/x.pid'\n",
)
const pidFile = '4711\n/srv/pg 15\n1795349592\n5555\n/run/pg\n\n  2146532        15\nready   '
const data = (alive: string, pid = pidFile): string =>
  record(
    'data',
    '/srv/pg 15',
    'postgres',
    '15',
    alive,
    pid,
    '/wal/15',
    'yes',
    '',
    "work_mem = '8MB'\nport = '5434'\n",
    'found',
  )
const postmaster = (pid: string, parent: string, cwd: string, exe: string, ...args: string[]): string =>
  record('process', pid, parent, 'pg', cwd, exe, [...args, ''].join(ARGUMENT))
const bin = record('bin', '/usr/lib/postgresql/15/bin', '')

describe("Debian's layout", () => {
  test('a running cluster: port and socket stand in postmaster.pid', () => {
    expect(clustersOf(debian, data('yes'), bin)).toEqual([
      {
        name: '15/main',
        version: '15',
        majorVersion: 15,
        layout: 'debian',
        owner: 'postgres',
        dataDirectory: '/srv/pg 15',
        configFile: '/etc/postgresql/15/main/postgresql.conf',
        hbaFile: '/etc/postgresql/15/main/pg_hba.conf',
        identFile: '/etc/postgresql/15/main/pg_ident.conf',
        port: 5555,
        socketDirectory: '/run/pg',
        binDirectory: '/usr/lib/postgresql/15/bin',
        running: true,
        pid: 4711,
        logFile: '/var/log/postgresql/postgresql-15-main.log',
        walDirectoryLink: '/wal/15',
        externalPidFile: '/run/x.pid',
      },
    ])
  })

  test('R21: a stale postmaster.pid is no running cluster; the port is the configured one', () => {
    expect(clustersOf(debian, data(''), bin)[0]).toMatchObject({ running: false, pid: undefined, port: 5434 })
  })

  test('an ordinary user, who sees no file of it, sees its process', () => {
    const args = [
      '/opt/pg/bin/postgres',
      '-D',
      '/srv/pg 15',
      '-c',
      'config_file=/etc/postgresql/15/main/postgresql.conf',
    ]
    const [cluster] = clustersOf(debian, postmaster('4711', '1', '', '', ...args))
    expect(cluster).toMatchObject({ running: true, pid: 4711, port: 5433, binDirectory: '/opt/pg/bin' })
  })
})

describe('the plain layout', () => {
  const plain = (more: Partial<Record<'version' | 'control' | 'conf' | 'why', string>> = {}): string =>
    record(
      'data',
      '/var/lib/pgsql/15/data',
      'postgres',
      more.version ?? '15',
      '',
      '',
      '',
      more.control ?? 'yes',
      more.conf ?? 'port = 5440',
      '',
      more.why ?? 'common',
    )

  test('a data directory that is whole is a cluster, running or not', () => {
    const [cluster] = clustersOf(plain(), record('bin', '/usr/pgsql-15/bin', ''))
    expect(cluster).toMatchObject({
      name: '/var/lib/pgsql/15/data',
      layout: 'plain',
      running: false,
      port: 5440,
      binDirectory: '/usr/pgsql-15/bin',
      configFile: '/var/lib/pgsql/15/data/postgresql.conf',
      socketDirectory: '/tmp',
    })
  })

  test('one without a control file or configuration was set aside, and counts only where it is named', () => {
    expect(clustersOf(plain({ control: '' }))).toEqual([])
    expect(clustersOf(plain({ conf: '' }))).toEqual([])
    expect(clustersOf(plain({ conf: '', why: 'wanted' }))).toHaveLength(1)
  })

  test('options of the running server beat its file; a child just forked is not a second server', () => {
    const args = ['postgres', '-D', '/var/lib/pgsql/15/data', '-p', '5999', '--hba-file=/x/hba']
    const clusters = clustersOf(
      plain(),
      postmaster('20', '1', '/var/lib/pgsql/15/data', '/usr/pgsql-15/bin/postgres (deleted)', ...args),
      postmaster('21', '20', '/var/lib/pgsql/15/data', '/usr/pgsql-15/bin/postgres', ...args),
    )
    expect(clusters).toHaveLength(1)
    expect(clusters[0]).toMatchObject({ pid: 20, port: 5999, hbaFile: '/x/hba', binDirectory: '/usr/pgsql-15/bin' })
  })

  test('PGPORT of the session is the port where no file says one', () => {
    const [cluster] = clustersOf(record('here', '', '5678', ''), plain({ conf: "x = 'y'" }))
    expect(cluster?.port).toBe(5678)
  })
})

describe('the choice of a cluster', () => {
  const cluster = (name: string, port: number): Cluster => {
    const [made] = clustersOf(debian, data('yes'))
    if (!made) throw new Error('no cluster')
    const version = name.split('/')[0] ?? ''
    return name.startsWith('/')
      ? { ...made, name, dataDirectory: name, layout: 'plain', port }
      : { ...made, name, dataDirectory: `/srv/${name}`, version, port }
  }
  const all = [cluster('13/main', 5432), cluster('15/main', 5433), cluster('/data/x', 5434)]

  test('the only one needs no name', () => {
    expect(chooseCluster([cluster('15/main', 1)], undefined).name).toBe('15/main')
  })

  test.each([
    ['15/main', '15/main'],
    ['15-main', '15/main'],
    ['5432', '13/main'],
    ['/data/x/', '/data/x'],
    ['/srv/15/main', '15/main'],
    ['13', '13/main'],
  ])('%s names %s', (wanted, name) => {
    expect(chooseCluster(all, wanted).name).toBe(name)
  })

  test('main is not enough where two versions have one', () => {
    expect(() => chooseCluster(all, 'main')).toThrow('"main" names more than one cluster')
    expect(chooseCluster(all.slice(1), 'main').name).toBe('15/main')
  })

  test('with several and none named, PGDATA decides', () => {
    expect(() => chooseCluster(all, undefined)).toThrow('there are 3 clusters on this host')
    expect(chooseCluster(all, undefined, '/data/x').name).toBe('/data/x')
  })

  test('none, or none of that name', () => {
    expect(() => chooseCluster([], undefined)).toThrow('there is no PostgreSQL cluster on this host')
    expect(() => chooseCluster(all, '15/mian')).toThrow(
      expect.objectContaining({
        code: 'postgres/unknown-cluster',
        message: 'there is no cluster "15/mian" on this host',
        hints: ['did you mean "15/main"?', expect.stringContaining('13/main in /srv/13/main, port 5432, running')],
      }),
    )
  })
})
