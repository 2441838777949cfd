import { z } from 'zod'
import { parseDuration } from '../../base/duration.ts'
import { proveArchiving } from '../../cluster/archive/prove.ts'
import { defineAction } from '../contract.ts'
import { duration } from '../shared/understood.ts'
import { layoutFor, openRunning, repositoryParams } from './shared/repository-params.ts'

/** Proves that WAL archiving works, from a switched segment to its fetched copy. */
export default defineAction({
  kind: 'action',
  summary: 'Proves that WAL archiving works from end to end.',
  description: `Switches to a new WAL segment, waits until the finished one is in the repository, and fetches it as a restore
would: it must be whole, of this cluster, and equal to the one in \`pg_wal\`. Reports ok, for nothing is changed that
anybody configured; in check mode it is skipped, as it would write WAL.`,
  examples: [
    {
      title: 'After archiving was set up',
      yaml: `- name: Prove that WAL arrives
  postgresql_archive_check:
    timeout: 2m`,
    },
  ],
  params: z.strictObject({
    ...repositoryParams,
    timeout: duration.default('2m').describe('How long to wait for the segment.'),
  }),
  returns: {
    segment: 'The segment that was switched.',
    path: 'Where it is in the repository.',
    stored_size: 'Its bytes there.',
    seconds: 'Time from the switch until it was fetched and compared.',
    compared: 'Whether it was compared with `pg_wal`; false where the server had recycled it already.',
  },

  check: async () => ({ changed: false, skipped: true, msg: 'it would switch WAL, which check mode does not' }),

  async act(ctx, params) {
    const layout = layoutFor(ctx, params)
    const timeout = parseDuration(params.timeout)
    const { cluster, session } = await openRunning(ctx, params.cluster)
    const proof = await proveArchiving(session, cluster, {
      layout,
      timeout,
      signal: ctx.signal,
      onWait: (seconds) =>
        ctx.progress({ phase: 'waiting for the segment', done: seconds, total: timeout, unit: 'seconds' }),
    })
    const { storedSize, seconds, ...rest } = proof
    const fields = { ...rest, stored_size: storedSize, seconds: Math.round(seconds * 1000) / 1000 }
    return { changed: false, msg: `${proof.segment} arrived whole`, fields }
  },
})
