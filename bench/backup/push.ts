import { asPostgres, shell, sql } from '../host.ts'
import { measure, now } from '../measure.ts'
import type { Contender } from './contender.ts'
import type { Stage } from './stage.ts'
import { archiveEverything, fillSegments, setArchiveCommand, waitArchived } from './wal.ts'

export interface Pushed {
  /** Segments a second, with nothing else to do for the host. */
  readonly rate: number
  /** Processor seconds a segment. */
  readonly cpu: number
  /** Segments a second while pgbench writes with as many clients as there are cores. */
  readonly busyRate: number
  /** Transactions a second of that pgbench. */
  readonly busyTransactions: number
  /** Bytes a segment in the repository. */
  readonly segmentSize: number
}

/** The longest a burst is watched, in seconds: who is slower is measured by what it got done until then. */
const PATIENCE = 15

/** Measures how fast segments that wait get into the repository: from the reload to the answer for the last of them. */
export const measurePush = async (
  stage: Stage,
  contender: Contender,
  command: string,
  turn: number,
): Promise<Pushed> => {
  const waiting = await fill(stage, turn)
  const before = await stored(stage, contender)
  const { seconds, cpu, value } = await measure(stage.db, () => drain(stage, command, waiting))
  const segmentSize = ((await stored(stage, contender)) - before) / value
  return { rate: value / seconds, cpu: cpu / value, segmentSize, ...(await pushWhileWriting(stage, command, turn)) }
}

const pushWhileWriting = async (stage: Stage, command: string, turn: number) => {
  const { db, cores } = stage
  const waiting = await fill(stage, turn + 27)
  const writing = asPostgres(db, `pgbench -n -c ${cores} -j ${cores} -T 600 bench || true`)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const transactions = () => sql(db, "SELECT xact_commit FROM pg_stat_database WHERE datname = 'bench'").then(Number)
  const [began, committed] = [now(), await transactions()]
  const done = await drain(stage, command, waiting)
  const seconds = now() - began
  const busyTransactions = ((await transactions()) - committed) / seconds
  await shell(db, 'pkill -x pgbench')
  await writing
  return { busyRate: done / seconds, busyTransactions }
}

interface Waiting {
  readonly last: string
  readonly count: number
}

/** Lets segments wait; those that an earlier burst left are forgotten. */
const fill = async (stage: Stage, turn: number): Promise<Waiting> => {
  await setArchiveCommand(stage, '/bin/true')
  await archiveEverything(stage)
  await setArchiveCommand(stage, '')
  const last = await fillSegments(stage, stage.options.segments, turn)
  return { last, count: await countReady(stage) }
}

/** Lets them go; gives how many are archived. */
const drain = async (stage: Stage, command: string, { last, count }: Waiting): Promise<number> => {
  await setArchiveCommand(stage, command)
  return count - (await waitArchived(stage, last, PATIENCE))
}

const countReady = async ({ db, data }: Stage): Promise<number> =>
  Number(await asPostgres(db, `ls ${data}/pg_wal/archive_status | grep -c '\\.ready$'`))

const stored = async ({ db }: Stage, { walFolder }: Contender): Promise<number> =>
  Number((await asPostgres(db, `mkdir -p ${walFolder}; du -sb ${walFolder}`)).split('\t')[0])
