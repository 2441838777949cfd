import { shell } from '../../host.ts'
import type { Contender } from '../contender.ts'
import { shared } from '../stage.ts'
import { seed } from './seed.ts'
import { baseBackup, restoreTar } from './tar.ts'

const FOLDER = `${shared('server-zstd')}/backups`

/** The fastest single command that PostgreSQL 15 and later offer; it has no archive of its own. */
export const serverZstd: Contender = {
  name: 'server-zstd',
  title: 'by hand: `pg_basebackup` server-zstd:1, a worker a core',
  programs: ['zstd', 'tar'],
  walFolder: seed.walFolder,
  pushes: false,
  prepare: async (stage) => {
    await seed.prepare(stage)
    await shell(stage.db, `install -d -o postgres -g postgres ${FOLDER}`)
  },
  archiveCommand: (stage) => seed.archiveCommand(stage),
  backup: (stage) => baseBackup(stage, FOLDER, `--compress=server-zstd:level=1,workers=${stage.cores}`),
  restore: restoreTar(FOLDER, 'zstd -dcq "$newest/base.tar.zst" | tar -xf -'),
}
