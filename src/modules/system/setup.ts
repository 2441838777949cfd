import { z } from 'zod'
import { defineReader } from '../contract.ts'
import { hardwareFacts } from '../shared/facts/hardware.ts'
import { localFacts } from '../shared/facts/local-facts.ts'
import { networkFacts } from '../shared/facts/network.ts'
import { type Facts, platformFacts } from '../shared/facts/platform.ts'
import { type FactGroup, factsScript } from '../shared/facts/script.ts'
import { virtualFacts } from '../shared/facts/virtual.ts'
import { integer, list, path, text } from '../shared/params.ts'
import { readPairs, succeed } from '../shared/script.ts'

/** Ansible's names of subsets, to the group that has them. Those of other tools (facter, ohai) have nothing here. */
const SUBSETS: Readonly<Record<string, FactGroup | 'none'>> = {
  ...group(
    'min',
    'min',
    'apparmor',
    'caps',
    'cmdline',
    'date_time',
    'distribution',
    'dns',
    'env',
    'fips',
    'local',
    'lsb',
  ),
  ...group(
    'min',
    'pkg_mgr',
    'platform',
    'python',
    'selinux',
    'service_mgr',
    'ssh_pub_keys',
    'user',
    'chroot',
    'is_chroot',
  ),
  ...group('min', 'system', 'kernel', 'machine', 'architecture', 'machine_id', 'systemd'),
  ...group(
    'hardware',
    'hardware',
    'devices',
    'mounts',
    'processor',
    'processor_cores',
    'processor_count',
    'loadavg',
    'memory',
  ),
  ...group(
    'network',
    'network',
    'interfaces',
    'default_ipv4',
    'default_ipv6',
    'all_ipv4_addresses',
    'all_ipv6_addresses',
  ),
  ...group('virtual', 'virtual', 'virtualization_role', 'virtualization_type'),
  ...group('none', 'facter', 'ohai'),
}

function group(of: FactGroup | 'none', ...names: string[]): Record<string, FactGroup | 'none'> {
  return Object.fromEntries(names.map((name) => [name, of]))
}

const NAMES = ['all', ...Object.keys(SUBSETS)]

const subset = z
  .string()
  .refine(
    (word) => NAMES.includes(word.replace(/^!/, '')),
    `must be one of ${NAMES.join(', ')}, or one of them behind a "!"`,
  )

const params = z.strictObject({
  gather_subset: list(subset)
    .default(['all'])
    .describe('Which facts: `all`, `min`, `hardware`, `network`, `virtual`; with `!` before it what is left out.'),
  filter: list(text).default([]).describe('Only facts whose names match one of these patterns (`ansible_mem*`).'),
  fact_path: path.default('/etc/ansible/facts.d').describe('Folder on the host with `*.fact` files of your own.'),
  gather_timeout: integer.default(10).describe('Seconds that a file system may take to tell its size.'),
})

/** `!all` leaves the minimum, `!min` takes it away too; names alone come on top of the minimum. */
const groupsOf = (subsets: readonly string[]): Set<FactGroup> => {
  const all: FactGroup[] = ['min', 'hardware', 'network', 'virtual']
  const taken = subsets.filter((word) => !word.startsWith('!'))
  const left = subsets.filter((word) => word.startsWith('!')).map((word) => word.slice(1))
  const groups = new Set<FactGroup>(taken.includes('all') || taken.length === 0 ? all : ['min'])
  if (left.includes('all')) for (const each of all.slice(1)) groups.delete(each)
  for (const word of left) {
    // A single fact left out does not leave out the others of its group.
    if (all.includes(word as FactGroup)) groups.delete(word as FactGroup)
  }
  for (const word of taken) {
    const of = SUBSETS[word]
    if (of !== undefined && of !== 'none') groups.add(of)
  }
  if (left.includes('min') && !taken.some((word) => SUBSETS[word] === 'min')) groups.delete('min')
  return groups
}

const matches = (name: string, patterns: readonly string[]): boolean =>
  patterns.length === 0 ||
  patterns.some((pattern) => {
    const source = pattern
      .replaceAll(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')
    return new RegExp(`^(?:${source})$`).test(name) || new RegExp(`^ansible_(?:${source})$`).test(name)
  })

export default defineReader({
  kind: 'read',
  summary: 'Gathers facts of the host: system, distribution, processors, memory, network, mounts, user, time.',
  description:
    'Plays gather facts by themselves unless they say `gather_facts: false`. Everything comes from one sh script: the ' +
    'host needs no Python. A fact is `ansible_x`, and `x` in `ansible_facts`.',
  examples: [
    {
      title: 'Only what is needed',
      yaml: '- setup:\n    gather_subset: ["!all", network]\n    filter: ansible_default_ipv4',
    },
  ],
  params,
  returns: { ansible_facts: 'The facts, with the prefix `ansible_`.' },
  async read(ctx, given) {
    const groups = groupsOf(given.gather_subset)
    const result = await ctx.run(factsScript(groups, given.fact_path, given.gather_timeout))
    const { pairs } = readPairs(succeed(result, 'gather facts'))
    const fields = new Map(pairs)
    const all = (key: string): string[] => pairs.flatMap(([name, value]) => (name === key ? [value] : []))
    const facts: Facts = {
      ...(groups.has('min') ? platformFacts(fields) : {}),
      ...(groups.has('hardware') ? hardwareFacts(fields, all('mount')) : {}),
      ...(groups.has('network') ? networkFacts(fields, all('interface')) : {}),
      ...(groups.has('virtual') ? virtualFacts(fields) : {}),
      ...localFacts(fields),
    }
    const named = Object.entries(facts).map(([name, value]): [string, unknown] => [`ansible_${name}`, value])
    const kept = Object.fromEntries(named.filter(([name]) => matches(name, given.filter)))
    return { ansible_facts: { ...kept, gather_subset: given.gather_subset, module_setup: true } }
  },
})
