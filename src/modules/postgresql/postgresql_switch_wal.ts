import { z } from 'zod'
import { parseDuration } from '../../base/duration.ts'
import { switchWal, waitUntilArchived, wouldSwitch } from '../../cluster/switch-wal.ts'
import { defineAction } from '../contract.ts'
import { bool } from '../shared/params.ts'
import { duration } from '../shared/understood.ts'
import { clusterParam } from './shared/cluster-param.ts'
import { openCluster } from './shared/open-cluster.ts'

export default defineAction({
  kind: 'action',
  summary: 'Completes the current WAL segment, so that it can be archived.',
  description: [
    'Where nothing was written since the last switch, PostgreSQL does not switch and the task has changed nothing.',
    'With `wait_archived` the task ends only when the archiver has taken the segment.',
  ].join(' '),
  examples: [
    {
      title: 'Make sure that everything written so far is archived',
      yaml: '- postgresql_switch_wal:\n    wait_archived: true\n    timeout: 2m\n  register: wal\n- debug:\n    msg: "archived up to {{ wal.lsn }} in {{ wal.segment }}"',
    },
  ],
  params: z.strictObject({
    cluster: clusterParam,
    wait_archived: bool.default(false).describe('Waits until the completed segment is archived.'),
    timeout: duration.default('60').describe('How long to wait for that.'),
  }),
  returns: {
    lsn: 'Where the WAL ended, `0/3000158`.',
    segment: 'Name of the last complete segment.',
    timeline: 'Its timeline.',
    archived: 'Whether the segment was seen to be archived; only with `wait_archived`.',
  },
  async check(ctx, given) {
    const { db } = await openCluster(ctx, given.cluster)
    return { changed: await wouldSwitch(db) }
  },
  async act(ctx, given) {
    const { db } = await openCluster(ctx, given.cluster)
    const { switched, ...fields } = await switchWal(db)
    if (!given.wait_archived) return { changed: switched, fields }
    await waitUntilArchived(db, fields.segment, parseDuration(given.timeout))
    return { changed: switched, fields: { ...fields, archived: true } }
  },
})
