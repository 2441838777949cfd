import { z } from 'zod'
import { defineControl } from '../contract.ts'
import { text } from '../shared/params.ts'

export default defineControl({
  kind: 'control',
  summary: 'Fails the host with a message.',
  examples: [
    {
      title: 'Stop where it would be wrong to go on',
      yaml: '- fail:\n    msg: "{{ inventory_hostname }} is a standby; run this on the primary"\n  when: is_standby',
    },
  ],
  params: z.strictObject({ msg: text.default('failed as requested by the task').describe('Why it fails.') }),
  decide: (_ctx, { msg }) => ({ failed: true, msg }),
})
