import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, locateCluster } from '../../../src/cluster/locate.ts'
import {
  clusterStatus,
  promoteCluster,
  restartCluster,
  signalReload,
  startCluster,
  stopCluster,
} from '../../../src/cluster/service.ts'
import { type LiveHost, startLiveHost } from '../live-host.ts'

let live: LiveHost
let cluster: Cluster

beforeAll(async () => {
  live = await startLiveHost()
  cluster = await locateCluster(live.session, live.host.dataDirectory)
})
afterAll(() => live?.close())

const status = () => clusterStatus(live.session, cluster)

test('a cluster is stopped, started and restarted; each may be asked for twice', async () => {
  const before = await status()
  expect(before).toMatchObject({ state: 'running', stalePidFile: false })
  await stopCluster(live.session, cluster)
  await stopCluster(live.session, cluster)
  expect(await status()).toMatchObject({ state: 'stopped', pid: undefined, crashed: false })
  expect((await locateCluster(live.session, live.host.dataDirectory)).running).toBe(false)
  await startCluster(live.session, cluster)
  await restartCluster(live.session, cluster)
  const after = await status()
  expect(after.state).toBe('running')
  expect(after.pid).not.toBe(before.pid)
})

test('settings on the command line beat every file', async () => {
  await stopCluster(live.session, cluster)
  const name = `it's a "test" $HOME \\`
  await startCluster(live.session, cluster, {
    settings: [
      ['work_mem', '5MB'],
      ['cluster_name', name],
    ],
  })
  expect(await live.sql('SHOW work_mem')).toBe('5MB')
  expect(await live.sql('SHOW cluster_name')).toBe(name)
  await restartCluster(live.session, cluster)
  expect(await live.sql('SHOW work_mem')).toBe('4MB')
})

test('reload', async () => {
  await live.sql("ALTER SYSTEM SET work_mem = '6MB'")
  await signalReload(live.session, cluster)
  await expect.poll(() => live.sql('SHOW work_mem')).toBe('6MB')
})

test('a server that cannot start says why', async () => {
  await stopCluster(live.session, cluster)
  const failure = await startCluster(live.session, cluster, { settings: [['shared_buffers', '1kB']] }).catch(
    (error) => error,
  )
  expect(failure).toMatchObject({ code: 'postgres/start-failed', message: `cluster ${cluster.name} did not start` })
  expect(failure.hints.join('\n')).toContain('is outside the valid range for parameter "shared_buffers"')
  await startCluster(live.session, cluster)
})

describe('R21: after a crash', () => {
  test('a stale postmaster.pid is no running server', async () => {
    await live.host.postgres.kill()
    expect(await status()).toMatchObject({ state: 'stopped', stalePidFile: true, crashed: true })
    expect((await locateCluster(live.session, live.host.dataDirectory)).running).toBe(false)
  })

  test('its pid, given to another program, keeps nobody from starting', async () => {
    const { stdout } = await live.host.exec(
      `sleep 60 >/dev/null 2>&1 & sed -i "1s/.*/$!/" '${live.host.dataDirectory}/postmaster.pid'; echo $!`,
    )
    expect(await status()).toMatchObject({ state: 'stopped', stalePidFile: true })
    expect((await locateCluster(live.session, live.host.dataDirectory)).running).toBe(false)
    await startCluster(live.session, cluster)
    expect(await status()).toMatchObject({ state: 'running', stalePidFile: false })
    await live.host.exec(`kill ${stdout.trim()}`)
  })

  test('a server whose pid file was deleted is still seen', async () => {
    const { pid } = await status()
    await live.host.exec(`mv '${live.host.dataDirectory}/postmaster.pid' '${live.host.home}/pid'`)
    expect(await status()).toMatchObject({ state: 'running', pid })
    expect((await locateCluster(live.session, live.host.dataDirectory)).running).toBe(true)
    await live.host.exec(`mv '${live.host.home}/pid' '${live.host.dataDirectory}/postmaster.pid'`)
  })
})

test('a standby is promoted', async () => {
  await stopCluster(live.session, cluster)
  await live.host.exec(`touch '${live.host.dataDirectory}/standby.signal'`)
  await startCluster(live.session, cluster, { settings: [['hot_standby', 'off']] })
  expect(await status()).toMatchObject({ state: 'recovering' })
  await restartCluster(live.session, cluster)
  expect(await status()).toMatchObject({ state: 'running' })
  expect(await live.sql('SELECT pg_is_in_recovery()')).toBe('t')
  await promoteCluster(live.session, cluster)
  expect(await live.sql('SELECT pg_is_in_recovery()')).toBe('f')
})
