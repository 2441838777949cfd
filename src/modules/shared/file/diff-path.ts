import type { Change } from '../../../base/change.ts'
import { LifeboatError } from '../../../base/errors.ts'
import { attributeChanges } from '../file-attributes.ts'
import type { FileState } from '../file-state.ts'
import type { FileParams, FileTaskState } from './task.ts'

/** More than so many paths below a folder are counted, not listed. */
const MAX_LISTED = 20

/** What differs at a path. Pure; `before` is the state before a change, in its proof. */
export const diffPath = (state: FileTaskState, given: FileParams, before?: FileTaskState): Change[] => {
  const { file } = state
  const type = file.stat?.type
  switch (given.state) {
    case 'absent':
      return type === undefined ? [] : [{ subject: 'state', before: type, after: 'absent' }]
    case 'link':
      return linkChanges(state, given)
    case 'hard':
      return hardLinkChanges(state, given)
    case 'directory':
      if (type !== undefined && type !== 'directory') throw wrongKind(file.path, type, 'directory')
      return directoryChanges(state, given)
    case 'touch':
      return touchChanges(state, given, before)
    case 'file':
      if (type !== undefined && type !== 'file') throw wrongKind(file.path, type, 'file')
      return presentChanges(state, given)
    default:
      return type === undefined && given.recurse ? directoryChanges(state, given) : presentChanges(state, given)
  }
}

/** Entries below a folder whose owner, group or mode differ. */
export const changesBelow = (state: FileTaskState, given: FileParams): { entry: FileState; changes: Change[] }[] =>
  state.below.flatMap((entry) => {
    const isLink = entry.stat?.type === 'link'
    // A link has no mode of its own.
    const asked = isLink ? { owner: given.owner, group: given.group } : given
    const isDirectory = entry.stat?.type === 'directory'
    const changes = attributeChanges(entry.stat, asked, state.accounts, { mode: 0, isDirectory })
    return changes.length === 0 ? [] : [{ entry, changes }]
  })

const wrongKind = (path: string, is: string, wanted: string): LifeboatError =>
  new LifeboatError('module/wrong-kind', `${path} is a ${is}, not a ${wanted}`, {
    hints: ['remove it first (state: absent), if that is what you want'],
  })

const presentChanges = (state: FileTaskState, given: FileParams): Change[] => {
  const { file, accounts } = state
  const isDirectory = file.stat?.type === 'directory'
  const asked = file.stat?.type === 'link' ? { owner: given.owner, group: given.group } : given
  const attributes = attributeChanges(file.stat, asked, accounts, { mode: 0o666 & ~accounts.umask, isDirectory })
  return [...attributes, ...timeChanges(state, given, 'preserve', undefined), ...listBelow(state, given)]
}

const directoryChanges = (state: FileTaskState, given: FileParams): Change[] => {
  const { file, accounts } = state
  const made: Change[] = file.stat === undefined ? [{ subject: 'state', before: 'absent', after: 'directory' }] : []
  const base = { mode: 0o777 & ~accounts.umask, isDirectory: true }
  const attributes = attributeChanges(file.stat, given, accounts, base)
  const times = file.stat === undefined ? [] : timeChanges(state, given, 'preserve', undefined)
  return [...made, ...attributes, ...times, ...listBelow(state, given)]
}

const listBelow = (state: FileTaskState, given: FileParams): Change[] => {
  const found = changesBelow(state, given)
  const name = (entry: FileState): string => entry.path.slice(state.file.path.length + 1)
  if (found.length <= MAX_LISTED) {
    return found.flatMap(({ entry, changes }) =>
      changes.map((change) => ({ ...change, subject: `${change.subject} of ${name(entry)}` })),
    )
  }
  const some = found.slice(0, MAX_LISTED).map(({ entry }) => name(entry))
  return [{ subject: `attributes of ${found.length} files below`, before: [...some, '…'], after: 'as asked' }]
}

const touchChanges = (state: FileTaskState, given: FileParams, before: FileTaskState | undefined): Change[] => {
  const { file, accounts } = state
  const made: Change[] = file.stat === undefined ? [{ subject: 'state', before: 'absent', after: 'file' }] : []
  const isDirectory = file.stat?.type === 'directory'
  const attributes = attributeChanges(file.stat, given, accounts, { mode: 0o666 & ~accounts.umask, isDirectory })
  return [...made, ...timeChanges(state, given, 'now', before), ...attributes]
}

/** Times that differ. `now` is an event: it has happened when the time is another one than before. */
const timeChanges = (
  state: FileTaskState,
  given: FileParams,
  byDefault: string,
  before: FileTaskState | undefined,
): Change[] => {
  const { stat } = state.file
  const change = (subject: string, wanted: string, is: string, isNew: boolean): Change[] => {
    // A file that is about to be made has the time of now anyway.
    if (wanted === 'preserve' || (wanted === 'now' ? isNew || stat === undefined : wanted === is)) return []
    return [{ subject, before: is || null, after: wanted }]
  }
  const since = before?.file.stat
  const isNew = (now: number | undefined, then: number | undefined): boolean => before !== undefined && now !== then
  return [
    ...change(
      'access time',
      given.access_time ?? byDefault,
      state.times.accessed,
      isNew(stat?.accessed, since?.accessed),
    ),
    ...change(
      'modification time',
      given.modification_time ?? byDefault,
      state.times.modified,
      isNew(stat?.modified, since?.modified),
    ),
  ]
}

const linkChanges = (state: FileTaskState, given: FileParams): Change[] => {
  const { file, source } = state
  const type = file.stat?.type
  const after = `link to ${given.src}`
  const changes: Change[] = []
  if (type !== 'link' || file.target !== given.src) {
    if (type !== undefined && type !== 'link') demandReplaceable(state, given)
    changes.push({ subject: 'state', before: type === 'link' ? `link to ${file.target}` : (type ?? 'absent'), after })
  }
  const { mode: _, ...accountsOnly } = given
  if (!given.follow) {
    const own = type === 'link' ? file.stat : undefined
    return [...changes, ...attributeChanges(own, accountsOnly, state.accounts, { mode: 0, isDirectory: false })]
  }
  if (source?.stat === undefined) return changes
  const isDirectory = source.stat.type === 'directory'
  return [...changes, ...attributeChanges(source.stat, given, state.accounts, { mode: 0, isDirectory })]
}

const hardLinkChanges = (state: FileTaskState, given: FileParams): Change[] => {
  const { file, source } = state
  const same = file.stat !== undefined && source?.stat !== undefined && file.stat.inode === source.stat.inode
  const changes: Change[] = []
  if (!same || file.stat.device !== source.stat.device) {
    if (file.stat !== undefined) demandReplaceable(state, given)
    changes.push({ subject: 'state', before: file.stat?.type ?? 'absent', after: `hard link to ${given.src}` })
  }
  const shared = attributeChanges(source?.stat, given, state.accounts, { mode: 0, isDirectory: false })
  return [...changes, ...shared]
}

const demandReplaceable = (state: FileTaskState, given: FileParams): void => {
  const { path, stat } = state.file
  if (!given.force) {
    throw new LifeboatError('module/wrong-kind', `${path} is a ${stat?.type}; a link does not take its place`, {
      hints: ['say `force: true` to replace it'],
    })
  }
  if (stat?.type === 'directory' && !state.isEmpty) {
    throw new LifeboatError(
      'module/wrong-kind',
      `${path} is a directory with something in it; a link does not take its place`,
    )
  }
}
