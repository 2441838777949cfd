import { z } from 'zod'
import type { Cluster } from '../../cluster/locate.ts'
import {
  applySettings,
  type InspectedSettings,
  inspectSettings,
  planSettings,
  waitingForRestart,
} from '../../cluster/settings.ts'
import { sql } from '../../cluster/sql.ts'
import { sameSettingValue } from '../../postgres/settings.ts'
import { defineModule } from '../contract.ts'
import { anything, bool, mapping, parameterTypes, text } from '../shared/params.ts'
import { clusterParam } from './shared/cluster-param.ts'
import { openCluster, ownerSession } from './shared/open-cluster.ts'
import { wishedValues, wishRules } from './shared/wished-settings.ts'

const destination = z
  .string()
  .regex(
    /^(auto|\/.+|[A-Za-z0-9_-][A-Za-z0-9_.-]*\.conf)$/,
    'must be auto, the name of a file ending in .conf, or an absolute path',
  )
  .register(parameterTypes, { type: 'str' })

const params = z.strictObject({
  cluster: clusterParam,
  settings: mapping
    .optional()
    .describe('Settings by name, with values as in postgresql.conf (`1GB`, `60s`, `on`); null takes one out again.'),
  name: text.optional().describe('One setting, instead of `settings`.'),
  value: anything.optional().describe('Its value.'),
  reset: bool.default(false).describe('Takes the setting of `name`, or all those in `settings`, out again.'),
  destination: destination
    .default('auto')
    .describe(
      'Where to write: `auto` for ALTER SYSTEM, or a file in the folder that the configuration includes (on Debian `conf.d`).',
    ),
})

interface State extends InspectedSettings {
  readonly cluster: Cluster
}

export default defineModule({
  kind: 'state',
  summary: 'Sets settings of PostgreSQL, and tells whether a restart is needed.',
  description: [
    'Values are compared as PostgreSQL understands them: `1GB` is `1048576kB`, `60s` is `1min`, `yes` is `on`. Nothing is written where a setting has the value already, wherever it comes from.',
    'One place is written, by default with ALTER SYSTEM. A setting that another place would beat is an error that names the file and line. Afterwards the server reads its configuration again; it is never restarted: `restart_required` says that it should be.',
  ].join('\n\n'),
  examples: [
    {
      title: 'Memory, with a restart only if one is needed',
      yaml: '- postgresql_set:\n    settings:\n      shared_buffers: 4GB\n      work_mem: 64MB\n  notify: restart postgresql',
    },
    { title: 'Back to the default', yaml: '- postgresql_set:\n    name: work_mem\n    reset: true' },
    {
      title: 'In a file of its own',
      yaml: '- postgresql_set:\n    destination: 50-archive.conf\n    settings: { archive_timeout: 60s }',
    },
  ],
  params,
  rules: wishRules,
  returns: {
    restart_required: 'Whether one of these settings comes into force only with a restart of the server.',
    pending_restart: 'All settings of the cluster that wait for a restart.',
    settings: 'By name: `value` in force, `source`, `sourcefile`, `sourceline`, `context`.',
    destination: 'The file that is written, or `auto`.',
  },
  async inspect(ctx, given): Promise<State> {
    const { cluster, session, db } = await openCluster(ctx, given.cluster)
    const wish = { values: wishedValues(given), destination: given.destination }
    return { ...(await inspectSettings(session, db, wish)), cluster }
  },
  diff: (state) => planSettings(state.reading, state.wish),
  async apply(ctx, _given, changes, state) {
    const session = await ownerSession(ctx, state.cluster)
    const db = sql(session, state.cluster, { signal: ctx.signal })
    await applySettings(session, db, state.wish, changes)
    return undefined
  },
  result(state, _given, changes) {
    const { reading, wish } = state
    const waits = new Set(waitingForRestart(reading, wish))
    // In check mode nothing is pending yet; what will be is known from the setting's context.
    for (const change of changes) {
      const setting = reading.settings.get(change.subject.toLowerCase())
      if (setting?.context === 'postmaster' && !sameSettingValue(setting.value, String(change.after), setting)) {
        waits.add(setting.name)
      }
    }
    const asked = Object.keys(wish.values).map((name) => reading.settings.get(name.toLowerCase()))
    return {
      restart_required: waits.size > 0,
      pending_restart: [...new Set([...reading.pendingRestart, ...waits])].sort(),
      destination: wish.destination,
      settings: Object.fromEntries(
        asked.flatMap((setting) =>
          setting === undefined
            ? []
            : [
                [
                  setting.name,
                  {
                    value: setting.value,
                    unit: setting.unit,
                    context: setting.context,
                    source: setting.source,
                    sourcefile: setting.sourceFile,
                    sourceline: setting.sourceLine,
                  },
                ],
              ],
        ),
      ),
    }
  },
})
