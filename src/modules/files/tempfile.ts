import { z } from 'zod'
import { raw, sh } from '../../base/quote.ts'
import { defineAction } from '../contract.ts'
import { attributeFields } from '../shared/file-attributes.ts'
import { LOOK, readFileStates } from '../shared/file-state.ts'
import { hostPath } from '../shared/host-path.ts'
import { path, text } from '../shared/params.ts'
import { PUT, readPairs, succeed } from '../shared/script.ts'

const name = text.refine((part) => !part.includes('/'), 'must not have a slash in it')

export default defineAction({
  kind: 'action',
  summary: 'Makes a temporary file or folder that only the user of the task can read.',
  examples: [
    { title: 'A place to work in', yaml: '- tempfile:\n    state: directory\n    suffix: .restore\n  register: work' },
  ],
  params: z.strictObject({
    state: z.enum(['file', 'directory']).default('file').describe('What to make.'),
    path: path.optional().describe('Folder in which it is made. Default: the temporary folder of the host.'),
    prefix: name.default('ansible.').describe('How its name begins.'),
    suffix: name.default('').describe('How its name ends.'),
  }),
  returns: { path: 'Where it is.', mode: 'Mode, as octal text.', owner: 'Owner.', state: '`file` or `directory`.' },
  async act(ctx, given) {
    const folder = given.path === undefined ? raw('"${TMPDIR:-/tmp}"') : hostPath(given.path)
    const script = sh`${PUT}
${LOOK}
folder=${folder}
path=$(mktemp ${raw(given.state === 'directory' ? '-d' : '')} "$folder/"${given.prefix}XXXXXXXX${given.suffix === '' ? raw('') : given.suffix}) || exit
look "$path"`
    const [made] = readFileStates(readPairs(succeed(await ctx.run(script.text), 'make a temporary file')).pairs)
    return { changed: true, fields: { ...attributeFields(made?.stat), path: made?.path, state: given.state } }
  },
})
