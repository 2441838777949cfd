import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the cgroups are. */
export const cgroupRoot = (): string => {
  const [, mount] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8')) ?? []
  if (mount === undefined) throw new Error('no cgroup2 is mounted')
  return mount
}

/** Processor seconds that everything in a cgroup has used. */
export const cpuOf = (cgroup: string): number => {
  const text = readFileSync(join(cgroup, 'cpu.stat'), 'utf8')
  const used = /^usage_usec (\d+)$/m.exec(text)?.[1]
  if (used === undefined) throw new Error(`${cgroup} does not say what its processors did:\n${text}`)
  return Number(used) / 1e6
}
