import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { HostState } from './host-state.ts'
import { RESTORE_RECORD } from './restore-record.ts'
import type { RestoreWorld } from './restore-world.ts'
import { SET_ASIDE_FILE, type SetAside } from './set-aside.ts'
import { runStep } from './write-file.ts'

/**
 * Refuses to remove what was set aside as long as it could be needed: while a restore or its undoing is under way, where
 * no whole cluster stands in the data directory, and where a server works in it.
 *
 * @throws restore/not-releasable
 */
export const checkReleasable = (host: HostState, aside: readonly SetAside[]): void => {
  if (aside.length === 0) return
  const why = reason(host, aside)
  if (why === undefined) return
  throw new LifeboatError('restore/not-releasable', why, {
    hints: aside.map(({ path }) => `kept: ${path}`),
  })
}

const reason = (host: HostState, aside: readonly SetAside[]): string | undefined => {
  const { dataDirectory, journal, undo, control, record, undone } = host
  if (undo) return `the undoing of a restore of ${dataDirectory} was interrupted`
  if (journal) return `a restore of ${dataDirectory} is under way or was interrupted`
  if (!control) return `no cluster is in ${dataDirectory}`
  if (record && !undone && record.state !== 'done' && record.state !== 'standby')
    return `the restore of ${dataDirectory} is not ended: ${record.state}`
  const used = aside.find(({ servers }) => servers.length > 0)
  return used && `a server works in ${used.path}, pid ${used.servers[0]}`
}

/**
 * Removes clusters that were set aside, with their tablespaces and WAL. The file that says what they are goes last, so
 * that the next run finds what an interrupted one left. This is the only place at which a cluster is removed.
 *
 * @throws restore/step-failed
 */
export const removeSetAside = async (world: RestoreWorld, aside: readonly SetAside[]): Promise<void> => {
  for (const { path, journal } of aside) {
    const folders = journal.set_aside.map(({ to }) => to).filter((to) => to !== path && isSetAside(to))
    await runStep(
      world.owner,
      `removing ${path}`,
      `set -e
${folders.map((folder) => sh`rm -rf -- ${folder}`.text).join('\n')}
${sh`cd ${path}`.text}
${REMOVE_PASSFILE}
for entry in * .[!.]*; do
  [ "$entry" = ${SET_ASIDE_FILE} ] || rm -rf -- "$entry"
done
${sh`rm -f ${SET_ASIDE_FILE}; cd / && rmdir -- ${path}`.text}
`,
      world.signal,
    )
  }
}

// A standby's password for its primary is not in its data directory, so that it comes into no backup.
const REMOVE_PASSFILE = `passfile=$(sed -n 's/^ *"passfile": "\\([^"\\]*\\)".*/\\1/p' ${RESTORE_RECORD} 2>/dev/null) || :
case $passfile in */.lifeboat/standby-*.pgpass) rm -f -- "$passfile" ;; esac`

const isSetAside = (path: string): boolean => /\.before-[^/]+$/.test(path)
