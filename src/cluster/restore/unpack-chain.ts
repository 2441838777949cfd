import { LifeboatError } from '../../base/errors.ts'
import { quote, sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { chainOf } from '../backup/choose-parent.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import type { RestorePlan } from './restore-plan.ts'
import { unpackBackup } from './unpack.ts'
import { verifyFiles } from './verify-files.ts'

/** One backup of a chain as it is unpacked on its own, beside the data directory that is built of them all. */
interface Part {
  readonly backup: BackupRecord
  readonly plan: RestorePlan
}

/** The backups of which a data directory is put together, the full one first; one alone for a full backup. */
export const chainOfPlan = ({ repository, resolution }: RestorePlan): readonly BackupRecord[] =>
  chainOf(repository.backups, resolution.backup)

/** The folders that `unpackChain` makes meanwhile, tablespaces' own ones too; none for a full backup. */
export const partFolders = (plan: RestorePlan): readonly string[] =>
  partsOf(plan).flatMap((part) => [part.plan.incomplete, ...part.plan.tablespaces.map(({ incomplete }) => incomplete)])

/**
 * Unpacks an incremental backup and all those below it, each on its own and verified with its own manifest, and puts
 * them together with PostgreSQL's pg_combinebackup (manual: Making an Incremental Backup), which writes a manifest for
 * the whole.
 *
 * @param onProgress called with the bytes that were read of the backups' files
 * @throws restore/unpack-failed, restore/backup-damaged, restore/no-space
 */
export const unpackChain = async (
  session: Session,
  plan: RestorePlan,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (done: number, total: number) => void } = {},
): Promise<void> => {
  const parts = partsOf(plan)
  const total = parts.reduce((sum, { backup }) => sum + backup.stored_size, 0)
  let before = 0
  for (const part of parts) {
    const onProgress = (done: number): void => options.onProgress?.(before + done, total)
    await unpackBackup(session, part.plan, { ...options, onProgress })
    if (plan.wish.verify) await verifyFiles(session, part.plan, options.signal)
    before += part.backup.stored_size
  }
  const result = await session.run(combineScript(plan, parts), { signal: options.signal })
  if (result.status === 0) return
  plan.access.check(result)
  const why = result.stderr.trim()
  throw new LifeboatError(
    /no space left/i.test(why) ? 'restore/no-space' : 'restore/unpack-failed',
    `the backups ${parts.map(({ backup }) => backup.id).join(', ')} cannot be put together`,
    { hints: why.split('\n').slice(-10) },
  )
}

const partsOf = (plan: RestorePlan): readonly Part[] => {
  const chain = chainOfPlan(plan)
  if (chain.length === 1) return []
  return chain.map((backup, index) => {
    const incomplete = `${plan.incomplete}-part-${index + 1}`
    const tablespaces = backup.tablespaces.map(({ oid, name, path }) => {
      const place = `${incomplete}-${oid}`
      return { oid, name, from: path, to: place, incomplete: place }
    })
    return { backup, plan: { ...plan, incomplete, tablespaces, resolution: { ...plan.resolution, backup } } }
  })
}

// pg_combinebackup reads tablespaces through links, as a running cluster has them. Where it can, it links the files that
// it takes over whole (18), for the parts are removed anyway. What it writes is flushed with all the rest later.
const combineScript = (plan: RestorePlan, parts: readonly Part[]): string => {
  const last = parts.at(-1)?.plan.tablespaces ?? []
  const mapped = last.flatMap(({ oid, incomplete }) => {
    const place = plan.tablespaces.find((wanted) => wanted.oid === oid)
    return place === undefined ? [] : [{ from: incomplete, to: place.incomplete }]
  })
  const escaped = (path: string): string => path.replaceAll(/[\\=]/g, '\\$&')
  return `LC_ALL=C; export LC_ALL
umask 077
${parts.map(({ backup, plan: part }) => `${plan.access.read(`backup/${backup.id}/backup_manifest`)} > ${quote(`${part.incomplete}/backup_manifest`)} || exit 1`).join('\n')}
${parts.flatMap((part) => part.plan.tablespaces.map(({ oid, incomplete }) => sh`ln -s ${incomplete} ${`${part.plan.incomplete}/pg_tblspc/${oid}`} || exit 1`.text)).join('\n')}
${sh`${`${plan.cluster.binDirectory}/pg_combinebackup`} -N ${plan.cluster.majorVersion >= 18 ? ['--link'] : []} ${mapped.flatMap(({ from, to }) => ['-T', `${escaped(from)}=${escaped(to)}`])} -o ${plan.incomplete} ${parts.map((part) => part.plan.incomplete)}`.text} >&2 </dev/null || exit 1
${plan.tablespaces.map(({ oid }) => sh`rm -f ${`${plan.incomplete}/pg_tblspc/${oid}`}`.text).join('\n')}
${sh`rm -rf ${partFolders(plan)}`.text}
${sh`cd ${plan.incomplete}`.text} || exit 1
case $(ls -ld global) in ????r-x*) chmod 0750 . ;; *) chmod 0700 . ;; esac
`
}
