import type { Change } from '../../../base/change.ts'
import { LifeboatError } from '../../../base/errors.ts'
import { sh } from '../../../base/quote.ts'
import type { Session } from '../../../host/connection.ts'
import { putFile } from '../../../host/files.ts'
import { SERVE_HELPER } from '../../archive/helpers/index.ts'
import { type HostState, servePath } from './inspect.ts'
import { changeOfKeys, FOLDER, HELPER, homeOf, KEY, type KeyChange, USER } from './plan.ts'

export interface HostSessions {
  readonly root: Session | undefined
  /** Of the user of the repository, who may not exist before. */
  readonly user: () => Promise<Session>
}

/**
 * Makes the changes of `planHost`: the user, the cluster's folder, the forced command, and only then the key.
 *
 * @throws archive/no-user, archive/cannot-set-up, archive/bad-key, host/file
 */
export const applyHost = async (
  sessions: HostSessions,
  state: HostState,
  changes: readonly Change[],
): Promise<void> => {
  const subjects = new Set(changes.map((change) => change.subject))
  const { wish } = state
  if (subjects.has(USER)) await makeUser(sessions.root, state)
  if (subjects.has(FOLDER)) await makeFolder(sessions, state)
  if (!subjects.has(HELPER) && !subjects.has(KEY)) return
  const user = await sessions.user()
  const home = homeOf(state)
  if (subjects.has(HELPER)) {
    await mustRun(user, sh`umask 077; mkdir -p ${`${home}/.lifeboat`}`.text, 'the helper cannot be installed')
    await putFile(user, servePath(home), Buffer.from(SERVE_HELPER.text), { mode: '0700' })
  }
  if (subjects.has(KEY)) {
    if (wish.publicKey === undefined) {
      throw new LifeboatError('archive/bad-key', `no key of ${wish.holder} was given`, {
        hints: ['it is the result of postgresql_repository_key on the database host: public_key'],
      })
    }
    await writeKeys(user, home, changeOfKeys(state, wish.publicKey))
  }
}

/** Makes the changes of `planRemoval`. */
export const applyRemoval = async (sessions: HostSessions, state: HostState): Promise<void> => {
  if (state.home === undefined) return
  await writeKeys(await sessions.user(), state.home, changeOfKeys(state, undefined))
}

// Several hosts may be let in at the same moment: each takes out its own lines and no other, one after the other.
const writeKeys = async (user: Session, home: string, change: KeyChange): Promise<void> => {
  const keep =
    change.removed.length === 0 ? 'cat' : sh`grep -vxF ${change.removed.flatMap((line) => ['-e', line])}`.text
  const added = change.added === undefined ? '' : sh`printf '%s\\n' ${change.added}`.text
  const script = `umask 077
${sh`mkdir -p ${`${home}/.ssh`} && cd ${`${home}/.ssh`} || exit 1`.text}
i=0
until mkdir .lifeboat-lock 2>/dev/null; do
  [ $i -lt 60 ] || rmdir .lifeboat-lock
  i=$((i + 1)); sleep 0.5 2>/dev/null || sleep 1
done
new=authorized_keys.lifeboat
trap 'rm -f "$new"; rmdir .lifeboat-lock' EXIT
trap 'exit 1' HUP INT TERM
{ [ ! -f authorized_keys ] || ${keep} < authorized_keys || [ $? -eq 1 ]; } > "$new" || exit 1
# A last line without its end would swallow the next one.
[ ! -s "$new" ] || [ -z "$(tail -c 1 "$new")" ] || echo >> "$new"
${added === '' ? ':' : added} >> "$new" && chmod 0600 "$new" && { sync "$new" 2>/dev/null || sync; } && mv -f "$new" authorized_keys
`
  await mustRun(user, script, 'the key cannot be written')
}

// `*` is no password and, unlike the `!` of useradd, no lock: sshd lets nobody into a locked account without PAM.
const makeUser = async (root: Session | undefined, state: HostState): Promise<void> => {
  const { user } = state.wish
  if (root === undefined) {
    throw new LifeboatError('archive/no-user', `there is no user ${user} on this host`, {
      hints: ['run the task as root (become: true), which makes it, or name another one (user)'],
    })
  }
  const home = homeOf(state)
  const script = sh`umask 022
i=0
until id ${user} >/dev/null 2>&1; do
  # Another host's turn may be making it at this moment, and has the files of the accounts locked.
  [ $i -eq 0 ] || sleep 1
  [ $i -lt 5 ] || exit 1
  i=$((i + 1))
  if command -v useradd >/dev/null; then
    useradd --system --user-group --home-dir ${home} --create-home --shell /bin/sh --password '*' --comment ${'Lifeboat repository'} ${user}
  else
    adduser -S -D -h ${home} -s /bin/sh -g ${'Lifeboat repository'} ${user}
  fi
done`.text
  await mustRun(root, `${script} && chmod 0700 ${sh`${home}`.text}`, `the user ${user} cannot be made`)
}

const makeFolder = async ({ root, user }: HostSessions, state: HostState): Promise<void> => {
  const { layout, user: owner } = state.wish
  const folders = [layout.folder, layout.walFolder, layout.backupFolder]
  const script = root
    ? sh`umask 022
[ -d ${layout.root} ] || mkdir -p -m 0711 ${layout.root} || exit 1
umask 077
mkdir -p ${folders} && chown ${`${owner}:`} ${folders} && chmod 0700 ${layout.folder}`
    : sh`umask 077; mkdir -p ${folders} && chmod 0700 ${layout.folder}`
  await mustRun(root ?? (await user()), script.text, `${layout.folder} cannot be made`)
}

const mustRun = async (session: Session, script: string, problem: string): Promise<void> => {
  const { status, stderr } = await session.run(script)
  if (status === 0) return
  const why = stderr.trim().split('\n').at(-1) ?? ''
  throw new LifeboatError('archive/cannot-set-up', `${problem}: ${why}`, {
    hints: session.user === 'root' ? [] : ['run the task as root (become: true)'],
  })
}
