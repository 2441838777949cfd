import type { Contender } from '../contender.ts'
import type { Stage } from '../stage.ts'
import { barman } from './barman.ts'
import { lifeboat } from './lifeboat.ts'
import { pgbackrest } from './pgbackrest.ts'
import { seed } from './seed.ts'
import { serverZstd } from './server-zstd.ts'

const ALL: readonly Contender[] = [lifeboat, pgbackrest('zst'), pgbackrest('lz4'), barman, serverZstd, seed]

/** The contenders that were asked for. */
export const chooseContenders = (only: readonly string[]): readonly Contender[] => {
  const unknown = only.filter((name) => !ALL.some((contender) => contender.name === name))
  if (unknown.length > 0)
    throw new Error(`no contender ${unknown.join(', ')}; there are ${ALL.map((c) => c.name).join(', ')}`)
  return only.length === 0 ? ALL : ALL.filter(({ name }) => only.includes(name))
}

/** Says which program of a contender is missing on which host; undefined where it can take part. */
export const whatIsMissing = async ({ db, spare }: Stage, { programs }: Contender): Promise<string | undefined> => {
  for (const host of [db, spare]) {
    for (const program of programs) {
      const { status } = await host.exec(`command -v ${program}`)
      if (status !== 0) return `${program} is not on ${host.name}`
    }
  }
  return undefined
}
