import { z } from 'zod'
import { defineModule } from '../contract.ts'
import { fault } from '../rules.ts'
import { bool, text } from '../shared/params.ts'
import { applyUnit, inspectUnit, type UnitState, unitChanges, unitFields } from '../shared/service/unit.ts'

const params = z.strictObject({
  name: text.optional().describe('The unit; `.service` may be left out.'),
  state: z
    .enum(['started', 'stopped', 'restarted', 'reloaded'])
    .optional()
    .describe('`started` and `stopped` only act where it is not so; `restarted` and `reloaded` always do.'),
  enabled: bool.optional().describe('Whether the unit starts at boot.'),
  masked: bool.optional().describe('Whether nothing at all may start the unit.'),
  daemon_reload: bool
    .default(false)
    .describe('Lets systemd read the unit files again where one on disk is newer than what it knows.'),
  daemon_reexec: bool.default(false).describe('Executes systemd itself anew.'),
  scope: z
    .enum(['system', 'user', 'global'])
    .default('system')
    .describe('Units of the system, of the user, or of all users.'),
  no_block: bool.default(false).describe('Does not wait until the unit has reached the state; then nothing proves it.'),
  force: bool.default(false).describe('Replaces links of other units that stand in the way of `enabled`.'),
})

export default defineModule<typeof params, UnitState>({
  kind: 'state',
  summary: 'Starts, stops, restarts, enables and masks systemd units.',
  description:
    'A restart is proven by the new invocation of the unit. Where a start fails, its last journal lines are shown.',
  examples: [
    {
      title: 'Running, now and after a reboot',
      yaml: '- systemd:\n    name: postgresql@15-main\n    state: started\n    enabled: true',
    },
    {
      title: 'A new unit file',
      yaml: '- systemd:\n    name: lifeboat-drill.timer\n    daemon_reload: true\n    enabled: true\n    state: started',
    },
  ],
  params,
  rules: (given) => [
    () => {
      const needsName = (['state', 'enabled', 'masked'] as const).filter((key) => given[key] !== undefined)
      return needsName.length > 0 && given.name === undefined
        ? fault(needsName[0], `"${needsName[0]}" needs "name"`)
        : undefined
    },
  ],
  background: true,
  aliases: { service: 'name', unit: 'name' },
  returns: {
    name: 'The unit.',
    state: '`started` or `stopped`.',
    enabled: 'Whether it starts at boot.',
    status: 'All that `systemctl show` tells of it.',
  },
  inspect: (ctx, given) => inspectUnit(ctx, { ...given, name: given.name }),
  diff: (state, given, before) => unitChanges(state, { ...given, name: given.name }, before),
  async apply(ctx, given, changes, state) {
    await applyUnit(ctx, { ...given, name: given.name }, changes, state)
    return undefined
  },
  result: (state, given) => unitFields(state, { ...given, name: given.name }),
})
