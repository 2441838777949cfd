import { LifeboatError } from '../../base/errors.ts'
import type { Session } from '../../host/connection.ts'
import { type ControlData, parseControlData } from '../../postgres/control-data.ts'
import { hostStateScript } from './host-state-script.ts'
import { parseRestoreJournal, type RestoreJournal } from './restore-journal.ts'
import { parseRestoreRecord, type RestoreRecord } from './restore-record.ts'
import { parseUndoJournal, parseUndoMark, type UndoJournal, type UndoMark } from './undo-journal.ts'

/** A folder on the host into which something is to be restored. */
export interface FolderState {
  readonly path: string
  readonly exists: boolean
  /** Names in it, `lost+found` left out. */
  readonly entries: readonly string[]
  readonly writable: boolean
  readonly parentWritable: boolean
}

/** What is left of the cluster that stood in the data directory before the first restore was begun. */
export interface OldCluster {
  readonly path: string
  readonly control: ControlData | undefined
  /** Where `pg_wal` points to when it is a link (trap R24). */
  readonly walLink: string | undefined
  /** Names of files in `pg_wal`. */
  readonly wal: readonly string[]
  /** Content of the timeline history files in `pg_wal`, by name. */
  readonly histories: ReadonlyMap<string, string>
  /** Links in `pg_tblspc`: place by OID. */
  readonly tablespaces: ReadonlyMap<number, string>
}

/** What stands on the host where a cluster is to be restored. */
export interface HostState {
  /** Path without links: what is renamed. */
  readonly dataDirectory: string
  readonly exists: boolean
  readonly empty: boolean
  readonly isMountPoint: boolean
  /** User that owns it; empty where it does not exist. */
  readonly owner: string
  readonly user: string
  readonly parentWritable: boolean
  /** Content of PG_VERSION. */
  readonly version: string | undefined
  /** A base backup that was never recovered, without a signal to recover (trap R13). */
  readonly stranded: boolean
  /** Pids of PostgreSQL servers that work on the directory, whatever postmaster.pid says (trap R21). */
  readonly servers: readonly number[]
  readonly control: ControlData | undefined
  /** Of the cluster that was here before; after an interrupted restore it lies set aside. */
  readonly old: OldCluster
  readonly record: RestoreRecord | undefined
  readonly journal: RestoreJournal | undefined
  /** Of the undoing of a restore that was begun and not ended. */
  readonly undo: UndoJournal | undefined
  /** Of a restore that was undone here. */
  readonly undone: UndoMark | undefined
  /** Folders beside the data directory that earlier restores left: `.incomplete-…` and `.before-…`. */
  readonly remains: readonly string[]
  readonly linux: boolean
  /** Bytes free beside the data directory. */
  readonly free: number
  readonly folders: ReadonlyMap<string, FolderState>
  /** `postgres --version` of the binaries. */
  readonly binaries: string
  /** Which of the programs that were asked for are there. */
  readonly programs: ReadonlySet<string>
  readonly locales: ReadonlySet<string>
  /** Names of the libraries that the server could load; empty where their folder is not known. */
  readonly libraries: ReadonlySet<string>
}

export interface HostStateRequest {
  readonly dataDirectory: string
  readonly binDirectory: string
  /** Folders of tablespaces and of WAL that the restore would use. */
  readonly folders: readonly string[]
  /** Where the old cluster is, when not in the data directory. */
  readonly old?: string | undefined
}

/**
 * Looks at the place of a restore, one round trip, changing nothing.
 *
 * @param session of the cluster's owner
 * @throws restore/cannot-look
 */
export const inspectHost = async (session: Session, request: HostStateRequest): Promise<HostState> => {
  const result = await session.run(hostStateScript(request))
  if (result.status !== 0) {
    throw new LifeboatError(
      'restore/cannot-look',
      `cannot look at ${request.dataDirectory} as ${session.user}: ${result.stderr.trim()}`,
    )
  }
  return parseHostState(result.stdout, request)
}

const parseHostState = (output: string, request: HostStateRequest): HostState => {
  const records = output.split('\u001e').map((text) => text.split('\u001f'))
  const all = (key: string): string[][] => records.filter(([first]) => first === key).map(([, ...rest]) => rest)
  const text = (key: string): string => all(key)[0]?.[0] ?? ''
  const words = (key: string): string[] =>
    text(key)
      .split('\n')
      .filter((word) => word !== '')
  return {
    dataDirectory: text('real') || request.dataDirectory,
    exists: text('exists') === 'yes',
    empty: words('entries').length === 0,
    isMountPoint: text('mount') === 'yes',
    owner: text('owner'),
    user: text('user'),
    parentWritable: text('parent') === 'yes',
    version: text('version').trim() || undefined,
    stranded: text('stranded') === 'yes',
    servers: words('servers').map(Number),
    control: readControl(text('control')),
    old: {
      path: request.old ?? (text('real') || request.dataDirectory),
      control: readControl(text('old_control')),
      walLink: text('wal_link') || undefined,
      wal: words('wal'),
      histories: new Map(all('history').map(([name = '', content = '']) => [name, content])),
      tablespaces: new Map(all('tablespace').map(([oid = '', path = '']) => [Number(oid), path])),
    },
    record: parseRestoreRecord(text('record')),
    journal: parseRestoreJournal(text('journal')),
    undo: parseUndoJournal(text('undo')),
    undone: parseUndoMark(text('undone')),
    remains: words('remains'),
    linux: text('linux') === 'yes',
    free: Number(text('free') || 0) * 1024,
    folders: new Map(
      all('folder').map(([path = '', exists, entries = '', writable, parentWritable]) => [
        path,
        {
          path,
          exists: exists === 'yes',
          entries: entries.split('\n').filter((name) => name !== '' && name !== 'lost+found'),
          writable: writable === 'yes',
          parentWritable: parentWritable === 'yes',
        },
      ]),
    ),
    binaries: text('binaries').trim(),
    programs: new Set(words('programs')),
    libraries: new Set(words('libraries')),
    locales: new Set(words('locales').map(normalLocale)),
  }
}

const readControl = (text: string): ControlData | undefined =>
  text.includes('Database system identifier:') ? parseControlData(text) : undefined

/** A locale's name in the form in which two spellings of one are the same: `en_US.UTF-8` and `en_US.utf8`. */
export const normalLocale = (name: string): string => {
  const [language = '', codeset] = name.split('.')
  return codeset === undefined ? language : `${language}.${codeset.toLowerCase().replaceAll('-', '')}`
}
