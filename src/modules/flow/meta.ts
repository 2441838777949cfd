import { z } from 'zod'
import { defineControl } from '../contract.ts'

export default defineControl({
  kind: 'control',
  summary: 'Steers the run itself: runs the notified handlers now, ends the play or the host, forgets facts.',
  examples: [
    { title: 'Restart now what has to be restarted', yaml: '- meta: flush_handlers' },
    { title: 'Leave a host out of the rest of the play', yaml: '- meta: end_host\n  when: is_standby' },
  ],
  params: z.strictObject({
    free_form: z
      .enum([
        'flush_handlers',
        'noop',
        'end_play',
        'end_host',
        'end_batch',
        'end_role',
        'clear_facts',
        'clear_host_errors',
        'refresh_inventory',
        'reset_connection',
      ])
      .describe('What to do.'),
  }),
  freeForm: 'free_form',
  returns: { free_form: 'What was done.' },
  decide: (_ctx, { free_form }) => ({ fields: { free_form } }),
})
