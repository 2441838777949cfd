import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { type ControlData, parseControlData } from '../../postgres/control-data.ts'
import type { Cluster } from '../locate.ts'
import { runStep } from './write-file.ts'

/** What pg_control in a data directory says. Throws restore/step-failed, postgres/bad-control-data. */
export const controlOf = async (session: Session, dataDirectory: string, cluster: Cluster): Promise<ControlData> =>
  parseControlData(
    await runStep(
      session,
      'reading pg_control',
      `TZ=UTC; export TZ\n${sh`${`${cluster.binDirectory}/pg_controldata`} -D ${dataDirectory}`.text}`,
    ),
  )
