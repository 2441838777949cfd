import { shell, sql } from '../host.ts'
import { measure } from '../measure.ts'
import type { Contender, Taken } from './contender.ts'
import type { Stage } from './stage.ts'

export interface BackedUp extends Omit<Taken, 'folder'> {
  readonly seconds: number
  readonly cpu: number
  /** Bytes of the backup in the repository. */
  readonly size: number
}

/** Measures a full backup of an idle cluster, right after a checkpoint: every contender asks for a fast one anyway. */
export const measureBackup = async (stage: Stage, contender: Contender): Promise<BackedUp> => {
  await sql(stage.db, 'CHECKPOINT')
  await warm(stage)
  const { seconds, cpu, value } = await measure(stage.db, () => contender.backup(stage))
  const { folder, ...rest } = value
  const size = Number((await shell(stage.db, `du -sb ${folder}`)).split('\t')[0])
  return { seconds, cpu, size, ...rest }
}

/** Reads all data, so that it is in the page cache for everybody. */
const warm = ({ db, data }: Stage): Promise<string> => shell(db, `find ${data} -type f -exec cat {} + > /dev/null`)
