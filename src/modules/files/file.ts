import { LifeboatError } from '../../base/errors.ts'
import { defineModule } from '../contract.ts'
import { applyPath } from '../shared/file/apply-path.ts'
import { diffPath } from '../shared/file/diff-path.ts'
import { inspectPath } from '../shared/file/inspect-path.ts'
import { type FileTaskState, fileParams, fileRules } from '../shared/file/task.ts'
import { attributeFields } from '../shared/file-attributes.ts'

export default defineModule<typeof fileParams, FileTaskState>({
  kind: 'state',
  summary: 'Makes folders, links and empty files, removes things, and sets mode, owner and times.',
  description:
    'Contents are written by `copy` and `template`. Removing refuses folders of the system such as `/var` and mount points.',
  examples: [
    {
      title: 'A folder',
      yaml: '- file:\n    path: /var/backups/lifeboat\n    state: directory\n    owner: postgres\n    group: postgres\n    mode: "0750"',
    },
    {
      title: 'A link',
      yaml: '- file:\n    src: /mnt/fast/pg_wal\n    path: /var/lib/postgresql/15/main/pg_wal\n    state: link',
    },
    { title: 'Away with it', yaml: '- file:\n    path: /etc/cron.d/old-backup\n    state: absent' },
  ],
  params: fileParams,
  rules: fileRules,
  background: true,
  aliases: { dest: 'path', name: 'path' },
  returns: {
    path: 'The path on the host.',
    dest: 'The same.',
    state: 'What is there: `file`, `directory`, `link`, `absent`.',
    mode: 'Mode, as octal text.',
    owner: 'Owner.',
    group: 'Group.',
    uid: 'Number of the owner.',
    gid: 'Number of the group.',
    size: 'Bytes.',
  },
  async inspect(ctx, given) {
    const state = await inspectPath(ctx, given)
    const { file, source } = state
    const later = (code: 'file/not-found', message: string, hint: string): void => {
      if (!ctx.checkMode) throw new LifeboatError(code, message, { hints: [hint] })
      ctx.warn(`${message}; only an earlier task that creates it makes this one work`)
    }
    const isPlain = given.state === 'file' || (given.state === undefined && !given.recurse)
    if (isPlain && file.stat === undefined) {
      later(
        'file/not-found',
        `${file.path} does not exist on the host`,
        '`state: touch` or the copy module makes files',
      )
    }
    if (source !== undefined && source.stat === undefined && (given.state === 'hard' || !given.force)) {
      later(
        'file/not-found',
        `${source.path}, which is to be linked, does not exist on the host`,
        '`force: true` links all the same',
      )
    }
    return state
  },
  diff: diffPath,
  async apply(ctx, given, changes, state) {
    await applyPath(ctx, given, changes, state)
    return undefined
  },
  result: (state, given) => ({
    ...attributeFields(state.file.stat),
    path: state.file.path,
    dest: state.file.path,
    state: state.file.stat?.type ?? 'absent',
    ...(given.src === undefined ? {} : { src: given.src }),
  }),
})
