import { describe, expect, test } from 'vitest'
import { judgeServer, type ServerFacts } from '../../../src/cluster/service/judge.ts'

const pidFile = ['4711', '/srv/pg', '1795349592', '5432', '/run', '', '  2146532        15', 'ready   ']
const facts = (more: Partial<ServerFacts> = {}): ServerFacts => ({
  pidFile,
  alive: true,
  command: 'postgres',
  directory: '/srv/pg',
  dataDirectory: '/srv/pg',
  other: undefined,
  controlState: 'in production',
  ...more,
})

describe('R21: whether a server runs', () => {
  test('its process is a postmaster in this directory', () => {
    expect(judgeServer(facts())).toEqual({
      state: 'running',
      pid: 4711,
      stalePidFile: false,
      pidTaken: false,
      crashed: false,
      startedAt: new Date(1795349592000),
    })
  })

  test.each([
    ['starting', 'starting'],
    ['stopping', 'stopping'],
    ['standby ', 'recovering'],
  ] as const)('the last line of postmaster.pid says %s', (word, state) => {
    expect(judgeServer(facts({ pidFile: [...pidFile.slice(0, 7), word] })).state).toBe(state)
  })

  test('the process is gone: the file is stale, and recovery comes first', () => {
    expect(judgeServer(facts({ alive: false, command: '', directory: '' }))).toMatchObject({
      state: 'stopped',
      pid: undefined,
      stalePidFile: true,
      pidTaken: false,
      crashed: true,
    })
  })

  test('the pid was given to another program: stale', () => {
    expect(judgeServer(facts({ command: 'nginx', directory: '/' }))).toMatchObject({
      state: 'stopped',
      stalePidFile: true,
    })
  })

  test('the pid was given to a server of another directory: stale', () => {
    expect(judgeServer(facts({ directory: '/srv/other' }))).toMatchObject({ state: 'stopped', pidTaken: true })
  })

  test('where the process cannot be seen it counts as ours: nothing is started beside it', () => {
    expect(judgeServer(facts({ command: '', directory: '' })).state).toBe('running')
  })

  test('a server whose pid file was deleted still runs', () => {
    expect(judgeServer(facts({ pidFile: undefined, alive: false, other: 99 }))).toMatchObject({
      state: 'running',
      pid: 99,
      stalePidFile: false,
    })
  })

  test('no file and no process, shut down or not', () => {
    const gone = { pidFile: undefined, alive: false, command: '', directory: '' }
    expect(judgeServer(facts({ ...gone, controlState: 'shut down' }))).toMatchObject({
      state: 'stopped',
      crashed: false,
    })
    expect(judgeServer(facts(gone)).crashed).toBe(true)
  })
})
