import { type Command, type Took, withTally } from '../tally.ts'

/** A command that is run again and again. */
export interface Repeated {
  readonly title: string
  readonly command: Command
  /** Throws where its output does not show what it must. */
  settled?(stdout: string): void
}

/** What the runs of a command took. */
export interface Series {
  readonly title: string
  readonly took: readonly Took[]
  /** Bytes. */
  readonly memory: number
}

/**
 * Runs commands in turns. A round before the others warms what each keeps of itself and is weighed; its times do not
 * count.
 *
 * @param prepare done before each round
 */
export const runSeries = async (
  commands: readonly Repeated[],
  rounds: number,
  prepare: () => Promise<unknown> = async () => {},
): Promise<readonly Series[]> => {
  const all = commands.map((repeated) => ({ ...repeated, took: [] as Took[], memory: 0 }))
  for (let round = 0; round <= rounds; round++) {
    await prepare()
    for (const own of all) {
      if (round === 0) own.memory = (await withTally((tally) => tally.weigh(own.command))).memory
      else {
        const run = await withTally((tally) => tally.run(own.command))
        own.settled?.(run.stdout)
        own.took.push(run)
      }
    }
  }
  return all
}
