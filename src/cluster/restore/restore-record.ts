import { z } from 'zod'

const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/)

const recordSchema = z.object({
  version: z.literal(1),
  run_id: z.string(),
  /** How far the restore has come. `verified` and `recovering` are found only where one was interrupted or failed. */
  state: z.enum(['verified', 'recovering', 'paused', 'shutdown', 'promoted', 'done', 'standby']),
  /** The cluster's place in the repository that it came from, and whether it is this cluster's own. */
  source: z.string(),
  own: z.boolean(),
  backup: z.string(),
  system_identifier: z.string(),
  /** What was asked, in the words of the user. */
  asked: z.record(z.string(), z.string()),
  /** The target that was recovered to, resolved: `lsn 0/3000028`. */
  target: z.string(),
  /** The timeline that was followed, and the one that promotion began; null while there is none. */
  timeline: z.number().int(),
  new_timeline: z.number().int().nullable(),
  /** What a standby goes on to follow: `latest` where nothing newer was known when it was restored. */
  follow: z.union([z.literal('latest'), z.number().int()]).default('latest'),
  /** Of a standby: the file with the password for its primary, and its slot there. */
  standby: z.object({ passfile: z.string().nullable(), slot: z.string().nullable() }).nullable().default(null),
  /** What was proven to be reached; null before. */
  reached: z
    .object({ lsn, time: z.string().nullable(), xid: z.number().nullable(), timeline: z.number().int() })
    .nullable(),
  /** When the latest transaction in the WAL up to the target was committed, UTC; null where there is none. */
  latest_commit: z.string().nullable(),
  /** Whether pg_hba.conf is still the locked one. */
  locked: z.boolean(),
  /** Command line of the recovering server, so that a recovery that was ended at its target can be taken up again. */
  settings: z.array(z.tuple([z.string(), z.string()])),
  /** Where the old data directory is, null where there was none. */
  set_aside: z.string().nullable(),
  wal_segments: z.number().int(),
  /** What an operator should know of the cluster: prepared transactions, collations. */
  notes: z.array(z.string()).default([]),
  /** Seconds by step. */
  phases: z.record(z.string(), z.number()),
  started: z.string(),
  finished: z.string().nullable(),
})

/** What a restored data directory says of itself: `lifeboat_restore.json` in it. */
export type RestoreRecord = z.output<typeof recordSchema>

/** Name of the record in the data directory. */
export const RESTORE_RECORD = 'lifeboat_restore.json'

/** Reads a record; undefined for a text that is none, which then counts as no record at all. */
export const parseRestoreRecord = (text: string): RestoreRecord | undefined => {
  try {
    return recordSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export const formatRestoreRecord = (record: RestoreRecord): string =>
  `${JSON.stringify(recordSchema.parse(record), null, 2)}\n`
