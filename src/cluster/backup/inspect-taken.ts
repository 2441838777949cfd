import { LifeboatError } from '../../base/errors.ts'
import { quote, sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { type BackupLabel, parseBackupLabel } from '../../postgres/backup-label.ts'
import { type Lsn, parseLsn } from '../../postgres/lsn.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import { FRAME_FUNCTION, parseFrames } from '../repository/frames.ts'
import { type DataPath, ENDING } from './data-path.ts'
import type { ServerFacts } from './facts.ts'
import { readTarHead } from './tar-head.ts'

/** What was found in the folder of a backup that has just been written. */
export interface TakenFiles {
  readonly files: BackupRecord['files']
  readonly config: BackupRecord['config']
  readonly labelText: string
  readonly label: BackupLabel
  readonly timeline: number
  readonly start: Lsn
  readonly stop: Lsn
  /** Bytes of all files that the manifest names. */
  readonly size: number
}

/**
 * Reads what the backup says of itself, copies the configuration files beside it and takes the digest of every file,
 * one round trip.
 *
 * @param session of the cluster's owner
 * @throws backup/failed when the folder does not hold a whole backup
 */
export const inspectTaken = async (
  session: Session,
  folder: string,
  path: DataPath,
  server: ServerFacts,
  nameFiles: readonly string[],
): Promise<TakenFiles> => {
  const config = nameConfig(server, nameFiles)
  const result = await session.run(script(folder, path, config))
  if (result.status !== 0) throw broken(result.stderr.trim())
  const frames = new Map(parseFrames(result.stdoutBytes).map((frame) => [frame.name, frame.content]))
  const text = (name: string): string => frames.get(name)?.toString() ?? ''
  const labelText = readTarHead(frames.get('head') ?? Buffer.alloc(0)).get('backup_label')
  if (labelText === undefined) throw broken(`base.tar${ENDING[path.method]} does not begin with backup_label`)
  const label = parseBackupLabel(labelText)
  const range = rangeOf(text('ranges'))
  return {
    files: filesOf(text('digests'), text('sizes')),
    config,
    labelText,
    label,
    ...range,
    size: Number(text('size')),
  }
}

const script = (folder: string, path: DataPath, config: BackupRecord['config']): string => `umask 077
LC_ALL=C; export LC_ALL
${FRAME_FUNCTION}
cd ${quote(folder)} || exit 1
[ -s backup_manifest ] && [ -s base.tar${ENDING[path.method]} ] || { echo "an archive or the manifest is missing" >&2; exit 1; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
mkdir config || exit 1
${config.map(({ path: from, file }) => sh`cp ${from} ${file} || exit 1`.text).join('\n')}
${UNPACK[path.method]} < base.tar${ENDING[path.method]} 2>/dev/null | head -c 65536 > "$scratch/head"
tail -n 20 backup_manifest | sed -n '/"WAL-Ranges"/,$p' > "$scratch/ranges"
sed -n 's/^.*"Size": \\([0-9][0-9]*\\),.*$/\\1/p' backup_manifest | awk '{ s += $1 } END { printf "%.0f", s }' > "$scratch/size"
find . -type f ! -name backup.json | sed 's|^\\./||' > "$scratch/names"
while IFS= read -r name; do
  sha256sum < "$name" || exit 1
  printf '%s %s\\n' "$(($(wc -c < "$name")))" "$name" >> "$scratch/sizes"
done < "$scratch/names" > "$scratch/digests"
for name in head ranges size sizes digests; do frame $name "$scratch/$name" || exit 1; done
`

const UNPACK = { zstd: 'zstd -dcq', lz4: 'lz4 -dcq', gzip: 'gzip -dc', none: 'cat' } as const

/** Gives every configuration file a name below `config/`, the same for two files only once. */
const nameConfig = (server: ServerFacts, nameFiles: readonly string[]): BackupRecord['config'] => {
  const taken = new Set<string>()
  const more = nameFiles.map((path) => ({ role: 'include' as const, path }))
  return [...server.config, ...more].map(({ role, path }) => {
    const base = path.slice(path.lastIndexOf('/') + 1)
    let file = `config/${base}`
    for (let number = 2; taken.has(file); number++) file = `config/${number}-${base}`
    taken.add(file)
    return { role, path, file, in_data_directory: path.startsWith(`${server.data_directory}/`) }
  })
}

const filesOf = (digests: string, sizes: string): BackupRecord['files'] => {
  const hashes = digests.trimEnd().split('\n')
  return sizes
    .trimEnd()
    .split('\n')
    .map((line, index) => {
      const [, size = '', name = ''] = /^(\d+) (.*)$/.exec(line) ?? []
      const sha256 = /^[0-9a-f]{64}/.exec(hashes[index] ?? '')?.[0] ?? ''
      return { name, ...contentsOf(name), size: Number(size), sha256 }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

const contentsOf = (name: string): Pick<BackupRecord['files'][number], 'contents' | 'oid'> => {
  if (name.startsWith('config/')) return { contents: 'config' }
  if (name === 'backup_manifest') return { contents: 'manifest' }
  if (name.startsWith('pg_wal.tar')) return { contents: 'wal' }
  const oid = /^(\d+)(?:-\d+)?\.tar/.exec(name)?.[1]
  return oid === undefined ? { contents: 'data' } : { contents: 'tablespace', oid: Number(oid) }
}

const rangeOf = (text: string): { timeline: number; start: Lsn; stop: Lsn } => {
  const [match, another] = text.matchAll(/"Timeline": (\d+), "Start-LSN": "([^"]+)", "End-LSN": "([^"]+)"/g)
  if (!match) throw broken('its manifest names no WAL')
  if (another) throw broken(`the server went from timeline ${another[1]} to ${match[1]} meanwhile`)
  return { timeline: Number(match[1]), start: parseLsn(match[2] ?? ''), stop: parseLsn(match[3] ?? '') }
}

const broken = (why: string): LifeboatError =>
  new LifeboatError('backup/failed', `what was written is not a whole backup: ${why}`, {
    hints: ['nothing of it was kept'],
  })
