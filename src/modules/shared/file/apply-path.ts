import type { Change } from '../../../base/change.ts'
import { type Raw, raw, sh } from '../../../base/quote.ts'
import type { ModuleContext } from '../../contract.ts'
import { applyAttributes } from '../file-attributes.ts'
import { hostPath } from '../host-path.ts'
import { succeed } from '../script.ts'
import { changesBelow } from './diff-path.ts'
import type { FileParams, FileTaskState } from './task.ts'

/** Makes the changes that `diffPath` found, in one script. */
export const applyPath = async (
  ctx: ModuleContext,
  given: FileParams,
  changes: readonly Change[],
  state: FileTaskState,
): Promise<void> => {
  const script = sh`path=${state.file.path}\n${scriptOf(given, changes, state)}`.text
  succeed(await ctx.run(script), `${given.state === 'absent' ? 'remove' : 'change'} ${state.file.path}`)
}

const scriptOf = (given: FileParams, changes: readonly Change[], state: FileTaskState): Raw => {
  const place = raw('"$path"')
  const has = (subject: string): boolean => changes.some((change) => change.subject === subject)
  const lines: Raw[] = []
  switch (given.state) {
    case 'absent':
      return raw('rm -rf "$path"')
    case 'link':
      if (has('state')) lines.push(link(hostPath(given.src ?? ''), '-s', state))
      lines.push(applyAttributes(given.follow ? sh`${state.source?.path ?? ''}` : place, changes, given.follow))
      break
    case 'hard':
      if (has('state')) lines.push(link(sh`${state.source?.path ?? ''}`, '', state))
      lines.push(applyAttributes(place, changes, true))
      break
    case 'touch':
      if (has('state')) lines.push(raw('touch "$path" || exit'))
      lines.push(...times(given, changes), applyAttributes(place, changes, true))
      break
    default:
      // Folders that are made on the way get the same attributes, as in Ansible. Another task may make them meanwhile.
      for (const folder of has('state') ? state.missing : []) {
        lines.push(
          sh`mkdir ${folder} 2>/dev/null || [ -d ${folder} ] || mkdir ${folder} || exit`,
          applyAttributes(sh`${folder}`, changes, true),
        )
      }
      if (!has('state')) lines.push(applyAttributes(place, changes, state.file.stat?.type !== 'link'))
      lines.push(...times(given, changes))
      for (const { entry, changes: own } of changesBelow(state, given)) {
        lines.push(applyAttributes(sh`${entry.path}`, own, false))
      }
  }
  return raw(lines.map((line) => line.text).join('\n'))
}

/** Puts a link in its place at once: made under another name and renamed. */
const link = (to: Raw, option: string, state: FileTaskState): Raw => {
  const clear = state.file.stat?.type === 'directory' ? raw('rmdir "$path" || exit') : raw('')
  return sh`new=$path.lifeboat-$$
ln ${raw(option)} ${to} "$new" || exit
${clear}
mv -fT "$new" "$path" || { rm -f "$new"; exit 1; }`
}

const times = (given: FileParams, changes: readonly Change[]): Raw[] =>
  (['access', 'modification'] as const).flatMap((which) => {
    const change = changes.find(({ subject }) => subject === `${which} time`)
    if (change === undefined) return []
    const option = raw(which === 'access' ? '-a' : '-m')
    const time = which === 'access' ? given.access_time : given.modification_time
    return [
      time === undefined || time === 'now'
        ? sh`touch ${option} "$path" || exit`
        : sh`touch ${option} -t ${time} "$path" || exit`,
    ]
  })
