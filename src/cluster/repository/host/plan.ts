import type { Change } from '../../../base/change.ts'
import { authorizedLine, isAdmission } from '../authorized-keys.ts'
import { type HostState, servePath } from './inspect.ts'

export const USER = 'user'
export const FOLDER = 'repository'
export const HELPER = 'helper'
export const KEY = 'key'

/** Where the home of a user that is made will be. */
export const homeOf = (state: HostState): string => state.home ?? `/var/lib/${state.wish.user}`

/** What is missing for a database host to be let into its folder; pure. */
export const planHost = (state: HostState): Change[] => {
  const { user, layout, publicKey, readOnly } = state.wish
  const changes: Change[] = []
  const words = (owner: string, mode: string): string => `${layout.folder}, ${owner} ${mode}`
  if (state.home === undefined) changes.push({ subject: USER, before: null, after: `${user}, home ${homeOf(state)}` })
  // Who only reads finds what is there.
  if (!readOnly && (state.folder !== `${user} 700` || !state.complete)) {
    const [owner = '', mode = ''] = state.folder?.split(' ') ?? []
    const before = state.folder === undefined ? null : words(owner, mode.padStart(4, '0'))
    changes.push({ subject: FOLDER, before, after: words(user, '0700') })
  }
  if (!state.helper) changes.push({ subject: HELPER, before: null, after: servePath(homeOf(state)) })
  const found = admissions(state)
  const right = publicKey === undefined ? found.length > 0 : found.length === 1 && isRight(state, publicKey, found[0])
  if (!right)
    changes.push({ subject: KEY, before: found.length > 0 ? wordsOf(state, found) : null, after: grant(state) })
  return changes
}

/** What lets the holder into the folder; pure. Files, user and folder stay. */
export const planRemoval = (state: HostState): Change[] => {
  const found = admissions(state)
  return found.length === 0 ? [] : [{ subject: KEY, before: wordsOf(state, found), after: null }]
}

/** Lines of authorized_keys to take out, and one to add. */
export interface KeyChange {
  readonly removed: readonly string[]
  readonly added: string | undefined
}

/** What becomes of the user's authorized_keys; without a key, the holder's are taken out. */
export const changeOfKeys = (state: HostState, publicKey: string | undefined): KeyChange => ({
  removed: admissions(state),
  added: publicKey === undefined ? undefined : lineOf(state, publicKey),
})

/** Who may write may read as well: what only wants to read never takes away what archiving needs. */
const isRight = (state: HostState, publicKey: string, line: string | undefined): boolean =>
  line === lineOf(state, publicKey) || (state.wish.readOnly && line === lineOf(state, publicKey, false))

const lineOf = (state: HostState, publicKey: string, readOnly = state.wish.readOnly): string => {
  const { holder, layout } = state.wish
  const [type, key] = publicKey.trim().split(' ')
  const serve = servePath(homeOf(state))
  return authorizedLine({ publicKey: `${type} ${key} ${holder}`, serve, folder: layout.folder, readOnly })
}

const admissions = ({ authorizedKeys, wish }: HostState): string[] =>
  authorizedKeys.split('\n').filter((line) => isAdmission(line, wish.layout.folder, wish.holder))

const grant = ({ wish }: HostState): string =>
  `${wish.holder} may ${wish.readOnly ? 'read' : 'write'} ${wish.layout.folder}`

const wordsOf = ({ wish }: HostState, lines: readonly string[]): string => {
  const readOnly = lines.every((line) => line.includes('serve -r '))
  return `${wish.holder} may ${readOnly ? 'read' : 'write'} ${wish.layout.folder}, with another key or command`
}
