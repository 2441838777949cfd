import { shell } from '../../host.ts'
import type { Contender } from '../contender.ts'
import { shared } from '../stage.ts'
import { baseBackup, CP_ARCHIVE, restoreTar } from './tar.ts'

const FOLDER = `${shared('seed')}/backups`

/** What many a runbook says: cp behind a test, one tar through one gzip, and a restore by hand. */
export const seed: Contender = {
  name: 'seed',
  title: 'by hand: `pg_basebackup -Ft -Xf -z -Z5`, `cp`',
  programs: ['gzip', 'tar'],
  walFolder: CP_ARCHIVE,
  pushes: true,
  prepare: async ({ db }) => void (await shell(db, `install -d -o postgres -g postgres ${FOLDER} ${CP_ARCHIVE}`)),
  archiveCommand: async () => `test ! -f ${CP_ARCHIVE}/%f && cp %p ${CP_ARCHIVE}/%f`,
  backup: (stage) => baseBackup(stage, FOLDER, '-z -Z 5'),
  restore: restoreTar(FOLDER, 'tar -xzf "$newest/base.tar.gz"'),
}
