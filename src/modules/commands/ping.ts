import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import { defineReader } from '../contract.ts'
import { text } from '../shared/params.ts'
import { succeed } from '../shared/script.ts'

export default defineReader({
  kind: 'read',
  summary: 'Proves that the host can be reached and that the task runs there as its user.',
  description: 'Not ICMP: a script runs on the host, through the login and the become user, and its answer comes back.',
  examples: [{ title: 'Is everybody there?', yaml: '- ping:' }],
  params: z.strictObject({
    data: text.default('pong').describe('What the host answers; `crash` fails on purpose.'),
  }),
  returns: { ping: 'What the host answered: `data`.' },
  async read(ctx, { data }) {
    if (data === 'crash') throw new LifeboatError('module/crashed', 'crashed on purpose, since data is "crash"')
    const { stdout } = succeed(await ctx.run(sh`printf %s ${data}`.text), 'answer')
    return { ping: stdout }
  },
})
