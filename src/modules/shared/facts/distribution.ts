import type { FactFields, Facts } from './platform.ts'

/** `ID` of os-release to the name that Ansible's `distribution` has. */
const NAMES: Readonly<Record<string, string>> = {
  debian: 'Debian',
  raspbian: 'Debian',
  ubuntu: 'Ubuntu',
  linuxmint: 'Linux Mint',
  kali: 'Kali',
  pop: 'Pop!_OS',
  rhel: 'RedHat',
  centos: 'CentOS',
  fedora: 'Fedora',
  rocky: 'Rocky',
  almalinux: 'AlmaLinux',
  ol: 'OracleLinux',
  amzn: 'Amazon',
  sles: 'SLES',
  'opensuse-leap': 'openSUSE Leap',
  'opensuse-tumbleweed': 'openSUSE Tumbleweed',
  arch: 'Archlinux',
  manjaro: 'Manjaro',
  alpine: 'Alpine',
  gentoo: 'Gentoo',
  void: 'Void',
}

const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/\b(debian|ubuntu|raspbian|linuxmint|kali|pop)\b/, 'Debian'],
  [/\b(rhel|centos|fedora|rocky|almalinux|ol|amzn)\b/, 'RedHat'],
  [/\b(suse|sles|opensuse[-\w]*)\b/, 'Suse'],
  [/\b(arch|manjaro)\b/, 'Archlinux'],
  [/\balpine\b/, 'Alpine'],
  [/\bgentoo\b/, 'Gentoo'],
]

/** Reads `/etc/os-release`. */
export const readOsRelease = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/^([A-Z_][A-Z0-9_]*)=(.*)$/gm)].map(([, key, value = '']) => [
      key,
      value
        .trim()
        .replace(/^(["'])(.*)\1$/, '$2')
        .replaceAll(/\\(["$`\\])/g, '$1'),
    ]),
  )

export const distributionFacts = (fields: FactFields): Facts => {
  const release = readOsRelease(fields.get('os_release') ?? '')
  const id = release.ID ?? ''
  const version = versionOf(id, release, fields)
  const [major, minor] = version.split('.')
  const likes = `${id} ${release.ID_LIKE ?? ''}`
  return {
    distribution: NAMES[id] ?? release.NAME?.split(/\s+/)[0] ?? 'NA',
    distribution_version: version || 'NA',
    distribution_major_version: major || 'NA',
    ...(minor === undefined ? {} : { distribution_minor_version: minor }),
    distribution_release: release.VERSION_CODENAME || /\(([^)]+)\)/.exec(release.VERSION ?? '')?.[1] || 'NA',
    distribution_file_path: '/etc/os-release',
    distribution_file_variety: NAMES[id] ?? 'NA',
    os_family: FAMILIES.find(([pattern]) => pattern.test(likes))?.[1] ?? NAMES[id] ?? 'NA',
  }
}

/** Debian and CentOS say more exactly elsewhere which version they are; a testing Debian says `forky/sid`. */
const versionOf = (id: string, release: Record<string, string>, fields: FactFields): string => {
  if (id === 'debian' || id === 'raspbian') return fields.get('debian_version')?.trim() || release.VERSION_ID || ''
  if (id === 'centos') return /\d+(\.\d+)*/.exec(fields.get('redhat_release') ?? '')?.[0] ?? release.VERSION_ID ?? ''
  return release.VERSION_ID ?? ''
}
