import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Connection } from '../../../src/host/connection.ts'
import { openConnection } from '../../../src/host/open.ts'
import group from '../../../src/modules/system/group.ts'
import user from '../../../src/modules/system/user.ts'
import { bootHosts } from '../../fleet/hosts/index.ts'
import { type ContextOptions, converge, predict } from '../harness.ts'

let fleet: Awaited<ReturnType<typeof bootHosts>>
let connection: Connection
let options: ContextOptions
beforeAll(async () => {
  fleet = await bootHosts([{ name: 'db', suite: 'bookworm', postgres: false }])
  connection = openConnection('db', {
    ansible_host: fleet.host('db').address,
    ansible_user: 'admin',
    ansible_ssh_private_key_file: fleet.privateKeyFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${fleet.knownHostsFile}`,
  })
  options = { session: await connection.session({ user: 'root', method: 'sudo' }) }
})
afterAll(async () => {
  await connection?.close()
  await fleet?.close()
})

const HASH = '$6$saltsalt$Ix9xlzjx1GfvXvGjVdRyNA7Qn3yK1E5xV0HQ5v3mT1nX0y9x4r2d1o6s8f7g5h4j3k2l1m0n9b8v7c6x5z4a3'

it('creates and changes groups', async () => {
  const { changes, fields } = await converge(group, { name: 'dba', gid: 4321 }, options)
  expect(changes).toEqual([
    { subject: 'state', before: 'absent', after: 'present' },
    { subject: 'gid', before: null, after: 4321 },
  ])
  expect(fields).toEqual({ name: 'dba', gid: 4321, state: 'present' })
  await converge(group, { name: 'dba', gid: '4322' }, options)
  await converge(group, { name: 'dba' }, { ...options, ok: true })
})

it('creates a user with all that belongs to it', async () => {
  const params = {
    name: 'keeper',
    uid: 5432,
    group: 'dba',
    groups: 'adm, ssl-cert'.split(', ').slice(0, 1),
    comment: "Keeper of the o'backups",
    shell: '/bin/sh',
    home: '/srv/keeper',
    password: HASH,
    generate_ssh_key: true,
  }
  const { changes, fields } = await converge(user, params, options)
  expect(changes.map(({ subject }) => subject)).toEqual([
    'state',
    'uid',
    'group',
    'groups',
    'comment',
    'home',
    'shell',
    'password',
    'ssh key',
  ])
  expect(changes.find(({ subject }) => subject === 'password')?.sensitive).toBe(true)
  expect(fields).toMatchObject({
    uid: 5432,
    group: 4322,
    home: '/srv/keeper',
    ssh_key_file: '/srv/keeper/.ssh/id_ed25519',
    ssh_public_key: expect.stringMatching(/^ssh-ed25519 /),
  })
  const { stdout } = await fleet.host('db').exec('getent shadow keeper | cut -d: -f2; stat -c "%U %a" /srv/keeper/.ssh')
  expect(stdout).toBe(`${HASH}\nkeeper 700\n`)
})

it('changes only what differs', async () => {
  expect((await converge(user, { name: 'keeper', groups: ['staff'], append: true }, options)).changes).toEqual([
    { subject: 'groups', before: ['adm'], after: ['adm', 'staff'] },
  ])
  await converge(user, { name: 'keeper', groups: ['staff'] }, options)
  await converge(user, { name: 'keeper', password_lock: true }, options)
  await converge(user, { name: 'keeper', password: HASH }, { ...options, ok: true })
  await converge(user, { name: 'keeper', password: 'other', update_password: 'on_create' }, { ...options, ok: true })
})

it('removes both', async () => {
  await converge(user, { name: 'keeper', state: 'absent', remove: true }, options)
  expect((await fleet.host('db').exec('ls -d /srv/keeper')).status).not.toBe(0)
  await converge(group, { name: 'dba', state: 'absent' }, options)
  await expect(predict(group, { name: 'a b' }, { ...options, name: 'group' })).rejects.toThrow('must be a name')
})
