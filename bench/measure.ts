import type { FleetHost } from '../test/fleet/hosts/index.ts'
import { cpuOf } from './cgroup.ts'
import { cgroupOf } from './host.ts'

/** Seconds on the clock, and seconds that all processors of a host spent on its processes. */
export interface Spent {
  readonly seconds: number
  readonly cpu: number
}

export const now = (): number => performance.now() / 1000

/** Processor seconds of a host since it was booted: everything in its cgroup counts, the database's work too. */
export const cpuSeconds = (host: FleetHost): number => cpuOf(cgroupOf(host))

/** Measures one piece of work on a host. */
export const measure = async <T>(host: FleetHost, work: () => Promise<T>): Promise<Spent & { readonly value: T }> => {
  const cpu = cpuSeconds(host)
  const began = now()
  const value = await work()
  const seconds = now() - began
  return { seconds, cpu: cpuSeconds(host) - cpu, value }
}
