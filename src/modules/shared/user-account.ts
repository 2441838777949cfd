import type { Change } from '../../base/change.ts'
import { type Raw, raw, sh } from '../../base/quote.ts'
import type { ModuleContext } from '../contract.ts'
import { hostPath } from './host-path.ts'
import { PUT, readFields, succeed } from './script.ts'

export interface UserWish {
  readonly name: string
  readonly state: 'present' | 'absent'
  readonly uid?: number | undefined
  /** Primary group: name or number. */
  readonly group?: string | undefined
  readonly groups?: readonly string[] | undefined
  readonly append: boolean
  readonly comment?: string | undefined
  readonly home?: string | undefined
  readonly move_home: boolean
  readonly create_home: boolean
  readonly shell?: string | undefined
  readonly system: boolean
  readonly password?: string | undefined
  readonly update_password: 'always' | 'on_create'
  readonly password_lock?: boolean | undefined
  readonly remove: boolean
  readonly generate_ssh_key: boolean
  readonly ssh_key_file?: string | undefined
  readonly ssh_key_type: string
  readonly ssh_key_bits?: number | undefined
  readonly ssh_key_comment?: string | undefined
}

export interface UserState {
  readonly exists: boolean
  readonly uid: number
  readonly gid: number
  readonly comment: string
  readonly home: string
  readonly shell: string
  readonly group: string
  /** Supplementary groups, sorted. */
  readonly groups: readonly string[]
  /** Hash as it stands in /etc/shadow; undefined where it may not be read. */
  readonly hash: string | undefined
  readonly hasHome: boolean
  /** Text of the public key, where there is one. */
  readonly sshKey: string | undefined
  readonly sshKeyFile: string
}

export const inspectUser = async (ctx: ModuleContext, wish: UserWish): Promise<UserState> => {
  const key = wish.ssh_key_file ?? `.ssh/id_${wish.ssh_key_type}`
  const script = sh`${PUT}
name=${wish.name}
line=$( { getent passwd "$name" || grep "^$name:" /etc/passwd; } 2>/dev/null | head -n 1)
put line "$line"
[ -n "$line" ] || exit 0
put group "$(id -gn "$name")"
put groups "$(id -Gn "$name")"
shadow=$( { getent shadow "$name" || grep "^$name:" /etc/shadow; } 2>/dev/null | head -n 1)
if [ -n "$shadow" ]; then put hash "$(printf '%s' "$shadow" | cut -d: -f2)"; fi
home=$(printf '%s' "$line" | cut -d: -f6)
if [ -d "$home" ]; then put has_home yes; fi
key=${hostPath(key)}
case $key in /*) ;; *) key=$home/$key;; esac
put key_file "$key"
if [ -r "$key.pub" ]; then put key "$(cat "$key.pub")"; fi
exit 0`
  const fields = readFields(succeed(await ctx.run(script.text), `look for the user ${wish.name}`))
  const [, , uid = '', gid = '', comment = '', home = '', shell = ''] = (fields.get('line') ?? '').split(':')
  const group = fields.get('group') ?? ''
  const all = (fields.get('groups') ?? '').split(/\s+/)
  return {
    ...{ exists: uid !== '', uid: Number(uid), gid: Number(gid), comment, home, shell, group },
    groups: all.filter((each) => each !== '' && each !== group).sort(),
    hash: fields.get('hash'),
    hasHome: fields.has('has_home'),
    sshKey: fields.get('key'),
    sshKeyFile: fields.get('key_file') ?? '',
  }
}

/** What differs in an account. */
export const userChanges = (state: UserState, wish: UserWish): Change[] => {
  if (wish.state === 'absent') return state.exists ? [{ subject: 'state', before: 'present', after: 'absent' }] : []
  const changes: Change[] = []
  const differs = (subject: string, before: string | number, after: string | number | undefined): void => {
    if (after !== undefined && before !== after) changes.push({ subject, before: state.exists ? before : null, after })
  }
  if (!state.exists) changes.push({ subject: 'state', before: 'absent', after: 'present' })
  differs('uid', state.uid, wish.uid)
  if (wish.group !== undefined && wish.group !== String(state.gid)) differs('group', state.group, wish.group)
  changes.push(...groupsChange(state, wish))
  differs('comment', state.comment, wish.comment)
  differs('home', state.home, wish.home)
  differs('shell', state.shell, wish.shell)
  const mayNotChange = state.exists && (wish.update_password === 'on_create' || state.hash === undefined)
  const hash = state.hash?.replace(/^!(?!$)/, '') ?? ''
  if (wish.password !== undefined && !mayNotChange && hash !== wish.password) {
    changes.push({ subject: 'password', before: state.exists ? hash : null, after: wish.password, sensitive: true })
  }
  const locked = state.hash?.startsWith('!') ?? false
  if (wish.password_lock !== undefined && locked !== wish.password_lock) {
    changes.push({ subject: 'password locked', before: locked, after: wish.password_lock })
  }
  if (wish.create_home && state.exists && !state.hasHome && state.home !== '/nonexistent' && !wish.system) {
    changes.push({ subject: 'home folder', before: 'absent', after: wish.home ?? state.home })
  }
  if (wish.generate_ssh_key && state.sshKey === undefined) {
    changes.push({ subject: 'ssh key', before: null, after: state.sshKeyFile || `${wish.ssh_key_type} key` })
  }
  return changes
}

const groupsChange = (state: UserState, wish: UserWish): Change[] => {
  if (wish.groups === undefined) return []
  const wanted = [...new Set([...wish.groups, ...(wish.append ? state.groups : [])])].sort()
  const primary = wish.group ?? state.group
  const after = wanted.filter((each) => each !== primary)
  if (after.join() === state.groups.join()) return []
  return [{ subject: 'groups', before: state.exists ? state.groups : null, after }]
}

/** Makes the changes; a password hash goes in by standard input, never as an argument. */
export const applyUser = async (
  ctx: ModuleContext,
  wish: UserWish,
  changes: readonly Change[],
  state: UserState,
): Promise<void> => {
  const has = (subject: string): boolean => changes.some((change) => change.subject === subject)
  const lines: Raw[] = []
  if (wish.state === 'absent') lines.push(sh`userdel ${raw(wish.remove ? '-r' : '')} "$name" >&2 || exit`)
  else {
    const options = optionsOf(wish, changes)
    if (!state.exists) {
      const home = raw(wish.create_home ? '-m' : '-M')
      lines.push(sh`useradd ${home} ${raw(wish.system ? '-r' : '')} ${options} "$name" || exit`)
    } else if (options.length > 0) {
      lines.push(sh`usermod ${raw(has('home') && wish.move_home ? '-m' : '')} ${options} "$name" || exit`)
    }
    if (has('home folder')) lines.push(MAKE_HOME)
    if (has('password')) lines.push(raw('chpasswd -e || exit'))
    if (has('password locked'))
      lines.push(raw(wish.password_lock ? 'usermod -L "$name" || exit' : 'usermod -U "$name" || exit'))
    if (has('ssh key')) lines.push(makeKey(wish))
  }
  const script = sh`name=${wish.name}\n${raw(lines.map((line) => line.text).join('\n'))}\nexit 0`
  const options = has('password') ? { stdin: `${wish.name}:${wish.password ?? ''}\n` } : {}
  succeed(await ctx.run(script.text, options), `change the user ${wish.name}`)
}

const optionsOf = (wish: UserWish, changes: readonly Change[]): string[] =>
  changes.flatMap(({ subject, after }) => {
    switch (subject) {
      case 'uid':
        return ['-u', String(after)]
      case 'group':
        return ['-g', String(after)]
      case 'groups':
        return ['-G', (after as readonly string[]).join(',')]
      case 'comment':
        return ['-c', String(after)]
      case 'home':
        return ['-d', wish.home ?? '']
      case 'shell':
        return ['-s', String(after)]
      default:
        return []
    }
  })

const MAKE_HOME = raw(`home=$(getent passwd "$name" | cut -d: -f6)
mkdir -p "$home" && cp -R /etc/skel/. "$home/" && chown -R "$name:" "$home" && chmod 0750 "$home" || exit`)

const makeKey = (wish: UserWish): Raw => sh`home=$(getent passwd "$name" | cut -d: -f6)
key=${hostPath(wish.ssh_key_file ?? `.ssh/id_${wish.ssh_key_type}`)}
case $key in /*) ;; *) key=$home/$key;; esac
folder=$(dirname "$key")
if [ ! -d "$folder" ]; then mkdir -p "$folder" && chmod 0700 "$folder" && chown "$name:" "$folder" || exit; fi
ssh-keygen -q -t ${wish.ssh_key_type} ${wish.ssh_key_bits === undefined ? [] : ['-b', String(wish.ssh_key_bits)]} -N '' -C ${
  wish.ssh_key_comment ?? `lifeboat on ${wish.name}`
} -f "$key" </dev/null >&2 && chown "$name:" "$key" "$key.pub" || exit`
