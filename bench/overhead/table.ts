import { formatSize } from '../../src/base/size.ts'
import { median } from '../median.ts'
import type { Cold } from './cold.ts'
import type { Crowd } from './many.ts'
import type { Result } from './run-race.ts'
import type { Took } from './tally.ts'

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
export const raceTable = ({ contenders, turns, memory }: Result): string =>
  table(
    ['', 'first run s', 'second run s', 'CPU s of the second', 'memory'],
    contenders.map(({ name, title }) => {
      const own = turns.filter(({ contender }) => contender === name)
      const [first, second] = [own.map((turn) => turn.first), own.map((turn) => turn.second)]
      const bytes = memory.get(name)
      return [title, seconds(first), seconds(second), cpu(second), bytes === undefined ? '–' : formatSize(bytes)]
    }),
  )

/** The second runs of several races, a row a contender, a column a race. */
export const summaryTable = (races: readonly (readonly [title: string, Result])[]): string => {
  const [[, first] = []] = races
  return table(
    ['second run, s', ...races.map(([title]) => title)],
    (first?.contenders ?? []).map(({ name, title }) => [
      title,
      ...races.map(([, { turns }]) =>
        fixed(median(turns.filter(({ contender }) => contender === name).map(({ second }) => second.seconds))),
      ),
    ]),
  )
}

export const coldTable = (measured: readonly Cold[]): string =>
  table(
    ['', 's', 'CPU s'],
    measured.map(({ title, took }) => [title, seconds(took), cpu(took)]),
  )

export const crowdTable = (measured: readonly Crowd[]): string =>
  table(
    ['', 's', 'CPU s', 'memory'],
    measured.map(({ title, took, memory }) => [title, seconds(took), cpu(took), formatSize(memory)]),
  )
