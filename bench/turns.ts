import { say } from './start.ts'

interface Named {
  readonly name: string
}

/** The contenders that `--only` asks for; all of them where it names none. */
export const choose = <C extends Named>(all: readonly C[], only: readonly string[]): readonly C[] => {
  const unknown = only.filter((name) => !all.some((contender) => contender.name === name))
  if (unknown.length > 0)
    throw new Error(`no contender ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`)
  return only.length === 0 ? all : all.filter(({ name }) => only.includes(name))
}

/**
 * Gives everyone a turn in each round; who is first in one is last in the next. Who fails is out, aloud, and nothing of it
 * counts.
 *
 * @returns the turns of each contender that stands to the end
 */
export const takeTurns = async <C extends Named, T>(
  contenders: readonly C[],
  rounds: number,
  play: (contender: C, round: number) => Promise<T>,
): Promise<ReadonlyMap<C, readonly T[]>> => {
  const turns = new Map(contenders.map((contender): [C, T[]] => [contender, []]))
  for (let round = 0; round < rounds; round++) {
    const first = round % Math.max(1, contenders.length)
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      const own = turns.get(contender)
      if (own === undefined) continue
      try {
        own.push(await play(contender, round))
      } catch (error) {
        say(`FAILED, and out of the race: ${contender.name}: ${error instanceof Error ? error.message : error}`)
        process.exitCode = 1
        turns.delete(contender)
      }
    }
  }
  return turns
}

/** Whether nobody has fallen out; where somebody has, the tables are for the eye alone. */
export const everyoneStands = (): boolean => process.exitCode === undefined
