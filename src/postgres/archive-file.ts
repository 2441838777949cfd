import { LifeboatError } from '../base/errors.ts'

/** What a file that PostgreSQL hands to `archive_command` is, by its name. */
export type ArchiveFile =
  | { readonly kind: 'segment'; readonly segment: string; readonly timeline: number }
  | { readonly kind: 'partial'; readonly segment: string; readonly timeline: number }
  /** `offset`: the position of the backup's start inside the segment, in bytes. */
  | { readonly kind: 'backup-history'; readonly segment: string; readonly timeline: number; readonly offset: number }
  | { readonly kind: 'timeline-history'; readonly timeline: number }

/**
 * Tells what an archived file is. Exactly four forms of names exist (trap A4): a segment, the last `.partial` segment of
 * a timeline that was left, a `.backup` history file and a timeline `.history` file. Timelines are hexadecimal (A22).
 *
 * @returns undefined for any other name
 */
export const classifyArchiveFile = (name: string): ArchiveFile | undefined => {
  const history = /^([0-9A-F]{8})\.history$/.exec(name)
  if (history) {
    const timeline = Number.parseInt(history[1] ?? '', 16)
    return timeline === 0 ? undefined : { kind: 'timeline-history', timeline }
  }
  const match = /^(([0-9A-F]{8})[0-9A-F]{16})(?:(\.partial)|\.([0-9A-F]{8})\.backup)?$/.exec(name)
  if (!match) return undefined
  const segment = match[1] ?? ''
  const timeline = Number.parseInt(match[2] ?? '', 16)
  if (timeline === 0) return undefined
  if (match[3] !== undefined) return { kind: 'partial', segment, timeline }
  if (match[4] === undefined) return { kind: 'segment', segment, timeline }
  return { kind: 'backup-history', segment, timeline, offset: Number.parseInt(match[4], 16) }
}

/** The name of a timeline's history file: `00000002.history`. */
export const historyFileName = (timeline: number): string =>
  `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`

/**
 * The name of the history file that a base backup leaves in the archive.
 *
 * @param segment the segment in which the backup's start stands
 * @param offset bytes from the beginning of that segment to the start
 */
export const backupHistoryFileName = (segment: string, offset: number): string =>
  `${segment}.${offset.toString(16).toUpperCase().padStart(8, '0')}.backup`

/**
 * The timeline whose history file has this name.
 *
 * @throws postgres/bad-wal-name
 */
export const timelineOfHistoryFile = (name: string): number => {
  const file = classifyArchiveFile(name)
  if (file?.kind !== 'timeline-history') {
    throw new LifeboatError('postgres/bad-wal-name', `"${name}" is not the name of a timeline history file`)
  }
  return file.timeline
}
