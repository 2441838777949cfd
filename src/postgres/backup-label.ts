import { LifeboatError } from '../base/errors.ts'
import { type Lsn, parseLsn } from './lsn.ts'

/** A `backup_label`, which travels inside a base backup. */
export interface BackupLabel {
  readonly start: Lsn
  /** The segment in which the start stands: the first one that a restore needs. */
  readonly startSegment: string
  readonly checkpoint: Lsn
  readonly method: string
  readonly from: 'primary' | 'standby'
  /** As written, in the server's log_timezone with an abbreviation that cannot be read safely. */
  readonly startTime: string
  readonly label: string
  /** Absent before PostgreSQL 11. */
  readonly timeline: number | undefined
  /** Of an incremental backup: where the backup below it began. */
  readonly incrementalFrom: { readonly lsn: Lsn; readonly timeline: number } | undefined
}

/** A backup history file (`….backup` in the archive): the label and where the backup ended. */
export interface BackupHistory extends BackupLabel {
  readonly stop: Lsn
  /** The segment in which the last needed record ends, as the server named it. */
  readonly stopSegment: string
  readonly stopTime: string
  readonly stopTimeline: number | undefined
}

/**
 * Reads a backup_label (manual: Continuous Archiving, low-level API; written by build_backup_content).
 *
 * @throws postgres/bad-backup-label
 */
export const parseBackupLabel = (text: string, name = 'backup_label'): BackupLabel => {
  const lines = readLines(text)
  const start = location(lines, 'START WAL LOCATION', name)
  const timeline = lines.get('START TIMELINE')
  const incrementalLsn = lines.get('INCREMENTAL FROM LSN')
  return {
    start: start.lsn,
    startSegment: start.segment,
    checkpoint: parseLsn(required(lines, 'CHECKPOINT LOCATION', name)),
    method: required(lines, 'BACKUP METHOD', name),
    from: required(lines, 'BACKUP FROM', name) === 'standby' ? 'standby' : 'primary',
    startTime: required(lines, 'START TIME', name),
    label: required(lines, 'LABEL', name),
    timeline: timeline === undefined ? undefined : Number(timeline),
    incrementalFrom:
      incrementalLsn === undefined
        ? undefined
        : { lsn: parseLsn(incrementalLsn), timeline: Number(required(lines, 'INCREMENTAL FROM TLI', name)) },
  }
}

/**
 * Reads a backup history file.
 *
 * @throws postgres/bad-backup-label
 */
export const parseBackupHistory = (text: string, name = 'backup history file'): BackupHistory => {
  const lines = readLines(text)
  const stop = location(lines, 'STOP WAL LOCATION', name)
  const stopTimeline = lines.get('STOP TIMELINE')
  return {
    ...parseBackupLabel(text, name),
    stop: stop.lsn,
    stopSegment: stop.segment,
    stopTime: required(lines, 'STOP TIME', name),
    stopTimeline: stopTimeline === undefined ? undefined : Number(stopTimeline),
  }
}

const readLines = (text: string): Map<string, string> => {
  const lines = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const match = /^([A-Z ]+): (.*)$/.exec(line)
    // The label is the user's text: a line in it that looks like one of ours must not count.
    if (match?.[1] && !lines.has(match[1])) lines.set(match[1], match[2] ?? '')
  }
  return lines
}

const required = (lines: ReadonlyMap<string, string>, key: string, name: string): string => {
  const value = lines.get(key)
  if (value !== undefined) return value
  throw new LifeboatError('postgres/bad-backup-label', `${name} has no line "${key}"`)
}

const location = (lines: ReadonlyMap<string, string>, key: string, name: string): { lsn: Lsn; segment: string } => {
  const value = required(lines, key, name)
  const match = /^([0-9A-Fa-f]+\/[0-9A-Fa-f]+) \(file ([0-9A-F]{24})\)$/.exec(value)
  if (!match) throw new LifeboatError('postgres/bad-backup-label', `${name}: "${key}: ${value}" is not a location`)
  return { lsn: parseLsn(match[1] ?? ''), segment: match[2] ?? '' }
}
