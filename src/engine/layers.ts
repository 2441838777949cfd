import type { PlainValue, Variables } from '../base/value.ts'
import type { Role } from '../playbook/types.ts'
import type { HostState } from './host-state.ts'
import type { PlayRun } from './run.ts'

/** Variables of a task on a host that stand in no file: loop item, `vars:` of task and blocks, the role it is in. */
export interface TaskLayers {
  readonly role?: Role | undefined
  /** `vars:` of the task and the blocks around it, merged. */
  readonly vars?: Variables | undefined
  readonly includeVars?: Variables | undefined
  /** Loop item, index, results so far: above everything but extra variables. */
  readonly local?: Variables | undefined
}

const factVariables = (state: HostState): Variables => {
  const facts: Record<string, PlainValue> = {}
  for (const [name, value] of Object.entries(state.facts)) facts[name.replace(/^ansible_/, '')] = value
  return { ...state.facts, ansible_facts: facts }
}

/**
 * The variables of a host in a play, highest precedence first, by the list of Ansible's manual ("Understanding
 * variable precedence"): extra variables; include and role parameters; facts that were set and results that were
 * registered; include_vars; task and block; role vars; vars_files; play vars; facts of the host; host variables and
 * group variables; role defaults.
 */
export const variableLayers = (playRun: PlayRun, host: string, task: TaskLayers): readonly Variables[] => {
  const { run, play } = playRun
  const state = run.hosts.of(host)
  return [
    run.options.extraVariables,
    task.local ?? {},
    task.includeVars ?? {},
    task.role?.params ?? {},
    state.variables,
    state.includedVariables,
    task.vars ?? {},
    task.role?.vars ?? {},
    playRun.roleVariables,
    playRun.fileVariables.get(host) ?? {},
    { ...play.keywords.vars, ...play.vars },
    factVariables(state),
    run.hostVariables.of(host),
    task.role?.defaults ?? {},
    playRun.roleDefaults,
  ]
}
