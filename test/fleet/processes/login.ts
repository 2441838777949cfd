import { userInfo } from 'node:os'
import { $ } from 'zx/core'

/** The OS user who owns the clusters and logs in to the hosts. */
export interface Login {
  readonly user: string
  readonly uid: number
  readonly gid: number
  /** Put before a command, makes it that user's. */
  readonly become: readonly string[]
}

/** PostgreSQL refuses to run as root, so root hands all of it to the user that the Debian packages create. */
export async function chooseLogin(): Promise<Login> {
  const { uid, gid, username } = userInfo()
  if (uid !== 0) return { user: username, uid, gid, become: [] }
  const user = process.env.LIFEBOAT_FLEET_USER ?? 'postgres'
  const found = await $({ quiet: true, nothrow: true })`id -u ${user} && id -g ${user}`
  if (found.exitCode !== 0) {
    throw new Error(`root cannot run PostgreSQL and there is no user ${user}: name one in LIFEBOAT_FLEET_USER`)
  }
  const ids = found.stdout.trim().split('\n').map(Number)
  const [theirs = 0, group = 0] = ids
  const become = ['setpriv', `--reuid=${theirs}`, `--regid=${group}`, '--init-groups', '--']
  return { user, uid: theirs, gid: group, become }
}
