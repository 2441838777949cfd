import type { RestoreRecord } from '../restore-record.ts'
import type { RestoreWish } from '../restore-wish.ts'

/** What a person should know of a restored copy: what becomes of its archiving, and the timeline that a standby follows. */
export const wordsAfter = (record: RestoreRecord, { standby }: RestoreWish): readonly string[] => {
  if (!standby) return record.own ? [] : ['this copy archives nowhere until archive.yml is run for it']
  return [
    ...(standby.successorOf === undefined
      ? [
          'once promoted it archives nowhere until archive.yml is run for it; successor: true lets it take up the archive',
        ]
      : []),
    ...(record.follow === 'latest'
      ? []
      : [
          `it follows timeline ${record.follow} alone, for the archive holds a newer one; when the primary is promoted anew, rebuild it`,
        ]),
  ]
}
