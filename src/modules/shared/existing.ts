import { raw, sh } from '../../base/quote.ts'
import type { ModuleContext } from '../contract.ts'
import { hostGlob } from './host-path.ts'
import { succeed } from './script.ts'

/** Whether paths or patterns on the host match anything, in one script. One that is left out is false. */
export const existing = async (ctx: ModuleContext, paths: readonly (string | undefined)[]): Promise<boolean[]> => {
  if (paths.every((path) => path === undefined)) return paths.map(() => false)
  const lines = paths.map((path) =>
    path === undefined
      ? 'echo no'
      : sh`found=no\nfor path in ${hostGlob(path)}; do if [ -e "$path" ] || [ -L "$path" ]; then found=yes; fi; done\necho $found`
          .text,
  )
  const result = succeed(await ctx.run(sh`${raw(lines.join('\n'))}`.text), 'look at paths')
  return result.stdout
    .trim()
    .split('\n')
    .map((line) => line === 'yes')
}
