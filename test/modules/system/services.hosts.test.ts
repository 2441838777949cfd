import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connection, Session } from '../../../src/host/connection.ts'
import { openConnection } from '../../../src/host/open.ts'
import copy from '../../../src/modules/files/copy.ts'
import file from '../../../src/modules/files/file.ts'
import service from '../../../src/modules/system/service.ts'
import setup from '../../../src/modules/system/setup.ts'
import systemd from '../../../src/modules/system/systemd.ts'
import { bootHosts } from '../../fleet/hosts/index.ts'
import { type ContextOptions, converge, predict, run } from '../harness.ts'

type Fleet = Awaited<ReturnType<typeof bootHosts>>

// The oldest systemd that is supported, and the newest.
describe.each(['bullseye', 'forky'] as const)('services on %s', (suite) => {
  let fleet: Fleet
  let connection: Connection
  let options: ContextOptions
  let login: Session
  beforeAll(async () => {
    fleet = await bootHosts([{ name: 'db', suite }])
    connection = openConnection('db', {
      ansible_host: fleet.host('db').address,
      ansible_user: 'admin',
      ansible_ssh_private_key_file: fleet.privateKeyFile,
      ansible_ssh_common_args: `-o UserKnownHostsFile=${fleet.knownHostsFile}`,
    })
    login = await connection.session()
    options = { session: await connection.session({ user: 'root', method: 'sudo' }) }
  })
  afterAll(async () => {
    await connection?.close()
    await fleet?.close()
  })

  const UNIT = '[Service]\nExecStart=/bin/sleep 1000\nExecReload=/bin/true\n[Install]\nWantedBy=multi-user.target\n'
  const unit = '/etc/systemd/system/sleeper.service'

  it('starts, enables, restarts, reloads, stops, masks a unit', async () => {
    await converge(copy, { content: UNIT, dest: unit }, options)
    const started = { name: 'sleeper', state: 'started', enabled: true, daemon_reload: true }
    const { changes, fields } = await converge(systemd, started, options)
    expect(changes).toEqual([
      { subject: 'enabled', before: false, after: true },
      { subject: 'state', before: 'inactive', after: 'started' },
    ])
    expect(fields).toMatchObject({
      name: 'sleeper',
      state: 'started',
      enabled: true,
      status: { ActiveState: 'active' },
    })
    const again = { ...options, event: true }
    const restarted = await converge(service, { name: 'sleeper', state: 'restarted' }, again)
    expect(restarted.fields.status).not.toMatchObject({
      InvocationID: (fields.status as Record<string, string>).InvocationID,
    })
    await converge(service, { name: 'sleeper', state: 'reloaded' }, again)
    await converge(systemd, { name: 'sleeper', state: 'stopped', enabled: 'no' }, options)
    const timer = 'systemd-tmpfiles-clean.timer'
    await converge(systemd, { name: timer, masked: true, state: 'stopped' }, options)
    await expect(converge(systemd, { name: timer, state: 'started' }, options)).rejects.toThrow(/is masked/)
    await converge(systemd, { name: timer, masked: false, state: 'started' }, options)
    await converge(service, { name: 'sleeper', state: 'reloaded' }, again)
    expect((await login.run('systemctl is-active sleeper')).stdout).toBe('active\n')
  })

  it('reads changed unit files again, and only then', async () => {
    await converge(copy, { content: UNIT.replace('1000', '2000'), dest: unit }, options)
    const { changes } = await converge(systemd, { daemon_reload: true }, options)
    expect(changes).toEqual([{ subject: 'unit files', before: ['sleeper.service'], after: 'reloaded' }])
    await converge(systemd, { name: 'sleeper', state: 'stopped' }, options)
    await converge(file, { path: unit, state: 'absent' }, options)
  })

  it('drives PostgreSQL', async () => {
    await converge(service, { name: 'postgresql', state: 'started', enabled: true }, { ...options, ok: true })
    const { fields } = await converge(service, { name: 'postgresql', state: 'restarted' }, { ...options, event: true })
    expect(fields.state).toBe('started')
    expect((await fleet.host('db').exec('pg_isready -q')).status).toBe(0)
  })

  it('says what is wrong', async () => {
    await expect(converge(service, { name: 'postgrsql', state: 'started' }, options)).rejects.toThrow(
      'there is no unit "postgrsql" on the host',
    )
    const bad = UNIT.replace('/bin/sleep 1000', '/bin/no-such-program')
    await converge(copy, { content: bad.replace('[Service]', '[Service]\nType=oneshot'), dest: unit }, options)
    await expect(converge(service, { name: 'sleeper', state: 'started' }, options)).rejects.toMatchObject({
      code: 'module/service-failed',
    })
    expect(await predict(service, { name: 'sleeper', state: 'started' }, options)).toHaveLength(1)
  })

  it('has facts', async () => {
    const facts = (await run(setup, {}, options)).fields?.ansible_facts
    expect(facts).toMatchObject({
      ansible_distribution: 'Debian',
      ansible_distribution_release: suite,
      ansible_service_mgr: 'systemd',
      ansible_user_id: 'root',
      ansible_default_ipv4: {},
      ansible_all_ipv4_addresses: [fleet.host('db').address],
    })
  })

  it('asks for become where the user may not look', async () => {
    const asAdmin = { session: login }
    await expect(predict(file, { path: '/root/x', state: 'directory' }, asAdmin)).rejects.toMatchObject({
      code: 'module/no-permission',
      hints: ['say `become: true`, with `become_user:` for another user than root'],
    })
  })
})
