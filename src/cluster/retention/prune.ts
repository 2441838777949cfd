import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { sweepRemains } from '../backup/sweep.ts'
import { lookAround } from '../catalogue/look.ts'
import { PROCESS_FUNCTIONS } from '../process-functions.ts'
import { openAccess } from '../repository/access.ts'
import { READER_FUNCTION } from '../repository/hold-script.ts'
import { INCOMPLETE, type RepositoryLayout } from '../repository/layout.ts'
import { readRepository } from '../repository/read.ts'
import type { WalFile } from '../repository/wal-file.ts'
import { withBackupLock } from './lock.ts'
import { type PruneGround, type PrunePlan, type PruneWish, planPrune, type RemovedFolder } from './plan-prune.ts'
import { missingWal } from './prove-kept.ts'

export interface PruneWork {
  /** Of the owner of the folder in the repository. */
  readonly session: Session
  readonly ground: PruneGround
  readonly plan: PrunePlan
  readonly wish: PruneWish
  /** The moment that ages count from, as for the plan. */
  readonly now: Date
  readonly runId: string
  readonly signal: AbortSignal
  readonly onProgress: (phase: string, done: number, total: number) => void
}

/** What was removed. */
export interface Pruned {
  readonly backups: readonly RemovedFolder[]
  readonly wal: readonly WalFile[]
  /** Backups that stay for the moment, for somebody began to read them, with who it is. */
  readonly spared: readonly { readonly id: string; readonly reader: string }[]
}

/**
 * Removes what a plan says and nothing else. Each backup is renamed before it is deleted, so that nobody can take it
 * for whole; before each one it is decided again what may go, for a reader may have come. WAL goes last, the oldest
 * first. Afterwards every kept backup must have the WAL behind it that it had before.
 *
 * @throws backup/running, retention/locked, retention/cannot-remove, retention/chain-broken
 */
export const prune = async (work: PruneWork): Promise<Pruned> => {
  const { session, ground, plan } = work
  const { layout } = ground.repository
  const swept = await sweepRemains(session, await openAccess(session, layout))
  return withBackupLock(session, layout, work.runId, work.signal, async () => {
    const remains = plan.backups.filter(({ id }) => swept.includes(id))
    const { backups, spared } = await removeBackups(work)
    const wal = await removeWal(work)
    await proveNothingBroke(work)
    return { backups: [...remains, ...backups], wal, spared }
  })
}

const decideAgain = async ({ session, ground, wish, now }: PruneWork): Promise<PrunePlan> => {
  const { layout } = ground.repository
  return planPrune(
    { repository: await readRepository(session, layout), look: await lookAround(session, layout) },
    wish,
    now,
  )
}

const removeBackups = async (work: PruneWork): Promise<Pick<Pruned, 'backups' | 'spared'>> => {
  let left = work.plan.backups.filter(({ why }) => why !== 'never finished')
  const total = left.length
  const backups: RemovedFolder[] = []
  const spared: { id: string; reader: string }[] = []
  while (left.length > 0) {
    work.signal.throwIfAborted()
    work.onProgress('remove backups', backups.length, total)
    const now = await decideAgain(work)
    for (const { backup } of now.kept) {
      if (left.some(({ id }) => id === backup.id)) spared.push({ id: backup.id, reader: backup.reader ?? '' })
    }
    left = now.backups.filter(({ id }) => left.some((folder) => folder.id === id))
    const [next] = left
    if (next === undefined) break
    const reader = await removeFolder(work.session, work.ground.repository.layout, next.id)
    if (reader === undefined) backups.push(next)
    else spared.push({ id: next.id, reader })
    left = left.slice(1)
  }
  return { backups, spared }
}

/** Removes a backup; gives who reads it where somebody does. */
const removeFolder = async (session: Session, layout: RepositoryLayout, id: string): Promise<string | undefined> => {
  const gone = `${id}.removed${INCOMPLETE}`
  const script = `LC_ALL=C; export LC_ALL
${PROCESS_FUNCTIONS}${READER_FUNCTION}cd ${quote(layout.backupFolder)} || exit 1
from=${quote(id)} to=${quote(gone)}
reader=$(reader_of "$from")
[ -z "$reader" ] || { echo "$reader"; exit 0; }
[ ! -e "$to" ] && mv "$from" "$to" || exit 1
reader=$(reader_of "$to")
[ -z "$reader" ] || { mv "$to" "$from" && echo "$reader"; exit; }
sync . 2>/dev/null || sync
rm -rf "$to"
`
  const { status, stdout, stderr } = await session.run(script)
  if (status !== 0) throw cannotRemove(`${layout.backupFolder}/${id}`, stderr)
  return stdout.trim() || undefined
}

const removeWal = async (work: PruneWork): Promise<readonly WalFile[]> => {
  const { session, plan, ground } = work
  if (plan.wal.length === 0) return []
  const allowed = new Set((await decideAgain(work)).wal.map(({ path }) => path))
  const files = plan.wal.filter(({ path }) => allowed.has(path))
  const { walFolder } = ground.repository.layout
  for (let from = 0; from < files.length; from += BATCH) {
    work.signal.throwIfAborted()
    work.onProgress('remove WAL', from, files.length)
    const batch = files.slice(from, from + BATCH)
    // Names of the archive consist of hexadecimal digits, dots and letters, which xargs leaves as they are.
    const result = await session.run(`cd ${quote(walFolder)} && xargs rm -f --`, {
      stdin: batch.map(({ path }) => `${path}\n`).join(''),
    })
    if (result.status !== 0) throw cannotRemove(walFolder, result.stderr)
  }
  return files
}

const BATCH = 1000

/** Every kept backup is still there, and no segment is missing behind it that was there before. */
const proveNothingBroke = async ({ session, ground, plan }: PruneWork): Promise<void> => {
  const repository = await readRepository(session, ground.repository.layout)
  const after = { ...plan, sources: archived(plan, repository.wal) }
  for (const { backup } of plan.kept) {
    const record = repository.backups.find(({ id }) => id === backup.id)
    const before = ground.repository.backups.find(({ id }) => id === backup.id)
    const known = before === undefined ? [] : missingWal(before, plan)
    const problems = record === undefined ? [`the backup ${backup.id} is gone`] : missingWal(record, after)
    const fresh = problems.filter((problem) => !known.includes(problem))
    if (fresh.length === 0) continue
    throw new LifeboatError('retention/chain-broken', `after the removal ${fresh[0]}`, {
      hints: [...fresh.slice(1), 'take a new backup at once, and find out who else removes files from the repository'],
    })
  }
}

const archived = (plan: PrunePlan, wal: readonly WalFile[]): PrunePlan['sources'] => {
  const names = new Set(wal.map(({ name }) => name))
  return plan.sources.filter(({ name }) => names.has(name))
}

const cannotRemove = (path: string, stderr: string): LifeboatError =>
  new LifeboatError('retention/cannot-remove', `${path} cannot be removed: ${stderr.trim().split('\n').at(-1) ?? ''}`)
