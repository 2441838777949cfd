import { z } from 'zod'
import { bool, path, text } from '../../shared/params.ts'
import { repositoryParams, sourceName } from './repository-params.ts'
import { standbyParams } from './standby-params.ts'

/** Parameters of postgresql_restore. */
export const restoreParams = z.strictObject({
  ...repositoryParams,
  source: sourceName
    .optional()
    .describe("The cluster's name in the repository to restore from. Default: this cluster's own."),
  backup: text.optional().describe('Id or label of a backup. Default: the newest one that ends before the target.'),
  target: z
    .enum(['latest', 'immediate'])
    .optional()
    .describe('`latest` (the default): all WAL there is. `immediate`: as soon as the backup is consistent.'),
  target_time: text
    .optional()
    .describe('A moment with its offset or zone: `2026-11-22 09:30:00+08:00`, `2026-11-22 09:30 Asia/Shanghai`.'),
  target_name: text.optional().describe('A restore point, made with `pg_create_restore_point`.'),
  target_xid: text.optional().describe('A transaction, as `pg_current_xact_id()` gives it.'),
  target_lsn: text.optional().describe('A WAL position: `0/3000028`.'),
  target_inclusive: bool
    .default(true)
    .describe('Whether the transaction or record at a time, xid or lsn is still replayed.'),
  target_timeline: text
    .optional()
    .describe(
      "A timeline's number, `current` (that of the backup) or `latest`. Needed only where the archive holds several futures.",
    ),
  target_action: z
    .enum(['promote', 'pause', 'shutdown', 'standby'])
    .default('promote')
    .describe(
      'What follows at the target: a writable cluster, one paused for a look at it, one that is shut down, or a standby that goes on replaying from the end of the archive.',
    ),
  ...standbyParams,
  replace: bool.default(false).describe('Whether a running or filled cluster is stopped and moved aside.'),
  again: bool
    .default(false)
    .describe('Whether a restore that was done here already is done anew; what was written since is set aside.'),
  set_aside: z
    .enum(['data', 'wal'])
    .default('data')
    .describe('What is kept of the cluster that is replaced: all of it, or its WAL alone where space is short.'),
  tablespace_mapping: z
    .record(z.string(), z.string().startsWith('/', 'must be an absolute path'))
    .default({})
    .describe('New folders of tablespaces, by name or by path in the backup. Default: the same paths.'),
  wal_directory: path
    .refine((folder) => folder.startsWith('/'), 'must be an absolute path')
    .optional()
    .describe('Folder to which `pg_wal` is to be a link. Default: as it was on this host.'),
  verify: bool.default(true).describe("Whether every file is compared with the backup's manifest."),
  older_minor: bool
    .default(false)
    .describe('Whether an older minor version of PostgreSQL than that of the source will do.'),
  resume: z
    .enum(['continue', 'rollback'])
    .default('rollback')
    .describe(
      'What becomes of the same restore where it was interrupted: it is undone and begins anew, or goes on from where its files were unpacked and verified, or from where recovery had come.',
    ),
  release: bool
    .default(true)
    .describe('Whether clients are let in after the target was proven and the cluster promoted.'),
})
