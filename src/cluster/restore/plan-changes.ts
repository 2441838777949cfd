import type { Change } from '../../base/change.ts'
import { describeBackup } from './backup-span.ts'
import { describeResolution } from './resolve-target.ts'
import type { RestorePlan } from './restore-plan.ts'

/** What a restore would change, for a person to read before saying yes. */
export const planChanges = (plan: RestorePlan): readonly Change[] => {
  const { host, resolution, identity, wish, setAside, repository } = plan
  const { backup, timeline, proof } = resolution
  const control = host.old.control ?? host.control
  const changes: Change[] = [
    {
      subject: host.dataDirectory,
      before: control
        ? `cluster of system ${control.systemIdentifier}, timeline ${control.timeline}`
        : host.exists && !host.empty
          ? 'files that are no cluster'
          : null,
      after: `system ${identity.system_identifier} from ${repository.layout.place}`,
    },
    { subject: 'backup', before: null, after: describeBackup(backup) },
    { subject: 'target', before: null, after: describeResolution(resolution) },
    { subject: 'timeline', before: null, after: String(timeline) },
    {
      subject: 'WAL to replay',
      before: null,
      after: `${proof.segments} segments, proven: ${proof.firstSegment ?? ''} to ${proof.lastSegment ?? ''}`,
    },
  ]
  if (setAside !== undefined) {
    const what = wish.set_aside === 'wal' ? 'WAL of the old cluster' : 'old cluster'
    changes.push({ subject: what, before: host.dataDirectory, after: setAside })
  }
  if (host.servers.length > 0) changes.push({ subject: 'server', before: `pid ${host.servers[0]}`, after: 'replaced' })
  for (const { name, from, to } of plan.tablespaces) {
    changes.push({ subject: `tablespace ${name}`, before: from, after: to })
  }
  return changes
}
