import { quote } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { journalPath, parseRestoreJournal, type RestoreJournal } from './restore-journal.ts'

/** In a data directory that was set aside: the journal of what set it aside, which says how it is put back. */
export const SET_ASIDE_FILE = 'lifeboat_set_aside.json'

/** A cluster that a restore, or the undoing of one, has set aside. */
export interface SetAside {
  readonly path: string
  readonly journal: RestoreJournal
  /** Bytes of all its folders. */
  readonly size: number
  /** Pids of servers that work in it. */
  readonly servers: readonly number[]
  /** Folders of its tablespaces, which stay where they are when they were not set aside with it. */
  readonly tablespaces: readonly string[]
}

/** Shell that ends the journal of a restore: the set-aside cluster keeps it, and without one it goes. */
export const closeJournalScript = (dataDirectory: string, setAside: string | null): string => {
  const journal = quote(journalPath(dataDirectory))
  if (setAside === null) return `rm -f -- ${journal}`
  const kept = quote(`${setAside}/${SET_ASIDE_FILE}`)
  return `if [ -f ${journal} ] && [ -d ${quote(setAside)} ]; then mv -f -- ${journal} ${kept}; else rm -f -- ${journal}; fi`
}

/** The clusters beside a data directory that were set aside, oldest first, as their owner sees them. */
export const findSetAside = async (session: Session, dataDirectory: string): Promise<readonly SetAside[]> => {
  const { stdout } = await session.run(`LC_ALL=C; export LC_ALL
say() { for field; do printf '%s\\037' "$field"; done; printf '\\036'; }
for file in ${quote(dataDirectory)}.before-*/${SET_ASIDE_FILE}; do
  [ -f "$file" ] || continue
  path=\${file%/*}
  servers=$(ls -l /proc/[0-9]*/cwd 2>/dev/null | while read -r line; do
    [ "\${line##* -> }" = "$path" ] || continue
    pid=\${line%%/cwd -> *}; echo "\${pid##*/proc/}"
  done)
  links=$(for link in "$path"/pg_tblspc/*; do [ ! -h "$link" ] || readlink "$link"; done)
  say "$path" "$(cat "$file")" "$(du -sk "$path" 2>/dev/null | cut -f 1)" "$servers" "$links"
done
exit 0`)
  return stdout
    .split('\u001e')
    .map((record) => record.split('\u001f'))
    .flatMap(([path = '', text = '', size = '', servers = '', links = '']) => {
      const journal = parseRestoreJournal(text)
      if (journal?.data_directory !== dataDirectory || journal.old !== path) return []
      const words = (list: string): string[] => list.split('\n').filter((word) => word !== '')
      return [
        { path, journal, size: Number(size) * 1024, servers: words(servers).map(Number), tablespaces: words(links) },
      ]
    })
}
