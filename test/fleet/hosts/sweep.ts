import { fileURLToPath } from 'node:url'
import { $ } from 'zx/core'
import { type Claim, claims, isDead } from '../claim.ts'

/** Where the fleets of Debian hosts stand. Their disks are here, so it must have room and must not be an overlay. */
export const fleetFolder = process.env.LIFEBOAT_FLEET_DIRECTORY ?? '/var/lib/lifeboat-fleet'

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
