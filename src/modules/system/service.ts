import { z } from 'zod'
import { defineModule } from '../contract.ts'
import { fault } from '../rules.ts'
import { bool, text } from '../shared/params.ts'
import {
  applyClusters,
  type ClustersState,
  clustersChanges,
  inspectClusters,
  namesPostgres,
} from '../shared/service/clusters.ts'
import {
  applyInitScript,
  type InitScriptState,
  initScriptChanges,
  inspectInitScript,
} from '../shared/service/init-script.ts'
import {
  applyUnit,
  inspectUnit,
  lookAtUnit,
  type UnitRequest,
  type UnitState,
  unitChanges,
  unitFields,
} from '../shared/service/unit.ts'

const params = z.strictObject({
  name: text.describe('The service.'),
  state: z
    .enum(['started', 'stopped', 'restarted', 'reloaded'])
    .optional()
    .describe('`started` and `stopped` only act where it is not so; `restarted` and `reloaded` always do.'),
  enabled: bool.optional().describe('Whether the service starts at boot.'),
  use: z
    .enum(['auto', 'systemd', 'service'])
    .default('auto')
    .describe('What manages the service; `auto` looks at the host.'),
})

type Params = z.output<typeof params>
type State = (UnitState & { readonly manager: 'systemd' }) | ClustersState | InitScriptState

const unitRequest = (given: Params): UnitRequest => ({
  ...given,
  scope: 'system',
  ...{ daemon_reload: false, daemon_reexec: false, no_block: false, force: false },
})

export default defineModule<typeof params, State>({
  kind: 'state',
  summary: 'Starts, stops, restarts and enables services, whatever manages them on the host.',
  description:
    'systemd where it runs. Elsewhere the services `postgresql` and `postgresql@15-main` are clusters, driven by ' +
    '`pg_ctlcluster` or `pg_ctl` as their owner; everything else goes to the init scripts.',
  examples: [
    {
      title: 'Running, now and after a reboot',
      yaml: '- service:\n    name: postgresql\n    state: started\n    enabled: true',
    },
    { title: 'A handler', yaml: '- service:\n    name: postgresql@15-main\n    state: restarted' },
  ],
  params,
  rules: (given) => [
    () =>
      given.state === undefined && given.enabled === undefined
        ? fault(undefined, 'one of "state" and "enabled" is needed')
        : undefined,
  ],
  returns: {
    name: 'The service.',
    state: '`started` or `stopped`.',
    enabled: 'Whether it starts at boot.',
    status: 'With systemd: all that `systemctl show` tells.',
  },
  async inspect(ctx, given, before) {
    if (given.use === 'systemd') return { ...(await inspectUnit(ctx, unitRequest(given))), manager: 'systemd' }
    const unit =
      given.use === 'auto' && (before === undefined || before.manager === 'systemd')
        ? await lookAtUnit(ctx, unitRequest(given))
        : undefined
    if (unit !== undefined) return { ...unit, manager: 'systemd' }
    // Whether it starts at boot is a matter of the init scripts.
    if (namesPostgres(given.name) && given.enabled === undefined) return inspectClusters(ctx, given.name)
    return inspectInitScript(ctx, given.name)
  },
  diff(state, given, before) {
    if (state.manager === 'systemd') {
      return unitChanges(state, unitRequest(given), before?.manager === 'systemd' ? before : undefined)
    }
    if (state.manager === 'postgresql') {
      return clustersChanges(state, given.state, before?.manager === 'postgresql' ? before : undefined)
    }
    return initScriptChanges(state, given, before?.manager === 'init' ? before : undefined)
  },
  async apply(ctx, given, changes, state) {
    if (state.manager === 'systemd') await applyUnit(ctx, unitRequest(given), changes, state)
    else if (state.manager === 'postgresql') await applyClusters(ctx, given.state, state)
    else await applyInitScript(ctx, given, changes, state)
    return undefined
  },
  result(state, given) {
    if (state.manager === 'systemd') return unitFields(state, unitRequest(given))
    const running = state.manager === 'init' ? state.running : state.clusters.every((cluster) => cluster.running)
    const enabled = given.enabled === undefined ? {} : { enabled: given.enabled }
    return { name: given.name, ...enabled, state: running ? 'started' : 'stopped' }
  },
})
