import { shell } from '../host.ts'
import { say } from '../start.ts'
import { type Took, type Weighed, withTally } from '../tally.ts'
import { takeTurns } from '../turns.ts'
import type { Contender, Race } from './stage.ts'
import { FOLDERS } from './steps.ts'

/** One contender's turn: with everything to do, and with nothing to do. */
export interface Turn {
  readonly first: Took
  readonly second: Took
}

/** All turns of a contender in a race. */
export interface Raced {
  readonly contender: Contender
  readonly turns: readonly Turn[]
  /** Bytes, of a second run of its own. */
  readonly memory: number
}

/**
 * Lets all have their turns. A first run is on hosts where nothing of it is done, without any connection from before; the
 * second comes right after and finds what the first has left running, as ssh's masters. What the runs leave on the hosts is
 * compared: it is the same, or the contender is out.
 */
export const runRace = async (
  race: Race,
  contenders: readonly Contender[],
  rounds: number,
): Promise<readonly Raced[]> => {
  let expected: string | undefined
  // The first round is weighed, and its times do not count.
  const turns = await takeTurns(contenders, rounds + 1, async (contender, round) => {
    const turn = await play(race, contender, round === 0)
    const left = await readLeft(race)
    expected ??= left
    if (left !== expected) throw new Error(`it left\n${left}\ninstead of\n${expected}`)
    say(`${round === 0 ? 'warm-up' : `round ${round}`}, ${contender.name}: ${brief(turn)}`)
    return turn
  })
  return [...turns].map(([contender, [warmUp, ...counted]]) => ({
    contender,
    turns: counted,
    memory: warmUp?.second.memory ?? 0,
  }))
}

interface Played {
  readonly first: Took
  readonly second: Took & Partial<Weighed>
}

const play = (race: Race, contender: Contender, weighed: boolean): Promise<Played> =>
  withTally(async (tally) => {
    const command = contender.command(race)
    await onAll(race, `rm -rf ${FOLDERS.join(' ')}`)
    const first = await tally.run(command)
    const second = weighed ? await tally.weigh(command) : await tally.run(command)
    contender.settled?.(second.stdout, race.targets.length)
    return { first, second }
  })

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
