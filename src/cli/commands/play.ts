import { dirname } from 'node:path'
import { formatWarning } from '../../base/errors.ts'
import { checkPlaybooks } from '../../engine/check.ts'
import type { Run } from '../../engine/run.ts'
import { hostsOfPlay, patternOf, playName, runPlaybooks } from '../../engine/run-playbooks.ts'
import { formatTagList, formatTaskList, type ListOptions, listPlays } from '../../playbook/list.ts'
import { loadPlaybook } from '../../playbook/load.ts'
import { selectsTags } from '../../playbook/tags.ts'
import type { Playbook } from '../../playbook/types.ts'
import type { RunFlags } from '../options.ts'
import { startRun } from '../start-run.ts'

export interface PlayFlags extends RunFlags {
  readonly listHosts?: boolean
  readonly listTasks?: boolean
  readonly listTags?: boolean
  readonly syntaxCheck?: boolean
}

const hostList = (run: Run, playbook: Playbook): string => {
  const lines = [`playbook: ${playbook.path}`]
  for (const [index, play] of playbook.plays.entries()) {
    const hosts = hostsOfPlay(run, play)
    lines.push(
      '',
      `  play #${index + 1} (${[patternOf(run, play)].flat().join(',')}): ${playName(run, play)}`,
      `    hosts (${hosts.length}):`,
    )
    lines.push(...hosts.map((host) => `      ${host}`))
  }
  return `${lines.join('\n')}\n`
}

const selectsNothing = (playbook: Playbook, selection: ListOptions): boolean =>
  listPlays(playbook, selection).every(({ tasks }) => tasks.length === 0)

/** `lifeboat play`: loads and checks everything first, then runs, or lists what was asked for. */
export const play = async (paths: readonly string[], flags: PlayFlags): Promise<number> => {
  const folders = [...new Set(paths.map((path) => dirname(path)))]
  const { run, close } = await startRun(flags, folders)
  const selection = { onlyTags: run.options.tags, skipTags: run.options.skipTags }
  try {
    const playbooks: Playbook[] = []
    for (const path of paths) playbooks.push(await loadPlaybook(path, run.loadOptions))
    const { extraVariables, tags, skipTags } = run.options
    await checkPlaybooks(playbooks, {
      moduleFolders: run.moduleFolders,
      extraVariables,
      selected: (taskTags) => selectsTags(taskTags, tags, skipTags),
    })
    for (const warning of playbooks.flatMap(({ warnings }) => warnings)) {
      run.events.emit({ type: 'warning', message: formatWarning(warning) })
    }
    if (run.options.tags.length > 0 && playbooks.every((playbook) => selectsNothing(playbook, selection))) {
      const message = `no task has the tags ${run.options.tags.join(', ')} (--list-tags shows those there are)`
      run.events.emit({ type: 'warning', message })
    }
    if (flags.syntaxCheck) {
      process.stdout.write(playbooks.map((playbook) => `playbook: ${playbook.path}\n`).join(''))
      return 0
    }
    if (flags.listHosts) process.stdout.write(playbooks.map((playbook) => hostList(run, playbook)).join('\n'))
    if (flags.listTasks)
      process.stdout.write(playbooks.map((playbook) => formatTaskList(playbook, selection)).join('\n'))
    if (flags.listTags) process.stdout.write(playbooks.map((playbook) => formatTagList(playbook, selection)).join('\n'))
    if (flags.listHosts || flags.listTasks || flags.listTags) return 0
    return (await runPlaybooks(run, playbooks)).exit
  } finally {
    await close()
  }
}
