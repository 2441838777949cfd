import { quote } from '../../base/quote.ts'
import type { WalCompression } from '../repository/wal-file.ts'

/**
 * The archive_command that calls `push`. Paths are quoted for sh and every `%` in them is doubled, as PostgreSQL
 * replaces `%p`, `%f` and `%%` before the shell sees the text (trap A6). `|| exit 1` turns even a missing helper (127)
 * or one that was killed (137) into a failure that PostgreSQL counts and repeats (A3).
 *
 * @param helperFolder where `push` is installed
 * @param folder of the cluster in the repository
 * @param parallel segments that are archived at the same time (A17); `push` decides by the host's cores without it
 */
export const archiveCommand = (
  helperFolder: string,
  folder: string,
  compression: WalCompression,
  parallel?: number,
): string => {
  const lanes = parallel === undefined ? '' : `-j ${parallel} `
  return `${word(`${helperFolder}/push`)} ${lanes}${word(folder)} ${compression} "%p" "%f" || exit 1`
}

/**
 * The restore_command that calls `get`, quoted as archive_command is. Its statuses go to PostgreSQL as they are:
 * 1 ends the WAL, from 126 on recovery stops (trap R2).
 *
 * @param systemIdentifier expected of the repository; without it, that of the data directory the command runs in
 */
export const restoreCommand = (helperFolder: string, folder: string, systemIdentifier?: string): string =>
  [word(`${helperFolder}/get`), word(folder), '"%f"', '"%p"', ...(systemIdentifier ? [systemIdentifier] : [])].join(' ')

/** The compression of an archive_command that `archiveCommand` wrote, undefined for any other command. */
export const compressionOfCommand = (command: string): WalCompression | undefined =>
  /\/push'? .* (zstd|lz4|gzip|none) "%p" "%f" \|\| exit 1$/.exec(command)?.[1] as WalCompression | undefined

/** Whether an archive_command puts the WAL into this folder of a cluster by `push`, with whichever compression. */
export const archivesInto = (command: string, folder: string): boolean =>
  compressionOfCommand(command) !== undefined && command.includes(` ${word(folder)} `)

const word = (text: string): string => quote(text).replaceAll('%', '%%')
