/** A segment in the archive: when it was written (seconds since 1970 UTC) and its bytes as stored. */
export interface ArchivedFile {
  readonly written: number
  readonly size: number
}

/** How fast WAL comes, bytes a second. */
export interface ArchiveRate {
  /** Of pg_wal: whole segments. */
  readonly wal: number
  /** Of the repository: as stored. */
  readonly stored: number
}

const HOUR = 3600

/**
 * Measures how fast WAL comes from the times at which segments were archived: over the last hour and over the last day,
 * whichever was faster, so that both a burst and a busy night count. A history that is shorter than the period counts
 * from its beginning, but never as less than ten minutes.
 *
 * @param now seconds since 1970 UTC, by the clock that gave the times
 */
export const archiveRate = (files: readonly ArchivedFile[], segmentSize: number, now: number): ArchiveRate => {
  const oldest = files.reduce((first, { written }) => Math.min(first, written), now)
  const over = (period: number): ArchiveRate => {
    const recent = files.filter(({ written }) => written > now - period)
    const seconds = Math.min(period, Math.max(600, now - oldest))
    return {
      wal: (recent.length * segmentSize) / seconds,
      stored: recent.reduce((sum, { size }) => sum + size, 0) / seconds,
    }
  }
  const [hour, day] = [over(HOUR), over(24 * HOUR)]
  return { wal: Math.max(hour.wal, day.wal), stored: Math.max(hour.stored, day.stored) }
}
