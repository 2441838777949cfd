import type { Contender } from '../contender.ts'
import type { Stage } from '../stage.ts'
import { barman } from './barman.ts'
import { lifeboat } from './lifeboat.ts'
import { pgbackrest } from './pgbackrest.ts'
import { seed } from './seed.ts'
import { serverZstd } from './server-zstd.ts'

export const CONTENDERS: readonly Contender[] = [
  lifeboat,
  pgbackrest('zst'),
  pgbackrest('lz4'),
  barman,
  serverZstd,
  seed,
]

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
