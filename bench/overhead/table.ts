import { formatSize } from '../../src/base/size.ts'
import { median } from '../median.ts'
import type { Took } from '../tally.ts'
import type { Raced } from './run-race.ts'
import type { Series } from './series.ts'
import type { Contender } from './stage.ts'

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, ['---', ...head.slice(1).map(() => '---:')], ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const fixed = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(2))

/** The median of the seconds, with the least and the most. */
const seconds = (took: readonly Took[]): string => {
  const all = took.map((each) => each.seconds)
  if (all.length === 0) return '–'
  return `${fixed(median(all))} (${fixed(Math.min(...all))}–${fixed(Math.max(...all))})`
}

const cpu = (took: readonly Took[]): string => fixed(median(took.map((each) => each.cpu)))

/** One race, a row a contender. */
export const raceTable = (raced: readonly Raced[]): string =>
  table(
    ['', 'first run s', 'second run s', 'CPU s of the second', 'memory'],
    raced.map(({ contender, turns, memory }) => {
      const [first, second] = [turns.map((turn) => turn.first), turns.map((turn) => turn.second)]
      return [contender.title, seconds(first), seconds(second), cpu(second), formatSize(memory)]
    }),
  )

/** The second runs of several races, a row a contender, a column a race. */
export const summaryTable = (
  contenders: readonly Contender[],
  races: readonly (readonly [title: string, readonly Raced[]])[],
): string =>
  table(
    ['second run, s', ...races.map(([title]) => title)],
    contenders.map((contender) => [
      contender.title,
      ...races.map(([, raced]) => {
        const own = raced.find((each) => each.contender === contender)
        return fixed(median(own?.turns.map(({ second }) => second.seconds) ?? []))
      }),
    ]),
  )

/** Single commands; of runs over very many hosts their memory too. */
export const seriesTable = (series: readonly Series[], withMemory: boolean): string =>
  table(
    ['', 's', 'CPU s', ...(withMemory ? ['memory'] : [])],
    series.map(({ title, took, memory }) => [
      title,
      seconds(took),
      cpu(took),
      ...(withMemory ? [formatSize(memory)] : []),
    ]),
  )
