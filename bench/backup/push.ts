import type { Contender } from './contender.ts'
import { asPostgres, shell, sql } from './host.ts'
import { measure, now } from './measure.ts'
import type { Stage } from './stage.ts'
import { fillSegments, setArchiveCommand, waitArchived } from './wal.ts'

export interface Pushed {
  /** Segments a second, with nothing else to do for the host. */
  readonly rate: number
  readonly cpu: number
  /** Segments a second while pgbench writes with as many clients as there are cores. */
  readonly busyRate: number
  /** Transactions a second of that pgbench. */
  readonly busyTransactions: number
  /** Bytes a segment in the repository. */
  readonly segmentSize: number
}

/** Measures how fast segments that wait get into the repository: from the reload to the answer for the last of them. */
export const measurePush = async (
  stage: Stage,
  contender: Contender,
  command: string,
  turn: number,
): Promise<Pushed> => {
  const { db, options } = stage
  await setArchiveCommand(stage, '')
  const before = await stored(stage, contender)
  const last = await fillSegments(stage, options.segments, turn)
  const waiting = await countReady(stage)
  const idle = await measure(db, async () => {
    await setArchiveCommand(stage, command)
    await waitArchived(stage, last)
  })
  const after = await stored(stage, contender)
  const busy = await pushWhileWriting(stage, command, turn)
  return {
    rate: waiting / idle.seconds,
    cpu: idle.cpu,
    segmentSize: (after - before) / waiting,
    ...busy,
  }
}

const pushWhileWriting = async (stage: Stage, command: string, turn: number) => {
  const { db, options, cores } = stage
  await setArchiveCommand(stage, '')
  const last = await fillSegments(stage, options.segments, turn + 27)
  const waiting = await countReady(stage)
  const writing = db.exec(`exec pgbench -n -c ${cores} -j ${cores} -T 600 bench`, { user: 'postgres' })
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const transactions = () => sql(db, "SELECT xact_commit FROM pg_stat_database WHERE datname = 'bench'").then(Number)
  const [began, committed] = [now(), await transactions()]
  await setArchiveCommand(stage, command)
  await waitArchived(stage, last)
  const seconds = now() - began
  const busyTransactions = ((await transactions()) - committed) / seconds
  await shell(db, 'pkill -x pgbench')
  await writing
  return { busyRate: waiting / seconds, busyTransactions }
}

const countReady = async ({ db, data }: Stage): Promise<number> =>
  Number(await asPostgres(db, `ls ${data}/pg_wal/archive_status | grep -c '\\.ready$'`))

const stored = async ({ db }: Stage, { walFolder }: Contender): Promise<number> =>
  Number((await asPostgres(db, `mkdir -p ${walFolder}; du -sb ${walFolder}`)).split('\t')[0])
