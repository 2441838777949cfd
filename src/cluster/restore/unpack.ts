import { LifeboatError } from '../../base/errors.ts'
import { quote, sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { UNPACK_COMMAND } from '../chain/segment-source.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import type { RestorePlan } from './restore-plan.ts'

/** An archive of the backup and the folder into which it goes. */
interface Piece {
  /** Where it is on this host; undefined where it comes from a repository host. */
  readonly file: string | undefined
  /** The command that prints it. */
  readonly open: string
  readonly size: number
  readonly target: string
  /** It is unpacked before all others. */
  readonly first: boolean
}

/**
 * Unpacks the backup as the owner of the cluster, its archives at once, into folders that are not in use yet. The
 * data directory gets the mode of the source: 0700, or 0750 with group access (trap R22).
 *
 * @param onProgress called with the bytes that were read of the backup's files
 * @throws restore/unpack-failed, restore/no-space, archive/unreachable
 */
export const unpackBackup = async (
  session: Session,
  plan: RestorePlan,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (done: number, total: number) => void } = {},
): Promise<void> => {
  const { backup } = plan.resolution
  const pieces = piecesOf(plan, backup)
  const total = pieces.reduce((sum, piece) => sum + piece.size, 0)
  let line = ''
  const result = await session.run(unpackScript(plan, pieces, backup), {
    ...(options.signal ? { signal: options.signal } : {}),
    onStdout: (chunk) => {
      const lines = (line + chunk.toString()).split('\n')
      line = lines.pop() ?? ''
      const last = lines.at(-1)
      if (last !== undefined && /^\d+$/.test(last)) options.onProgress?.(Number(last), total)
    },
  })
  if (result.status === 0) return
  plan.access.check(result)
  const why = result.stderr.trim()
  const full = /no space left/i.test(why)
  throw new LifeboatError(
    full ? 'restore/no-space' : 'restore/unpack-failed',
    `${full ? 'the disk is full: ' : ''}the backup ${backup.id} cannot be unpacked`,
    { hints: why.split('\n').slice(-10) },
  )
}

const piecesOf = (plan: RestorePlan, backup: BackupRecord): readonly Piece[] => {
  const { access } = plan
  const targetOf = (file: BackupRecord['files'][number]): string | undefined => {
    if (file.contents === 'data') return plan.incomplete
    if (file.contents === 'wal') return `${plan.incomplete}/pg_wal`
    if (file.contents === 'tablespace') return plan.tablespaces.find((place) => place.oid === file.oid)?.incomplete
    return undefined
  }
  const pieces = backup.files.flatMap((file) => {
    const target = targetOf(file)
    const path = `backup/${backup.id}/${file.name}`
    if (target === undefined) return []
    return [{ file: access.path(path), open: access.read(path), size: file.size, target, part: isPart(file.name) }]
  })
  // Of what several tars wrote, one archive has the folders: two that make the same folder at once fail over it.
  const shared = new Set(pieces.filter(({ part }) => part).map(({ target }) => target))
  const withFolders = pieces.map(({ part, ...piece }) => ({ ...piece, first: !part && shared.has(piece.target) }))
  return withFolders.sort((a, b) => Number(b.first) - Number(a.first))
}

/** `data-1.tar.zst` and `16384-1.tar.zst` are filled into the folders of `base.tar.zst` and `16384.tar.zst`. */
const isPart = (name: string): boolean => /^(data|\d+)-\d+\.tar/.test(name)

// The decompressor has the file as its standard input, so on Linux its position there tells how far it is; of a pipe what
// it has read does. When the controller has gone nobody reads the progress: then the work is ended, for the next run will
// begin it anew.
const unpackScript = (plan: RestorePlan, pieces: readonly Piece[], backup: BackupRecord): string => `
LC_ALL=C; export LC_ALL
umask 077
trap '' PIPE
jobs=$(mktemp -d "\${TMPDIR:-/tmp}/lifeboat-unpack.XXXXXX") || exit 1
end_jobs() { for file in "$jobs"/*.pid; do [ ! -f "$file" ] || kill "$(cat "$file")" 2>/dev/null; done; }
trap 'end_jobs; rm -rf "$jobs"' EXIT
trap 'exit 143' HUP INT TERM
${[...plan.tablespaces.map((place) => place.incomplete), plan.incomplete].map((path) => sh`mkdir -p -m 0700 ${path} || exit 1`.text).join('\n')}
# By 10 KB at a time, as tar reads by itself, it takes half as long again.
case $(tar --version 2>/dev/null) in *'GNU tar'*) records='-b 2048' ;; *) records= ;; esac
decompress() {
  sh -c 'echo $$ > "$1"; shift; exec "$@"' lifeboat "$job.pid" ${UNPACK_COMMAND[backup.compression].map(quote).join(' ')} 2> "$job.error" || echo 1 > "$job.failed"
  rm -f "$job.pid"
}
decompressed() {
  case $1 in
${pieces.map(({ file, open }, index) => `  ${index + 1}) ${file === undefined ? `{ ${open} 2> "$job.opened" || echo $? > "$job.broken"; } | decompress` : `decompress < ${quote(file)}`} ;;`).join('\n')}
  esac
}
unpack() {
  job=$jobs/$1 target=$2
  mkdir -p "$target" && decompressed "$1" | tar $records -xpf - -C "$target" 2>> "$job.error" || echo 1 > "$job.failed"
  [ ! -f "$job.broken" ] || mv "$job.broken" "$job.failed"
  : > "$job.done"
}
start() {
  case $1 in
${pieces.map((piece, index) => `  ${index + 1}) unpack ${index + 1} ${quote(piece.target)}${piece.first ? '' : ' &'} ;;`).join('\n')}
  esac
}
size() {
  case $1 in
${pieces.map((piece, index) => `  ${index + 1}) echo ${piece.size} ;;`).join('\n')}
  esac
}
most=$( (nproc || getconf _NPROCESSORS_ONLN || echo 2) 2>/dev/null | head -n 1)
${Number.isFinite(plan.access.channels) ? `[ "$most" -le ${plan.access.channels} ] || most=${plan.access.channels}` : ''}
started=0 finished=0 turn=0
while [ $finished -lt ${pieces.length} ]; do
  finished=0 bytes=0 n=1
  while [ $n -le $started ]; do
    if [ -f "$jobs/$n.done" ]; then finished=$((finished + 1)); bytes=$((bytes + $(size $n)))
    elif { read -r pid < "$jobs/$n.pid"; } 2>/dev/null && [ -r "/proc/$pid/fdinfo/0" ]; then
      read -r _ position < "/proc/$pid/fdinfo/0" 2>/dev/null || position=0
      [ "$position" != 0 ] || { read -r _ position < "/proc/$pid/io"; } 2>/dev/null || position=0
      bytes=$((bytes + position))
    fi
    n=$((n + 1))
  done
  while [ $started -lt ${pieces.length} ] && [ $((started - finished)) -lt "$most" ]; do
    started=$((started + 1)); start $started
  done
  if [ $((turn % 4)) -eq 0 ] || [ $finished -ge ${pieces.length} ]; then echo $bytes || exit 1; fi
  # Not before it is done: what has cut it short is known last.
  for file in "$jobs"/*.failed; do
    [ ! -f "$file" ] || [ ! -f "\${file%.failed}.done" ] || { read -r status < "$file"; cat "$jobs"/*.error "$jobs"/*.opened >&2 2>/dev/null; exit "$status"; }
  done
  # The end of a small one is not to be missed for long, and of a large one that is nothing.
  turn=$((turn + 1))
  if [ $turn -lt 200 ]; then pause=0.05; else pause=0.2 turn=200; fi
  [ $finished -ge ${pieces.length} ] || sleep $pause 2>/dev/null || sleep 1
done
${sh`cd ${plan.incomplete} && [ -f PG_VERSION ] && [ -d global ]`.text} || { echo 'there is no data directory in it' >&2; exit 1; }
case $(ls -ld global) in ????r-x*) chmod 0750 . ;; *) chmod 0700 . ;; esac
`
