import type { Session } from '../../host/connection.ts'
import { formatRestoreRecord, RESTORE_RECORD, type RestoreRecord } from './restore-record.ts'
import { runStep, writeFileScript } from './write-file.ts'

/**
 * Writes the record into a data directory.
 *
 * @throws restore/step-failed
 */
export const writeRecord = async (session: Session, dataDirectory: string, record: RestoreRecord): Promise<void> => {
  const script = writeFileScript(`${dataDirectory}/${RESTORE_RECORD}`, formatRestoreRecord(record))
  await runStep(session, 'writing the record of the restore', script)
}
