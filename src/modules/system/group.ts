import { z } from 'zod'
import { sh } from '../../base/quote.ts'
import { defineModule } from '../contract.ts'
import { accountName } from '../shared/account-name.ts'
import { bool, integer } from '../shared/params.ts'
import { succeed } from '../shared/script.ts'

const params = z.strictObject({
  name: accountName.describe('The group.'),
  state: z.enum(['present', 'absent']).default('present').describe('Whether it is to exist.'),
  gid: integer.optional().describe('Its number.'),
  system: bool.default(false).describe('A new group gets a number of those for the system.'),
})

interface State {
  /** Undefined where there is no such group. */
  readonly gid: number | undefined
}

export default defineModule<typeof params, State>({
  kind: 'state',
  summary: 'Creates and removes groups.',
  examples: [
    { title: 'One number on all hosts', yaml: '- group:\n    name: postgres\n    gid: 115\n    system: true' },
  ],
  params,
  returns: { name: 'The group.', gid: 'Its number.', state: '`present` or `absent`.' },
  async inspect(ctx, { name }) {
    const script = sh`{ getent group ${name} || grep ${`^${name}:`} /etc/group; } 2>/dev/null | head -n 1`
    const line = succeed(await ctx.run(script.text), `look for the group ${name}`).stdout
    return { gid: line === '' ? undefined : Number(line.split(':')[2]) }
  },
  diff(state, given) {
    if (given.state === 'absent')
      return state.gid === undefined ? [] : [{ subject: 'state', before: 'present', after: 'absent' }]
    const gid =
      given.gid !== undefined && given.gid !== state.gid
        ? [{ subject: 'gid', before: state.gid ?? null, after: given.gid }]
        : []
    return state.gid === undefined ? [{ subject: 'state', before: 'absent', after: 'present' }, ...gid] : gid
  },
  async apply(ctx, given, _changes, state) {
    const { name, gid, system } = given
    const number = gid === undefined ? [] : ['-g', String(gid)]
    const script =
      given.state === 'absent'
        ? sh`if command -v groupdel >/dev/null 2>&1; then groupdel ${name}; else delgroup ${name}; fi`
        : state.gid === undefined
          ? sh`if command -v groupadd >/dev/null 2>&1; then groupadd ${system ? ['-r'] : []} ${number} ${name}
else addgroup ${system ? ['-S'] : []} ${number} ${name}; fi`
          : sh`groupmod ${number} ${name}`
    succeed(await ctx.run(script.text), `change the group ${name}`)
    return undefined
  },
  result: (state, given) => ({ name: given.name, gid: state.gid ?? null, state: given.state }),
})
