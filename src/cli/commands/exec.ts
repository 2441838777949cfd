import type { Source } from '../../base/position.ts'
import { hasTemplate, isMapping, Template, type Value } from '../../base/value.ts'
import { checkPlaybooks } from '../../engine/check.ts'
import { runPlaybooks } from '../../engine/run-playbooks.ts'
import { loadModule } from '../../modules/load.ts'
import { barePlay, bareTask } from '../../playbook/bare.ts'
import { readKeyValues } from '../../playbook/key-values.ts'
import type { Placed, Play, TaskArguments } from '../../playbook/types.ts'
import { parseYaml } from '../../text/yaml/parse.ts'
import { toValue } from '../../text/yaml/value.ts'
import type { RunFlags } from '../options.ts'
import { startRun } from '../start-run.ts'

export interface ExecFlags extends RunFlags {
  readonly moduleName: string
  readonly args: string
  readonly background?: number
  readonly poll?: number
  readonly listHosts?: boolean
}

const asValue = (text: string, source: Source): Value =>
  hasTemplate(text) ? new Template(text, { source, line: 1, column: 1 }) : text

/** Reads `-a`: a JSON mapping, free-form text where the module takes it, or `name=value` words. */
const readArguments = (text: string, takesFreeForm: boolean): TaskArguments => {
  const source = { path: '<-a>', text }
  const position = { source, line: 1, column: 1 }
  const values: Record<string, Placed<Value>> = {}
  const none = { freeForm: undefined, values, template: undefined }
  if (text.trim() === '') return none
  if (text.trim().startsWith('{') && !text.trim().startsWith('{{')) {
    const node = parseYaml(source)
    const mapping = node ? toValue(node) : {}
    if (isMapping(mapping)) {
      for (const [name, value] of Object.entries(mapping)) values[name] = { value: value as Value, position }
      return none
    }
  }
  const pairs = takesFreeForm
    ? undefined
    : readKeyValues({ kind: 'scalar', value: text, source: text, quoted: false, position })
  return pairs ? { ...none, values: pairs } : { ...none, freeForm: { value: asValue(text, source), position } }
}

const playOf = (pattern: string, module: string, args: TaskArguments, flags: ExecFlags): Play => {
  const text = `lifeboat exec ${pattern} -m ${module}`
  const position = { source: { path: '<exec>', text }, line: 1, column: text.length - module.length + 1 }
  const placed = (value: number | undefined): Placed<Value> | undefined =>
    value === undefined ? undefined : { value, position }
  const task = bareTask({
    name: module,
    module: { value: module, position },
    args,
    async: placed(flags.background),
    poll: placed(flags.poll),
    directory: process.cwd(),
  })
  return barePlay(module, pattern, [task], position)
}

/** `lifeboat exec`: one module on the hosts of a pattern. Output of commands is shown without `-v`. */
export const exec = async (pattern: string, flags: ExecFlags): Promise<number> => {
  const { run, close } = await startRun({ ...flags, verbose: Math.max(1, flags.verbose) }, [process.cwd()])
  try {
    if (flags.listHosts) {
      const hosts = run.inventory.select(pattern, run.options.limit === undefined ? {} : { limit: run.options.limit })
      process.stdout.write(`  hosts (${hosts.length}):\n${hosts.map((host) => `    ${host}\n`).join('')}`)
      return 0
    }
    const short = flags.moduleName.replace(/^(ansible\.(builtin|legacy)|lifeboat\.postgresql)\./, '')
    const module = await loadModule(short, run.moduleFolders)
    const play = playOf(pattern, short, readArguments(flags.args, module.freeForm !== undefined), flags)
    const playbook = { path: '<exec>', directory: process.cwd(), plays: [play], included: [], warnings: [] }
    const { extraVariables } = run.options
    await checkPlaybooks([playbook], { moduleFolders: run.moduleFolders, extraVariables })
    return (await runPlaybooks(run, [playbook])).exit
  } finally {
    await close()
  }
}
