import { existsSync, statfsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx/core'
import { type Claim, claims, isDead } from '../claim.ts'

export const overlay = 0x79_4c_76_30

/**
 * Where the fleets of Debian hosts stand, with their disks. An overlay cannot lie on an overlay, which is what
 * the disk of a container is, so there they lie in memory.
 */
export const fleetFolder = process.env.LIFEBOAT_FLEET_DIRECTORY ?? defaultFolder()

function defaultFolder(): string {
  const parents = ['/var/lib', '/dev/shm'].filter((parent) => existsSync(parent))
  const usable = parents.find((parent) => statfsSync(parent).type !== overlay)
  return `${usable ?? '/var/lib'}/lifeboat-fleet`
}

/** Removes the fleets whose owners are dead; returns their numbers. */
export async function sweepHosts(): Promise<number[]> {
  const dead = claims(fleetFolder).filter(([, claim]) => isDead(claim))
  for (const [directory, claim] of dead) await removeFleet(directory, claim)
  return dead.map(([, { number }]) => number)
}

export async function removeFleet(directory: string, { token }: Claim): Promise<void> {
  const remove = fileURLToPath(new URL('remove.sh', import.meta.url))
  await $({ quiet: true })`sh ${remove} ${directory} ${token}`
}
