import { z } from 'zod'
import { parseDuration } from '../../base/duration.ts'
import { restartCluster } from '../../cluster/service.ts'
import { defineAction } from '../contract.ts'
import { duration } from '../shared/understood.ts'
import { clusterParam } from './shared/cluster-param.ts'
import { openRunning, rootSession } from './shared/repository-params.ts'

/** Restarts one cluster, whichever way it is run. */
export default defineAction({
  kind: 'action',
  summary: 'Restarts a PostgreSQL cluster.',
  description: `Restarts a running cluster and waits until it accepts connections: through systemd as root where it has a
unit, else through \`pg_ctlcluster\` or \`pg_ctl\`. Sessions are ended. Meant for a handler, or behind
\`when: … .restart_required\`.`,
  examples: [
    {
      title: 'Only where settings wait for it',
      yaml: `- postgresql_restart:
  when: archive.restart_required`,
    },
  ],
  params: z.strictObject({
    cluster: clusterParam,
    timeout: duration.default('1m').describe('How long to wait for the stop, and for the start.'),
  }),
  returns: { cluster: 'Name of the cluster that was restarted.' },

  async check(ctx, params) {
    const { cluster } = await openRunning(ctx, params.cluster)
    return { changed: true, fields: { cluster: cluster.name } }
  },

  async act(ctx, params) {
    const timeout = parseDuration(params.timeout)
    const { cluster, session } = await openRunning(ctx, params.cluster)
    await restartCluster(rootSession(ctx) ?? session, cluster, { timeout, signal: ctx.signal })
    return { changed: true, fields: { cluster: cluster.name } }
  },
})
