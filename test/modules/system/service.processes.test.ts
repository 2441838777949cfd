import { afterAll, beforeAll, expect, it } from 'vitest'
import service from '../../../src/modules/system/service.ts'
import { type LiveHost, startLiveHost } from '../../cluster/live-host.ts'
import { converge, predict } from '../harness.ts'

let live: LiveHost
beforeAll(async () => {
  live = await startLiveHost()
})
afterAll(() => live?.close())

it('drives a cluster where no systemd runs', async () => {
  const { host, session } = live
  const isReady = async (): Promise<boolean> => (await host.exec('pg_isready -q')).status === 0
  const name = `postgresql@${host.dataDirectory}`
  await converge(service, { name, state: 'started' }, { session, ok: true })
  const { changes } = await converge(service, { name, state: 'stopped' }, { session })
  expect(changes).toEqual([{ subject: 'state', before: 'started', after: 'stopped' }])
  expect(await isReady()).toBe(false)
  await converge(service, { name, state: 'restarted' }, { session, event: true })
  expect(await isReady()).toBe(true)
  await converge(service, { name, state: 'restarted' }, { session, event: true })
  await converge(service, { name, state: 'reloaded' }, { session, event: true })
  expect(await isReady()).toBe(true)
})

it('names a cluster that is not there', async () => {
  await expect(converge(service, { name: 'postgresql@99-none', state: 'started' }, live)).rejects.toMatchObject({
    code: 'module/no-service',
  })
  expect(await predict(service, { name: 'postgresql@99-none', state: 'started' }, live)).toEqual([])
})
