import { LifeboatError } from '../../base/errors.ts'
import type { Cluster } from '../locate.ts'
import type { HostState } from './host-state.ts'
import type { RestoreJournal } from './restore-journal.ts'
import { SET_ASIDE_FILE, type SetAside } from './set-aside.ts'
import { isUnproven } from './sweep.ts'
import type { UndoJournal } from './undo-journal.ts'

/** How a restore is undone. */
export type UndoPlan =
  /** A restore that did not come to its end: what it built is removed, what it set aside is put back. */
  | { readonly kind: 'unfinished'; readonly restore: string; readonly moved: boolean }
  /** A restored cluster and the one it replaced change places. */
  | { readonly kind: 'exchange'; readonly restore: string; readonly old: string; readonly journal: UndoJournal }
  /** Already undone; the server is not started yet. */
  | { readonly kind: 'start'; readonly restore: string }

/**
 * Decides how the restore in a data directory is undone.
 *
 * @returns undefined where there is nothing to undo: it was undone before, or no restore was made here
 * @throws restore/nothing-to-put-back where the cluster that was replaced is gone or was never whole
 */
export const planUndo = (
  host: HostState,
  aside: readonly SetAside[],
  cluster: Cluster,
  runId: string,
  start: boolean,
): UndoPlan | undefined => {
  const { dataDirectory, record, journal, undo, undone } = host
  if (undo) return { kind: 'exchange', restore: undo.restore, old: undo.moves.at(-1)?.from ?? '', journal: undo }
  if (journal && (journal.stage !== 'in-place' || isUnproven(host) || !host.exists)) {
    if (journal.wal_only) throw walOnly(journal.old)
    return { kind: 'unfinished', restore: journal.run_id, moved: journal.stage === 'in-place' }
  }
  if (undone) return undone.started || !start ? undefined : { kind: 'start', restore: undone.restore }
  if (!record) return undefined
  const kept = journal ?? aside.find(({ path }) => path === record.set_aside)?.journal
  if (record.set_aside === null || !kept?.old) {
    throw new LifeboatError(
      'restore/nothing-to-put-back',
      record.set_aside === null
        ? `nothing was in ${dataDirectory} before the restore ${record.run_id}`
        : `${record.set_aside}, which the restore ${record.run_id} had set aside, is gone or says nothing of itself`,
      { hints: aside.map(({ path }) => `set aside by another restore: ${path}`) },
    )
  }
  if (kept.wal_only) throw walOnly(kept.old)
  const restore = record.run_id
  return { kind: 'exchange', restore, old: kept.old, journal: undoJournal(host, kept, cluster, { runId, restore }) }
}

const walOnly = (path: string | null): LifeboatError =>
  new LifeboatError('restore/nothing-to-put-back', `only the WAL of the old cluster was kept, in ${path}`, {
    hints: ['the restore was asked to: set_aside: wal', 'restore another state from the repository instead'],
  })

/** The renames: first everything of the restored cluster goes aside, then everything of the old one comes back. */
const undoJournal = (
  host: HostState,
  kept: RestoreJournal,
  cluster: Cluster,
  { runId, restore }: { readonly runId: string; readonly restore: string },
): UndoJournal => {
  const { dataDirectory: data, old, control } = host
  const suffix = `.before-${runId}-undo`
  const away = `${data}${suffix}`
  if (host.remains.includes(away)) {
    throw new LifeboatError('restore/directory-not-empty', `${away} is in the way`, { hints: ['run it again'] })
  }
  const folder = `PG_${cluster.majorVersion}_${control?.catalogVersion ?? ''}`
  const wal = old.walLink === undefined ? null : { from: old.walLink, to: `${old.walLink}${suffix}` }
  const aside = [
    ...[...old.tablespaces.values()].map((path) => ({ from: `${path}/${folder}`, to: `${path}/${folder}${suffix}` })),
    ...(wal ? [wal] : []),
    { from: data, to: away },
  ]
  const back = kept.set_aside.map(({ from, to }) => ({ from: to, to: from }))
  return {
    version: 1,
    run_id: runId,
    restore,
    data_directory: data,
    moves: [...aside, ...back],
    links: [
      ...(wal ? [{ link: `${away}/pg_wal`, to: wal.to }] : []),
      ...(kept.wal_link ? [{ link: `${data}/pg_wal`, to: kept.wal_link.from }] : []),
    ],
    set_aside: {
      version: 1,
      run_id: runId,
      data_directory: data,
      stage: 'in-place',
      incomplete: [],
      set_aside: aside,
      put_in_place: back,
      wal_link: wal,
      old: away,
      wal_only: false,
    },
  }
}

/** Path of the file in which a set-aside cluster says how it got there. */
export const setAsideFile = (path: string): string => `${path}/${SET_ASIDE_FILE}`
