import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Connection } from '../../../src/host/connection.ts'
import { openConnection } from '../../../src/host/open.ts'
import apt from '../../../src/modules/system/apt.ts'
import packageModule from '../../../src/modules/system/package.ts'
import { bootHosts } from '../../fleet/hosts/index.ts'
import { type ContextOptions, converge, predict } from '../harness.ts'

let fleet: Awaited<ReturnType<typeof bootHosts>>
let connection: Connection
let options: ContextOptions

// The host reaches no mirror: it gets a small repository of its own, with one package in two versions.
const REPOSITORY = `set -e
mkdir -p /srv/repo && cd /srv/repo
: >Packages
for version in 1.0 2.0; do
  mkdir -p build/DEBIAN build/usr/share/buoy
  echo "$version" >build/usr/share/buoy/version
  printf 'Package: buoy\\nVersion: %s\\nArchitecture: all\\nMaintainer: Test <test@example.org>\\nProvides: floating-thing\\nDescription: test\\n' "$version" >build/DEBIAN/control
  dpkg-deb -b build "buoy_$version.deb" >/dev/null
  { cat build/DEBIAN/control; echo "Filename: ./buoy_$version.deb"; echo "Size: $(stat -c %s "buoy_$version.deb")"; echo "SHA256: $(sha256sum "buoy_$version.deb" | cut -d' ' -f1)"; echo; } >>Packages
done
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/repo ./' >/etc/apt/sources.list.d/own.list`

beforeAll(async () => {
  fleet = await bootHosts([{ name: 'db', suite: 'bookworm', postgres: false }])
  const made = await fleet.host('db').exec(REPOSITORY)
  expect(made.stderr).toBe('')
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

it('installs what is missing, after bringing the lists', async () => {
  await expect(converge(apt, { name: 'buoy' }, options)).rejects.toThrow(
    'cannot install buoy: E: Unable to locate package buoy',
  )
  const { changes, fields } = await converge(apt, { name: 'buoy=1.*, bash', update_cache: true }, options)
  expect(changes).toEqual([{ subject: 'package buoy', before: null, after: '1.*' }])
  expect(fields.packages).toMatchObject({ buoy: '1.0', bash: expect.stringMatching(/^5/) })
})

it('leaves what is there, also under a name that it provides', async () => {
  await converge(packageModule, { name: ['buoy', 'floating-thing'] }, { ...options, ok: true })
})

it('changes the version where one is asked for', async () => {
  const { changes } = await converge(apt, { name: 'buoy=2.0' }, options)
  expect(changes).toEqual([{ subject: 'package buoy', before: '1.0', after: '2.0' }])
  await converge(apt, { name: 'buoy=1.0' }, options)
})

it('removes', async () => {
  await converge(apt, { name: 'buoy', state: 'absent', purge: true }, options)
  expect((await fleet.host('db').exec('ls /usr/share/buoy')).status).not.toBe(0)
  await converge(packageModule, { name: 'buoy', state: 'removed' }, { ...options, ok: true })
})

it('brings package lists that are too old', async () => {
  expect(await predict(apt, { update_cache: true, cache_valid_time: 100000 }, options)).toEqual([])
  const { changes } = await converge(apt, { update_cache: true }, { ...options, event: true })
  expect(changes).toEqual([{ subject: 'package lists', before: 'older than 0 s', after: 'brought' }])
})

it('refuses what is no name of a package', async () => {
  await expect(predict(apt, { name: '--force-yes' }, { ...options, name: 'apt' })).rejects.toThrow(
    '"name[0]" of apt must be the name of a package, not "--force-yes"',
  )
})
