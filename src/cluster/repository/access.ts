import { LifeboatError } from '../../base/errors.ts'
import { quote, Raw, sh } from '../../base/quote.ts'
import type { RunResult, Session } from '../../host/connection.ts'
import { HELPER_FOLDER_SCRIPT } from '../helper-folder.ts'
import { PROCESS_FUNCTIONS } from '../process-functions.ts'
import { FRAME_FUNCTION } from './frames.ts'
import { HOLD_FUNCTION } from './hold-script.ts'
import { INCOMPLETE, type RepositoryLayout } from './layout.ts'
import { linkFolder } from './link.ts'
import { LIST_SCRIPT, STAMP_SCRIPT } from './list-script.ts'
import { LOCK_FUNCTIONS } from './lock-script.ts'
import { LOOK_SCRIPT } from './look-script.ts'
import { MISSING_SCRIPT } from './missing-script.ts'
import { STATE_SCRIPT } from './state-script.ts'

/** Status of `serve` for what the key may not do. */
export const FORBIDDEN = 77

/**
 * One cluster's folder in the repository, for whoever works on the database host: a folder there, or one of a repository
 * host over SSH. Callers cannot tell which.
 *
 * What moves data are commands in POSIX sh, to stand in scripts that run as the cluster's owner on the database host, so
 * that bulk data goes from host to host and never through the controller:
 *
 *     const repository = await openAccess(session, layout)
 *     `${repository.begin(id)} || exit 1
 *      there=$(pg_basebackup … -D - | zstd | ${repository.write(`backup/${id}.incomplete/base.tar.zst`)}) || exit 1`
 *     `${repository.read(`backup/${id}/base.tar.zst`)} | zstd -dc | tar -xf - -C …`
 *
 * Paths are below the cluster's folder. A pipe hides the status of all but its last command: a reader compares size or
 * checksum of what came, a writer the answer of `write` with what it sent. Each call over SSH is one channel of the one
 * connection that is kept (about 20 ms); OpenSSH allows ten at a time.
 *
 * The key of a database host can do these and nothing else (the forced command `serve`); a key for reading only, as a
 * host that restores another's cluster has it, fails with 77 at those that write.
 */
export interface RepositoryAccess {
  readonly layout: RepositoryLayout
  /** How many of these commands may run at the same time. */
  readonly channels: number
  /** A folder on this host for what a backup needs meanwhile; who holds the lock may make it, and removes it. */
  readonly scratch: string
  /** Where a file is on this host; undefined where the repository is on another one. */
  path(path: string): string | undefined
  /** Prints a file on stdout; fails where there is none. */
  read(path: string): string
  /** Prints the SHA-256 of a file, computed where it is. */
  sum(path: StoredPath): string
  /**
   * Takes stdin as a new file inside `backup/ID.incomplete/`, and prints its size in bytes and its SHA-256 as read back,
   * `SIZE SHA256`, once it is on disk. Fails where the file exists.
   */
  write(path: StoredPath): string
  /** Makes `backup/ID.incomplete`. */
  begin(id: string): string
  /** Renames `backup/ID.incomplete` to `backup/ID`, flushed; needs `backup.json` inside. */
  finish(id: string): string
  /** Removes `backup/ID.incomplete`. */
  discard(id: string): string
  /**
   * Takes the lock of a backup, removes what interrupted ones left incomplete, printing `swept NAME` for each, prints
   * `locked`, and holds it while its standard input lives: a line every five seconds is a sign of life. 75 where another
   * backup of the cluster is being taken.
   */
  lock(runId: string): string
  /**
   * Says that backups are being read, prints `held`, and says so while its standard input lives: a line every five
   * seconds is a sign of life. Neither they nor the WAL behind them are removed meanwhile. 75 where nothing can be written
   * there, 76 where one is not there any more. A key for reading only may do it too.
   */
  hold(ids: readonly string[], runId?: string): string
  /** Prints the lock that there is: `HOLDER SILENT HOST RUN` as `find_lock` of LOCK_FUNCTIONS has them; else nothing. */
  locked(): string
  /** Prints size and ending of a file of the archive by its PostgreSQL name, nothing where it is not there. */
  find(name: string): string
  /** Takes names of files of the archive on stdin, one a line, and prints those that are not there, or empty. */
  missing(): string
  /** Prints what LOOK_SCRIPT does: what a listing does not tell. */
  look(): string
  /** Prints what STATE_SCRIPT does: how the folder is. */
  state(dataDirectory?: string): string
  /** Prints what LIST_SCRIPT does: everything that `readRepository` reads. */
  list(): string
  /** Prints what STAMP_SCRIPT does: size and times of every file of the archive. */
  stamps(): string
  /** Where this host may note what it knows of the folder: in it, or beside the key for a repository host. */
  note(name: string): string
  /** Throws what a result of one of these commands says of the way to the repository: over SSH 255 of ssh, and 77. */
  check(result: Pick<RunResult, 'status' | 'stderr'>): void
  /** Reads a small file whole. */
  readFile(path: string): Promise<Buffer>
  /** Writes a small new file inside `backup/ID.incomplete/`. */
  writeFile(path: string, content: string | Buffer): Promise<void>
}

/** A path below the cluster's folder, or shell in double quotes that becomes one: raw('"backup/…/$1"'). */
export type StoredPath = string | Raw

// OpenSSH allows ten channels of one connection; what else the host does there (archiving, a hold) needs some of them.
const CHANNELS = 6

/**
 * Opens a cluster's folder in the repository; one round trip over SSH, none for a folder.
 *
 * @param session on the database host, of the cluster's owner
 * @throws archive/no-link when the host was never given a way to the repository host
 */
export const openAccess = async (session: Session, layout: RepositoryLayout): Promise<RepositoryAccess> => {
  if (layout.location.kind === 'path') return withFiles(session, pathAccess(layout))
  const { status, stdout } = await session.run(
    `${HELPER_FOLDER_SCRIPT}printf '%s' "$helpers"; [ -r "$helpers"${quote(linkFolder('', layout))}/config ]\n`,
  )
  if (status === 0) return sshAccess(session, layout, linkFolder(stdout, layout))
  throw new LifeboatError('archive/no-link', `this host has no key for ${layout.place}`, {
    hints: [
      'the playbooks give it one: archive.yml for its own cluster, restore.yml and verify.yml for reading (postgresql_repository_key)',
    ],
  })
}

/** Access over SSH by the files of a link, whether they are in its folder or in one where they are tried. */
export const sshAccess = (session: Session, layout: RepositoryLayout, link: string): RepositoryAccess => {
  const send = (...call: readonly StoredPath[]): string => sshCommand(link, [], call)
  const reach = (...call: readonly StoredPath[]): string => sshCommand(link, ['-n'], call)
  return withFiles(session, {
    layout,
    channels: CHANNELS,
    scratch: `${link}/backup`,
    path: () => undefined,
    read: (path) => reach('read', path),
    sum: (path) => reach('sum', path),
    write: (path) => send('write', path),
    lock: (runId) => send('lock', runId),
    hold: (ids, runId = 'reader') => send('hold', runId, ...ids),
    locked: () => reach('locked'),
    begin: (id) => reach('begin', id),
    finish: (id) => reach('finish', id),
    discard: (id) => reach('discard', id),
    find: (name) => reach('find', name),
    missing: () => send('missing'),
    look: () => reach('look'),
    state: () => reach('state'),
    list: () => reach('list'),
    stamps: () => reach('stamps'),
    note: (name) => `${link}/${name}`,
    check: ({ status, stderr }) => {
      if (status === 255) throw unreachable(layout, stderr)
      if (status === FORBIDDEN) throw refused(layout, stderr)
    },
  })
}

/** The command that asks `serve` on the repository host something, by the files of a link. */
export const sshCommand = (link: string, flags: readonly string[], call: readonly StoredPath[]): string => {
  // Words side by side are one argument.
  const argument = call.map((word) => (word instanceof Raw ? word.text : quote(word))).join("' '")
  return `${sh` (cd ${link} && exec ssh ${flags} -F config repository`.text} ${argument})`
}

// The space at the beginning of a subshell: $((…)) would be arithmetic.
type Commands = Omit<RepositoryAccess, 'readFile' | 'writeFile'>

const pathAccess = (layout: RepositoryLayout): Commands => {
  const at = (path: StoredPath): string =>
    `${quote(`${layout.folder}/`)}${path instanceof Raw ? path.text : quote(path)}`
  const inFolder = `LC_ALL=C; export LC_ALL
${FRAME_FUNCTION}${sh`folder=${layout.folder}`.text}
`
  return {
    layout,
    channels: Number.POSITIVE_INFINITY,
    scratch: `${layout.backupLock}/work`,
    path: (path) => `${layout.folder}/${path}`,
    read: (path) => `cat < ${at(path)}`,
    sum: (path) => `sha256sum < ${at(path)} | cut -c 1-64`,
    write: (path) =>
      ` (umask 077; set -C; file=${at(path)}; mkdir -p "\${file%/*}" && cat > "$file" && { sync "$file" "\${file%/*}" 2>/dev/null || sync; } && sum=$(sha256sum < "$file") && echo $(($(wc -c < "$file"))) "\${sum%% *}")`,
    begin: (id) => `{ [ ! -e ${at(`backup/${id}`)} ] && mkdir -m 0700 ${at(`backup/${id}${INCOMPLETE}`)}; }`,
    finish: (id) => {
      const [whole, incomplete] = [at(`backup/${id}`), at(`backup/${id}${INCOMPLETE}`)]
      return `{ [ -f ${incomplete}/backup.json ] && [ ! -e ${whole} ] && { find ${incomplete} -exec sync {} + 2>/dev/null || sync; } && mv ${incomplete} ${whole} && { sync ${at('backup')} 2>/dev/null || sync; }; }`
    },
    discard: (id) => `rm -rf ${at(`backup/${id}${INCOMPLETE}`)}`,
    lock: (runId) => ` (${inFolder}${LOCK_FUNCTIONS}\nhold_lock ${quote(runId)})`,
    hold: (ids, runId = 'reader') =>
      ` (${inFolder}${PROCESS_FUNCTIONS}${HOLD_FUNCTION}hold_backups "$(uname -n)" ${[runId, ...ids].map(quote).join(' ')})`,
    locked: () =>
      ` (${inFolder}${LOCK_FUNCTIONS}\n! find_lock || printf '%s %s %s %s\\n' $holder "$silent" "$host" "$run")`,
    find: (name) => {
      const file = at(`wal/${name.endsWith('.history') ? '' : `${name.slice(0, 8)}/`}${name}`)
      return `for ending in '' .zst .lz4 .gz; do [ ! -f ${file}$ending ] || printf '%s %s\\n' $(($(wc -c < ${file}$ending))) $ending; done`
    },
    missing: () => ` (${inFolder}${MISSING_SCRIPT})`,
    look: () => ` (${inFolder}${PROCESS_FUNCTIONS}${LOOK_SCRIPT})`,
    state: (dataDirectory = '') => ` (${inFolder}${sh`data=${dataDirectory}`.text}\n${STATE_SCRIPT})`,
    list: () => ` (${inFolder}${LIST_SCRIPT})`,
    stamps: () => ` (${inFolder}${STAMP_SCRIPT})`,
    note: (name) => `${layout.folder}/${name}`,
    check: () => {},
  }
}

const withFiles = (session: Session, commands: Commands): RepositoryAccess => ({
  ...commands,
  async readFile(path) {
    const result = await session.run(commands.read(path))
    commands.check(result)
    if (result.status === 0) return result.stdoutBytes
    throw new LifeboatError(
      'archive/repository-unreadable',
      `${commands.layout.place}/${path} cannot be read by ${session.user}`,
      { hints: [result.stderr.trim()] },
    )
  },
  async writeFile(path, content) {
    const result = await session.run(commands.write(path), { stdin: content })
    commands.check(result)
    if (result.status === 0 && Number.parseInt(result.stdout, 10) === Buffer.byteLength(content)) return
    throw new LifeboatError('archive/repository-unwritable', `${commands.layout.place}/${path} cannot be written`, {
      hints: [result.stderr.trim() || `${result.stdout.trim()} bytes arrived of ${Buffer.byteLength(content)}`],
    })
  },
})

const refused = (layout: RepositoryLayout, stderr: string): LifeboatError => {
  const why = stderr.trim().split('\n').at(-1)?.replace('lifeboat serve: ', '') ?? ''
  return new LifeboatError('archive/refused', `${layout.place} refuses this host: ${why}`, {
    hints: ['run archive.yml, which brings the repository host up to date', 'a key for reading only cannot write'],
  })
}

const unreachable = (layout: RepositoryLayout, stderr: string): LifeboatError => {
  const why = stderr.trim().split('\n').at(-1)?.replace(/\.$/, '') ?? ''
  return new LifeboatError('archive/unreachable', `this host cannot reach ${layout.place}: ${why || 'ssh failed'}`, {
    hints: [
      /host key|verification failed/i.test(stderr)
        ? 'the repository host shows another key than the one that was pinned; run archive.yml to pin the new one, if it is meant to be another'
        : /permission denied/i.test(stderr)
          ? 'the repository host does not know the key of this host: run archive.yml, which takes it there (postgresql_repository)'
          : 'is the repository host up, and its address right as seen from here (repository_address)?',
    ],
  })
}
