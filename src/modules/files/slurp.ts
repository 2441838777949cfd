import { z } from 'zod'
import { sh } from '../../base/quote.ts'
import { getFile } from '../../host/get-file.ts'
import { defineReader } from '../contract.ts'
import { hostPath } from '../shared/host-path.ts'
import { path } from '../shared/params.ts'
import { succeed } from '../shared/script.ts'

/** Bytes that a variable may hold: it is kept in several places, a third larger. */
const MOST = 64 * 1024 * 1024

export default defineReader({
  kind: 'read',
  summary: 'Reads a file of the host into a variable.',
  description:
    'The content is base64, so that any bytes come through: `{{ result.content | b64decode }}`. A file of more than 64 MB ' +
    'is refused; `fetch` brings files of any size.',
  examples: [
    {
      title: 'The label of a backup',
      yaml: '- slurp:\n    src: /var/lib/postgresql/15/main/backup_label.old\n  register: label',
    },
  ],
  params: z.strictObject({ src: path.describe('The file on the host.') }),
  aliases: { path: 'src' },
  returns: { content: 'The content, in base64.', encoding: '`base64`.', source: 'Path of the file.' },
  async read(ctx, { src }) {
    const source = src.startsWith('/')
      ? src
      : succeed(await ctx.run(sh`printf %s ${hostPath(src)}`.text), `find ${src}`).stdout
    const content = await getFile(ctx.session, source, { signal: ctx.signal, most: MOST })
    return { content: content.toString('base64'), encoding: 'base64', source }
  },
})
