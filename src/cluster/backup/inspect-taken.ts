import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { type BackupLabel, parseBackupLabel } from '../../postgres/backup-label.ts'
import { type Lsn, parseLsn } from '../../postgres/lsn.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import { FRAME_FUNCTION, parseFrames } from '../repository/frames.ts'
import type { ServerFacts } from './facts.ts'
import { storeFunctions } from './store-script.ts'

/** What a backup that has just been written says of itself. */
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
 * Reads what the backup says of itself from the scratch folder, and puts the configuration files beside it, one round
 * trip. Nothing is read back from the repository but digests.
 *
 * @param session of the cluster's owner
 * @throws backup/failed when it is not a whole backup, archive/unreachable
 */
export const inspectTaken = async (
  session: Session,
  access: RepositoryAccess,
  id: string,
  server: ServerFacts,
  nameFiles: readonly string[],
): Promise<TakenFiles> => {
  const config = nameConfig(server, nameFiles)
  const result = await session.run(script(access, id, config))
  access.check(result)
  if (result.status !== 0) throw broken(result.stderr.trim())
  const frames = new Map(parseFrames(result.stdoutBytes).map((frame) => [frame.name, frame.content.toString()]))
  const text = (name: string): string => frames.get(name) ?? ''
  const labelText = text('backup_label')
  if (labelText === '') throw broken('the archive does not begin with backup_label')
  const files = filesOf(text('kept'))
  if (files.find(({ contents }) => contents === 'manifest')?.sha256 !== text('digest').slice(0, 64)) {
    throw broken('the manifest that was stored is another one')
  }
  const label = parseBackupLabel(labelText)
  return { files, config, labelText, label, ...rangeOf(text('ranges')), size: Number(text('size')) }
}

const script = (access: RepositoryAccess, id: string, config: BackupRecord['config']): string => `umask 077
LC_ALL=C; export LC_ALL
${FRAME_FUNCTION}${storeFunctions(access, id)}
${sh`w=${access.scratch}`.text}
cd "$w" || exit 1
[ -s backup_manifest ] && [ -s kept ] || { echo "the manifest is missing" >&2; exit 1; }
mkdir config || exit 1
${config.map(({ path, file }) => sh`cp ${path} ${file} && store ${file} < ${file} || exit 1`.text).join('\n')}
tail -n 20 backup_manifest | sed -n '/"WAL-Ranges"/,$p' > ranges
sed -n 's/^.*"Size": \\([0-9][0-9]*\\),.*$/\\1/p' backup_manifest | awk '{ s += $1 } END { printf "%.0f", s }' > size
sha256sum < backup_manifest > digest
for name in backup_label ranges size digest kept; do frame $name $name || exit 1; done
`

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

const filesOf = (kept: string): BackupRecord['files'] =>
  kept
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, size = '', sha256 = '', name = ''] = /^(\d+) ([0-9a-f]{64}) (.*)$/.exec(line) ?? []
      if (name === '') throw broken(`of one of its files there is no digest: ${line}`)
      return { name, ...contentsOf(name), size: Number(size), sha256 }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))

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
