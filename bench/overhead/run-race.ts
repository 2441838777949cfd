import { shell } from '../host.ts'
import type { Contender, Race } from './stage.ts'
import { FOLDERS } from './steps.ts'
import { Tally, type Took } from './tally.ts'

/** One contender's turn: with everything to do, and with nothing to do. */
export interface Turn {
  readonly contender: string
  readonly first: Took
  readonly second: Took
}

/** All turns of a race. */
export interface Result {
  readonly contenders: readonly Contender[]
  readonly turns: readonly Turn[]
  /** Bytes by contender, from a run of its own. */
  readonly memory: ReadonlyMap<string, number>
}

/**
 * Lets all have their turns, in each round one after the other, beginning with another one each time. A first run is on
 * hosts where nothing of it is done, without any connection from before; the second comes right after and finds what the
 * first has left running, as ssh's masters. What the runs leave on the hosts is compared: it is the same, or the
 * contender is out.
 */
export const runRace = async (
  race: Race,
  contenders: readonly Contender[],
  rounds: number,
  say: (line: string) => void,
): Promise<Result> => {
  const turns: Turn[] = []
  const memory = new Map<string, number>()
  const out = new Set<string>()
  let expected: string | undefined
  const fail = (contender: Contender, error: unknown): void => {
    say(`FAILED, and out of the race: ${contender.name}: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
    out.add(contender.name)
  }
  for (let round = 0; round <= rounds; round++) {
    const first = round % Math.max(1, contenders.length)
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      if (out.has(contender.name)) continue
      const tally = new Tally()
      try {
        const turn = await play(race, contender, tally, round === 0)
        const left = await readLeft(race)
        expected ??= left
        if (left !== expected) throw new Error(`it left\n${left}\ninstead of\n${expected}`)
        if (round === 0) memory.set(contender.name, turn.memory)
        else turns.push(turn)
        say(`${round === 0 ? 'warm-up' : `round ${round}`}, ${contender.name}: ${brief(turn)}`)
      } catch (error) {
        fail(contender, error)
      } finally {
        await tally.remove()
      }
    }
  }
  // Of who is out nothing counts.
  for (const name of out) memory.delete(name)
  return {
    contenders: contenders.filter(({ name }) => !out.has(name)),
    turns: turns.filter(({ contender }) => !out.has(contender)),
    memory,
  }
}

const play = async (race: Race, contender: Contender, tally: Tally, warmUp: boolean) => {
  const command = contender.command(race)
  await onAll(race, `rm -rf ${FOLDERS.join(' ')}`)
  const first = await tally.run(command)
  const second = warmUp ? await tally.weigh(command) : { ...(await tally.run(command)), memory: 0 }
  contender.settled?.(second.stdout, race.targets.length)
  return { contender: contender.name, first, second, memory: second.memory }
}

/** Names, kinds, modes, owners, sizes and contents of all that is there: of every host, and of all the same. */
const readLeft = async (race: Race): Promise<string> => {
  const texts = await onAll(
    race,
    `find ${FOLDERS.join(' ')} -printf '%p %y %#m %u:%g %l\\n' | sort
    find ${FOLDERS.join(' ')} -type f -exec sha256sum {} + | sort`,
  )
  const [text = ''] = texts
  const other = texts.find((each) => each !== text)
  if (other !== undefined) throw new Error(`one host has\n${other}\nanother\n${text}`)
  return text
}

const onAll = (race: Race, script: string): Promise<readonly string[]> =>
  Promise.all(race.hosts.map((host) => shell(host, script)))

const brief = ({ first, second }: Turn): string =>
  `first ${first.seconds.toFixed(2)} s, second ${second.seconds.toFixed(2)} s`
