import { createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import { getFileInto } from '../../host/get-file.ts'
import { defineModule } from '../contract.ts'
import { sha1OfFile } from '../shared/content.ts'
import { assignPath, LOOK, readFileStates } from '../shared/file-state.ts'
import { hostPath } from '../shared/host-path.ts'
import { bool, path, text } from '../shared/params.ts'
import { PUT, readPairs, succeed } from '../shared/script.ts'

const params = z.strictObject({
  src: path.describe('The file on the host.'),
  dest: text.describe(
    'Folder on the controller: the file becomes `dest/HOST/path/of/src`. With `flat` the file itself.',
  ),
  flat: bool.default(false).describe('dest is the file; or, with a slash behind it, the folder of it.'),
  fail_on_missing: bool.default(true).describe('Fails where src does not exist.'),
})

interface State {
  /** Path on the host. */
  readonly source: string
  readonly dest: string
  /** SHA-1 of both; undefined where there is no such file. */
  readonly theirs: string | undefined
  readonly ours: string | undefined
}

const flush = async (path: string): Promise<void> => {
  const file = await open(path, 'r+')
  await file.sync().finally(() => file.close())
}

export default defineModule<typeof params, State>({
  kind: 'state',
  summary: 'Brings a file from the host to the controller.',
  examples: [
    { title: 'The log of a drill', yaml: '- fetch:\n    src: /var/log/postgresql/drill.log\n    dest: reports/' },
  ],
  params,
  returns: { dest: 'Path on the controller.', checksum: 'SHA-1 of the file.', file: 'Path on the host.' },
  async inspect(ctx, given) {
    const script = sh`${PUT}
${LOOK}
${assignPath('path', hostPath(given.src))}
if [ -L "$path" ]; then path=$(readlink -f "$path"); fi
look_sum "$path"
exit 0`
    const { pairs } = readPairs(succeed(await ctx.run(script.text), `look at ${given.src}`))
    const [file = { path: given.src, stat: undefined }] = readFileStates(pairs)
    if (file.stat !== undefined && file.checksum === undefined) {
      const why = file.stat.type === 'file' ? 'may not be read by the user of the task' : `is a ${file.stat.type}`
      throw new LifeboatError('module/wrong-kind', `${file.path} ${why}; only files are fetched`)
    }
    if (file.stat === undefined && given.fail_on_missing) {
      const message = `${file.path} does not exist on the host`
      if (!ctx.checkMode) throw new LifeboatError('file/not-found', message)
      ctx.warn(`${message}; only an earlier task that creates it makes this one work`)
    }
    const flat = given.dest.endsWith('/') ? join(given.dest, basename(file.path)) : given.dest
    const dest = resolve(given.flat ? flat : join(given.dest, ctx.host, file.path))
    const ours = await sha1OfFile(dest).catch(() => undefined)
    return { source: file.path, dest, theirs: file.checksum, ours }
  },
  diff({ theirs, ours, dest }) {
    if (theirs === undefined || theirs === ours) return []
    return [{ subject: dest, before: ours ?? null, after: theirs }]
  },
  async apply(ctx, _given, _changes, { source, dest }) {
    await mkdir(dirname(dest), { recursive: true })
    const part = `${dest}.lifeboat-${ctx.runId}`
    try {
      await getFileInto(ctx.session, source, createWriteStream(part), { signal: ctx.signal })
      await flush(part)
      await rename(part, dest)
    } catch (error) {
      await rm(part, { force: true })
      throw error
    }
    return undefined
  },
  result: ({ source, dest, theirs }) => ({ dest, file: source, checksum: theirs ?? null, md5sum: null }),
})
