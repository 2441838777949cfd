import type { Change } from '../../base/change.ts'
import { LifeboatError } from '../../base/errors.ts'
import { type Raw, raw, sh } from '../../base/quote.ts'
import type { ModuleContext } from '../contract.ts'
import { formatMode, resolveMode } from './file-mode.ts'
import type { FileStat } from './file-state.ts'

/** Owner, group and mode that a task asks for; what is left out stays as it is. */
export interface AttributeParams {
  readonly owner?: string | undefined
  readonly group?: string | undefined
  readonly mode?: string | undefined
}

/** What the host says of the accounts that a task names, and of the user the script runs as. */
export interface Accounts {
  readonly umask: number
  /** Undefined where the host has no such account. */
  readonly uid: number | undefined
  readonly gid: number | undefined
}

/** Shell text that puts the fields `umask`, `uid` and `gid`. Needs `PUT`. */
export const lookUpAccounts = ({ owner, group }: AttributeParams): Raw => {
  const lines = [raw("printf umask=; umask; printf '\\0'")]
  if (owner !== undefined) lines.push(putNumber('uid', 'passwd', owner))
  if (group !== undefined) lines.push(putNumber('gid', 'group', group))
  return raw(lines.map((line) => line.text).join('\n'))
}

/** The third field of the account's first line, taken apart by the shell itself: one process instead of three. */
const putNumber = (field: string, database: 'passwd' | 'group', name: string): Raw =>
  /^\d+$/.test(name)
    ? sh`put ${field} ${name}`
    : sh`account=$({ getent ${database} ${name} || grep ${`^${name.replaceAll(/[.\\[\]*^$]/g, '\\$&')}:`} ${`/etc/${database}`}; } 2>/dev/null)
account=\${account#*:*:}
put ${field} "\${account%%:*}"`

export const readAccounts = (fields: ReadonlyMap<string, string>): Accounts => ({
  umask: Number.parseInt(fields.get('umask') ?? '22', 8),
  uid: fields.get('uid') ? Number(fields.get('uid')) : undefined,
  gid: fields.get('gid') ? Number(fields.get('gid')) : undefined,
})

/**
 * Makes sure that the host knows the accounts that are asked for. In check mode an earlier task may be about to create
 * them, so it only warns.
 *
 * @throws module/no-account
 */
export const demandAccounts = (ctx: ModuleContext, params: AttributeParams, accounts: Accounts): void => {
  const demand = (kind: string, name: string | undefined, id: number | undefined): void => {
    if (name === undefined || id !== undefined) return
    if (!ctx.checkMode) throw new LifeboatError('module/no-account', `there is no ${kind} "${name}" on the host`)
    ctx.warn(`there is no ${kind} "${name}" on the host; only an earlier task that creates it makes this one work`)
  }
  demand('user', params.owner, accounts.uid)
  demand('group', params.group, accounts.gid)
}

/**
 * What differs in owner, group and mode.
 *
 * @param stat undefined for what is not there yet: everything asked for differs
 * @param base mode that it would be made with, for a symbolic mode
 */
export const attributeChanges = (
  stat: FileStat | undefined,
  params: AttributeParams,
  accounts: Accounts,
  base: { readonly mode: number; readonly isDirectory: boolean },
): Change[] => {
  const changes: Change[] = []
  if (params.owner !== undefined && (stat === undefined || stat.uid !== accounts.uid)) {
    changes.push({ subject: 'owner', before: stat ? stat.owner || String(stat.uid) : null, after: params.owner })
  }
  if (params.group !== undefined && (stat === undefined || stat.gid !== accounts.gid)) {
    changes.push({ subject: 'group', before: stat ? stat.group || String(stat.gid) : null, after: params.group })
  }
  if (params.mode !== undefined) {
    const mode = resolveMode(params.mode, { ...base, umask: accounts.umask, mode: stat?.mode ?? base.mode })
    if (stat === undefined || mode !== stat.mode) {
      changes.push({ subject: 'mode', before: stat ? formatMode(stat.mode) : null, after: formatMode(mode) })
    }
  }
  return changes
}

/** Shell text that makes those changes; owner before mode, since chown takes set-id bits away. */
export const applyAttributes = (path: Raw, changes: readonly Change[], follow: boolean): Raw => {
  const after = (subject: string): string | undefined => {
    const change = changes.find((candidate) => candidate.subject === subject)
    return change === undefined ? undefined : String(change.after)
  }
  const [owner, group, mode] = [after('owner'), after('group'), after('mode')]
  const lines: Raw[] = []
  const account = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  if (account !== '')
    lines.push(follow ? sh`chown ${account} ${path} || exit` : sh`chown -h ${account} ${path} || exit`)
  if (mode !== undefined) lines.push(sh`chmod ${mode} ${path} || exit`)
  return raw(lines.map((line) => line.text).join('\n'))
}

/** Fields of the result that Ansible gives for every file. */
export const attributeFields = (stat: FileStat | undefined): Readonly<Record<string, unknown>> =>
  stat === undefined
    ? {}
    : {
        uid: stat.uid,
        gid: stat.gid,
        owner: stat.owner || String(stat.uid),
        group: stat.group || String(stat.gid),
        mode: formatMode(stat.mode),
        size: stat.size,
      }
