import { sql } from '../host.ts'
import { type BackedUp, measureBackup } from './back-up.ts'
import { writeSome } from './cluster.ts'
import type { Contender } from './contender.ts'
import { measurePush, type Pushed } from './push.ts'
import { measureRestore, type Restored } from './restore.ts'
import type { Stage } from './stage.ts'
import { archiveEverything, setArchiveCommand } from './wal.ts'

/** All that is measured of one contender in one round. */
export interface Round {
  readonly contender: string
  readonly push: Pushed | undefined
  readonly backup: BackedUp
  readonly restore: Restored
}

/** One contender's turn: its archive, its backup, some work of customers, its restore on the other host. */
export const playRound = async (stage: Stage, contender: Contender, turn: number): Promise<Round> => {
  const { db } = stage
  // What an earlier contender set and left waiting is none of this one's business.
  await sql(db, 'ALTER SYSTEM RESET ALL; SELECT pg_reload_conf();')
  await setArchiveCommand(stage, '/bin/true')
  await archiveEverything(stage)
  const command = await contender.archiveCommand(stage)
  const push = contender.pushes ? await measurePush(stage, contender, command, turn) : undefined
  // Of a burst that took too long the rest is left out: nothing needs what is older than the backup.
  await setArchiveCommand(stage, '/bin/true')
  await archiveEverything(stage)
  await setArchiveCommand(stage, command)
  await archiveEverything(stage)
  await contender.settle?.(stage)
  const backup = await measureBackup(stage, contender)
  await writeSome(stage)
  await archiveEverything(stage)
  await contender.settle?.(stage)
  const restore = await measureRestore(stage, contender)
  return { contender: contender.name, push, backup, restore }
}
