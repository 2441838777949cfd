import { formatSize } from '../../src/base/size.ts'
import { median } from '../median.ts'
import type { Contender } from './contender.ts'
import type { Round } from './round.ts'

interface Column {
  readonly head: string
  readonly value: (round: Round) => number | undefined
  readonly write: (value: number) => string
  /** More is better. */
  readonly more?: boolean
}

type Choose = (values: readonly number[], more: boolean) => number | undefined

const middle: Choose = (values) => median(values)

const best: Choose = (values, more) =>
  values.length === 0 ? undefined : more ? Math.max(...values) : Math.min(...values)

const fixed =
  (digits: number) =>
  (value: number): string =>
    value.toFixed(digits)

const COLUMNS: readonly Column[] = [
  { head: 'backup s', value: ({ backup }) => backup.seconds, write: fixed(1) },
  { head: 'its size', value: ({ backup }) => backup.size, write: formatSize },
  { head: 'its CPU s', value: ({ backup }) => backup.cpu, write: fixed(1) },
  { head: 'restore: first query s', value: ({ restore }) => restore.answered, write: fixed(1) },
  { head: 'writable s', value: ({ restore }) => restore.writable, write: fixed(1) },
  { head: 'verified s', value: ({ restore }) => restore.verified, write: fixed(1) },
  { head: 'its CPU s', value: ({ restore }) => restore.cpu, write: fixed(1) },
  { head: 'push: segments/s', value: ({ push }) => push?.rate, write: fixed(1), more: true },
  { head: 'CPU s a segment', value: ({ push }) => push?.cpu, write: fixed(2) },
  { head: 'while pgbench writes', value: ({ push }) => push?.busyRate, write: fixed(1), more: true },
  { head: 'its transactions/s', value: ({ push }) => push?.busyTransactions, write: fixed(0), more: true },
  { head: 'a segment', value: ({ push }) => push?.segmentSize, write: formatSize },
]

/** The medians, or the best, of all rounds, a row a contender, as Markdown. */
export const makeTable = (contenders: readonly Contender[], rounds: readonly Round[], useBest: boolean): string => {
  const choose = useBest ? best : middle
  const head = ['', ...COLUMNS.map(({ head }) => head)]
  const lines = contenders.map(({ name, title }) => {
    const own = rounds.filter(({ contender }) => contender === name)
    return [title, ...COLUMNS.map((column) => cell(column, own, choose))]
  })
  return [head, ['---', ...COLUMNS.map(() => '---:')], ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const cell = ({ value, write, more = false }: Column, rounds: readonly Round[], choose: Choose): string => {
  const values = rounds.map(value).filter((each) => each !== undefined)
  const chosen = choose(values, more)
  return chosen === undefined ? '–' : write(chosen)
}

/** Processor seconds that Lifeboat itself used on the controller, backup and restore; undefined where it took no part. */
export const controllerWords = (rounds: readonly Round[]): string | undefined => {
  const backup = median(rounds.flatMap((round) => round.backup.controllerCpu ?? []))
  const restore = median(rounds.flatMap((round) => round.restore.controllerCpu ?? []))
  if (backup === undefined || restore === undefined) return undefined
  return `Lifeboat's own processor time on the controller: backup ${backup.toFixed(2)} s, restore ${restore.toFixed(2)} s.`
}
