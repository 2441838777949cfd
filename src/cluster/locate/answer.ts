import { ARGUMENT, FIELD, RECORD } from './script.ts'

/** A postmaster that runs on the host. */
export interface Postmaster {
  readonly pid: number
  readonly parent: number
  readonly owner: string
  /** Empty where the user may not look: only root and the owner may. */
  readonly directory: string
  readonly executable: string
  readonly arguments: readonly string[]
}

/** A folder of configuration in /etc/postgresql. */
export interface DebianFolder {
  readonly folder: string
  readonly version: string
  readonly name: string
  readonly owner: string
  readonly conf: string
}

/** A data directory, as far as the user may read it. */
export interface DataDirectory {
  readonly path: string
  readonly owner: string
  /** `PG_VERSION`; empty where it cannot be read. */
  readonly version: string
  /** `postmaster.pid` is there and its process is a postmaster; a stale file does not count (trap R21). */
  readonly alive: boolean
  readonly pidFile: readonly string[]
  /** Where the link `pg_wal` points to; empty for a folder. */
  readonly walLink: string
  readonly hasControlFile: boolean
  readonly conf: string
  readonly autoConf: string
  /** `wanted`: named by the user or by PGDATA; `common`: seen in a usual place; `found`: of a process or of Debian. */
  readonly why: 'wanted' | 'common' | 'found'
}

/** What the script found. */
export interface LocateAnswer {
  /** PGDATA and PGPORT of the session; empty where they are not set. */
  readonly pgdata: string
  readonly pgport: string
  /** The real path of the data directory that was asked for, links resolved; empty where none was. */
  readonly wanted: string
  readonly postmasters: readonly Postmaster[]
  readonly debian: readonly DebianFolder[]
  readonly data: readonly DataDirectory[]
  readonly bins: readonly { readonly path: string; readonly version: string }[]
}

/** Reads the answer of the script that looks for clusters. */
export const parseLocateAnswer = (stdout: string): LocateAnswer => {
  const records = stdout.split(RECORD).map((record) => record.split(FIELD))
  const of = (kind: string): string[][] =>
    records.filter((record) => record[0] === kind).map((record) => record.slice(1))
  const [pgdata = '', pgport = '', wanted = ''] = of('here')[0] ?? []
  return {
    pgdata,
    pgport,
    wanted,
    postmasters: onlyParents(of('process').map(readPostmaster)),
    debian: of('debian').map(([folder = '', owner = '', conf = '']) => {
      const [version = '', name = ''] = folder.split('/').slice(-2)
      return { folder, version, name, owner, conf }
    }),
    data: of('data').map(readDataDirectory),
    bins: of('bin').map(([path = '', text = '']) => ({
      path,
      version: /(\d+)/.exec(text.replace(/^.*\)/, ''))?.[1] ?? /(?:postgresql[/@]|pgsql-)(\d+)/.exec(path)?.[1] ?? '',
    })),
  }
}

const readPostmaster = ([
  pid,
  parent,
  owner = '',
  directory = '',
  executable = '',
  line = '',
]: string[]): Postmaster => ({
  pid: Number(pid),
  parent: Number(parent),
  owner,
  directory,
  executable,
  arguments: line.split(ARGUMENT),
})

const readDataDirectory = (record: string[]): DataDirectory => {
  const [
    path = '',
    owner = '',
    version = '',
    alive,
    pidFile = '',
    walLink = '',
    control,
    conf = '',
    autoConf = '',
    why,
  ] = record
  return {
    path,
    owner,
    version,
    alive: alive === 'yes',
    pidFile: pidFile === '' ? [] : pidFile.split('\n'),
    walLink,
    hasControlFile: control === 'yes',
    conf,
    autoConf,
    why: why === 'wanted' || why === 'common' ? why : 'found',
  }
}

// A child that was only just forked still has the postmaster's arguments.
const onlyParents = (processes: readonly Postmaster[]): Postmaster[] => {
  const pids = new Set(processes.map((process) => process.pid))
  return processes.filter((process) => !pids.has(process.parent))
}
