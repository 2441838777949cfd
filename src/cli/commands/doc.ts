import { describeModuleText, moduleSchema } from '../../modules/document.ts'
import { loadModule, moduleNames } from '../../modules/load.ts'

/** `lifeboat doc`: the list of modules, or the page of one. */
export const doc = async (name: string | undefined, flags: { readonly json?: boolean }): Promise<number> => {
  if (name === undefined) {
    const names = moduleNames()
    const summaries = await Promise.all(names.map(async (each) => [each, (await loadModule(each)).summary] as const))
    if (flags.json) {
      process.stdout.write(`${JSON.stringify(Object.fromEntries(summaries), undefined, 2)}\n`)
      return 0
    }
    const width = Math.max(...names.map((each) => each.length))
    process.stdout.write(summaries.map(([each, summary]) => `${each.padEnd(width)}  ${summary}\n`).join(''))
    return 0
  }
  const short = name.replace(/^(ansible\.(builtin|legacy)|lifeboat\.postgresql)\./, '')
  const module = await loadModule(short)
  const text = flags.json
    ? JSON.stringify(moduleSchema(short, module), undefined, 2)
    : describeModuleText(short, module)
  process.stdout.write(`${text.trimEnd()}\n`)
  return 0
}
