import { distributionFacts, readOsRelease } from './distribution.ts'

export type FactFields = ReadonlyMap<string, string>
export type Facts = Record<string, unknown>

/** Facts of the group `min`: system, distribution, user, time, environment. Keys without the prefix `ansible_`. */
export const platformFacts = (fields: FactFields): Facts => {
  const get = (name: string): string => fields.get(name)?.trim() ?? ''
  const nodename = get('uname_n')
  const fqdn = get('fqdn') || nodename
  const machine = get('uname_m')
  const bits = /64|s390x|alpha/.test(machine) ? '64' : '32'
  return {
    ...distributionFacts(fields),
    system: get('uname_s'),
    kernel: get('uname_r'),
    kernel_version: get('uname_v'),
    machine,
    architecture: /^i\d86$/.test(machine) ? 'i386' : machine,
    userspace_bits: bits,
    userspace_architecture: machine,
    nodename,
    hostname: nodename.split('.')[0],
    fqdn,
    domain: fqdn.includes('.') ? fqdn.slice(fqdn.indexOf('.') + 1) : '',
    service_mgr: serviceManager(fields),
    pkg_mgr: PACKAGE_MANAGERS[get('pkg_mgr')] ?? (get('pkg_mgr') || 'unknown'),
    ...userFacts(fields),
    env: readEnvironment(fields.get('env') ?? ''),
    date_time: dateTime(fields),
    cmdline: readCommandLine(get('cmdline')),
    machine_id: get('machine_id'),
    dns: readResolver(get('resolv')),
    fips: get('fips') === '1',
    selinux: selinux(fields),
    apparmor: { status: fields.has('apparmor') ? 'enabled' : 'disabled' },
    is_chroot: fields.has('chroot'),
    ...pythonFacts(get('python')),
    ...hostKeys(fields),
    lsb: lsb(readOsRelease(get('os_release'))),
  }
}

const PACKAGE_MANAGERS: Readonly<Record<string, string>> = { 'apt-get': 'apt' }

const serviceManager = (fields: FactFields): string => {
  const first = fields.get('pid1')?.trim() ?? ''
  if (fields.has('systemd') || first === 'systemd') return 'systemd'
  if (fields.has('openrc')) return 'openrc'
  if (first !== '' && !['init', 'sh', 'bash', 'dash'].includes(first)) return first
  return fields.has('initd') ? 'sysvinit' : 'service'
}

const userFacts = (fields: FactFields): Facts => {
  const [, , , , gecos = '', directory = '', shell = ''] = (fields.get('passwd') ?? '').trim().split(':')
  const [uid, gid] = [Number(fields.get('uid')), Number(fields.get('gid'))]
  return {
    user_id: fields.get('user') ?? '',
    user_uid: uid,
    user_gid: gid,
    user_gecos: gecos,
    user_dir: directory,
    user_shell: shell,
    ...{ effective_user_id: uid, effective_group_id: gid, real_user_id: uid, real_group_id: gid },
  }
}

const readEnvironment = (text: string): Record<string, string> => {
  const result: Record<string, string> = {}
  let last = ''
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z_]\w*)=(.*)$/.exec(line)
    if (match?.[1] !== undefined) {
      last = match[1]
      result[last] = match[2] ?? ''
    } else if (last !== '') result[last] += `\n${line}`
  }
  return result
}

const dateTime = (fields: FactFields): Facts => {
  const [epoch = '', year, month, day, hour, minute, second, tz, offset, weekday, number, week, nanoseconds = ''] = (
    fields.get('date') ?? ''
  ).split('|')
  const utc = fields.get('utc') ?? ''
  const micro = /^\d{9}$/.test(nanoseconds) ? nanoseconds.slice(0, 6) : '000000'
  const basic = `${year}${month}${day}T${hour}${minute}${second}`
  return {
    ...{ year, month, day, hour, minute, second, weekday, weekday_number: number, weeknumber: week },
    ...{ date: `${year}-${month}-${day}`, time: `${hour}:${minute}:${second}`, tz, tz_dst: tz, tz_offset: offset },
    ...{ epoch, epoch_int: epoch, iso8601: `${utc}Z`, iso8601_micro: `${utc}.${micro}Z` },
    ...{ iso8601_basic: basic + micro, iso8601_basic_short: basic },
  }
}

const readCommandLine = (text: string): Facts =>
  Object.fromEntries(
    text
      .split(/\s+/)
      .filter((word) => word !== '')
      .map((word) => {
        const equals = word.indexOf('=')
        return equals < 0 ? [word, true] : [word.slice(0, equals), word.slice(equals + 1)]
      }),
  )

const readResolver = (text: string): Facts => {
  const result: Record<string, string[]> = {}
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/)
    if (keyword === 'nameserver') result.nameservers = [...(result.nameservers ?? []), ...values.slice(0, 1)]
    if (keyword === 'search' || keyword === 'options') result[keyword] = values
  }
  return result
}

const selinux = (fields: FactFields): Facts => {
  const enforce = fields.get('selinux_enforce')?.trim()
  if (enforce === undefined) return { status: 'disabled' }
  const configured = (name: string): string =>
    new RegExp(`^${name}=(\\w+)`, 'm').exec(fields.get('selinux_config') ?? '')?.[1] ?? 'unknown'
  return {
    status: 'enabled',
    mode: enforce === '1' ? 'enforcing' : 'permissive',
    config_mode: configured('SELINUX'),
    type: configured('SELINUXTYPE'),
    policyvers: Number(fields.get('selinux_policy') ?? 0),
  }
}

/** Nothing here needs Python. Where there is none, `3.0.0` lets roles choose the packages for Python 3. */
const pythonFacts = (said: string): Facts => {
  const version = /(\d+)\.(\d+)\.(\d+)/.exec(said)
  const [text, major, minor, micro] = version ?? ['3.0.0', '3', '0', '0']
  const numbers = { major: Number(major), minor: Number(minor), micro: Number(micro), releaselevel: 'final', serial: 0 }
  return { python_version: text, python: { executable: version ? 'python3' : '', type: 'cpython', version: numbers } }
}

const hostKeys = (fields: FactFields): Facts => {
  const facts: Facts = {}
  for (const kind of ['rsa', 'ecdsa', 'ed25519']) {
    const [type, key] = (fields.get(`ssh_${kind}`) ?? '').split(/\s+/)
    if (key === undefined) continue
    facts[`ssh_host_key_${kind}_public`] = key
    facts[`ssh_host_key_${kind}_public_keytype`] = type
  }
  return facts
}

const lsb = (release: Readonly<Record<string, string>>): Facts =>
  release.ID === undefined
    ? {}
    : {
        id: release.NAME?.split(/[ /]/)[0] ?? release.ID,
        description: release.PRETTY_NAME ?? '',
        release: release.VERSION_ID ?? '',
        major_release: release.VERSION_ID?.split('.')[0] ?? '',
        codename: release.VERSION_CODENAME ?? '',
      }
