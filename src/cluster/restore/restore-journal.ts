import { z } from 'zod'

/** A folder that is renamed within its file system. */
export const folderMove = z.object({ from: z.string(), to: z.string() })

/** Shape of a journal, as it is in its file. */
export const restoreJournal = z.object({
  version: z.literal(1),
  run_id: z.string(),
  data_directory: z.string(),
  /**
   * `building`: the old cluster is untouched. `setting-aside`: its folders are being renamed, which can be undone.
   * `in-place`: all of it is set aside and the new one takes its place.
   */
  stage: z.enum(['building', 'setting-aside', 'in-place']),
  /** Folders into which this restore unpacks. */
  incomplete: z.array(z.string()),
  /** Renames that put the old cluster aside, in order; and those that put the new one in its place. */
  set_aside: z.array(folderMove),
  put_in_place: z.array(folderMove),
  /** Where the old `pg_wal` points to when it is a link that was set aside too. */
  wal_link: folderMove.nullable(),
  /** Where the old data directory is, or will be; null where there was none. */
  old: z.string().nullable(),
  /** Only the WAL of the old cluster was kept, because space was short. */
  wal_only: z.boolean(),
})

/**
 * What a restore writes beside the data directory before it touches anything: `PGDATA.lifeboat-restore.json`. The next
 * run after an interrupted one finds in it what to remove and, above all, where the old cluster is.
 */
export type RestoreJournal = z.output<typeof restoreJournal>

/** What the journal's path has behind that of the data directory. */
export const JOURNAL_SUFFIX = '.lifeboat-restore.json'

/** Path of the journal. */
export const journalPath = (dataDirectory: string): string => `${dataDirectory}${JOURNAL_SUFFIX}`

/** Reads a journal; undefined for a text that is none. */
export const parseRestoreJournal = (text: string): RestoreJournal | undefined => {
  try {
    return restoreJournal.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export const formatRestoreJournal = (journal: RestoreJournal): string =>
  `${JSON.stringify(restoreJournal.parse(journal), null, 2)}\n`

/** Where the old cluster is to be looked for, when it is no longer in the data directory. */
export const placeOfOld = (journal: RestoreJournal | undefined): string | undefined =>
  journal !== undefined && (journal.stage === 'in-place' || journal.wal_only) ? (journal.old ?? undefined) : undefined
