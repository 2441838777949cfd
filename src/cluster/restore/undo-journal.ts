import { z } from 'zod'
import { folderMove, restoreJournal } from './restore-journal.ts'

const journalSchema = z.object({
  version: z.literal(1),
  run_id: z.string(),
  /** Run of the restore that is undone. */
  restore: z.string(),
  data_directory: z.string(),
  /** All renames in order. Each is done where its source is still there and its target is not: they only go forward. */
  moves: z.array(folderMove),
  /** Links to WAL folders, to be set after the renames. */
  links: z.array(z.object({ link: z.string(), to: z.string() })),
  /** What the restored cluster will keep, by which it can itself be put back or removed. */
  set_aside: restoreJournal,
})

/** What the undoing of a restore writes beside the data directory before its first rename: `PGDATA.lifeboat-undo.json`. */
export type UndoJournal = z.output<typeof journalSchema>

export const UNDO_SUFFIX = '.lifeboat-undo.json'

/** Reads a journal; undefined for a text that is none. */
export const parseUndoJournal = (text: string): UndoJournal | undefined => {
  try {
    return journalSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export const formatUndoJournal = (journal: UndoJournal): string =>
  `${JSON.stringify(journalSchema.parse(journal), null, 2)}\n`

const markSchema = z.object({
  version: z.literal(1),
  run_id: z.string(),
  /** Run of the restore that was undone. */
  restore: z.string(),
  /** Where the restored cluster is; null where it was never whole and is gone. */
  set_aside: z.string().nullable(),
  /** Whether the server was started again. */
  started: z.boolean(),
})

/** What a data directory that was put back says of itself: `lifeboat_undone.json` in it. */
export type UndoMark = z.output<typeof markSchema>

export const UNDO_MARK = 'lifeboat_undone.json'

/** Reads a mark; undefined for a text that is none. */
export const parseUndoMark = (text: string): UndoMark | undefined => {
  try {
    return markSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export const formatUndoMark = (mark: UndoMark): string => `${JSON.stringify(markSchema.parse(mark), null, 2)}\n`
