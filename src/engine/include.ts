import type { TaskInfo } from '../base/events.ts'
import type { PlainValue, Value, Variables } from '../base/value.ts'
import type { Include, Role, TaskItem } from '../playbook/types.ts'
import type { Templar } from '../text/template/templar.ts'
import { asBoolean } from './become.ts'
import { inherit } from './keywords.ts'
import { loadInclude } from './load-include.ts'
import { loopItems, turnsOf } from './loop.ts'
import type { PlayRun } from './run.ts'
import { firstFalse } from './task-conditions.ts'
import { emptyResult, failedResult } from './task-result.ts'
import { templarFor } from './templar.ts'
import type { IncludedList, Outcome, Step } from './walk.ts'

type IncludeStep = Step & { readonly item: Include }

/** What one include has brought so far: hosts that ask for the same get the same items, in the same place. */
type Loaded = Map<string, Promise<Omit<IncludedList, 'vars'>>>

const load = async (
  playRun: PlayRun,
  step: IncludeStep,
  target: string,
  from: Readonly<Record<string, Value>>,
  again: boolean,
): Promise<Pick<IncludedList, 'items' | 'role'>> => {
  const { play, run } = playRun
  const include = { ...step.item, from }
  const loaded = await loadInclude(include, step.role, target, play.directory, again, run.loadOptions)
  for (const role of [...(step.item.what === 'role' && loaded.role ? [loaded.role] : []), ...rolesIn(loaded.items)]) {
    if (playRun.roles.isNew(role)) playRun.notifications.add(role.handlers)
  }
  return loaded
}

/** Roles that stand in items for good (`import_role`, dependencies): their handlers come with them. */
const rolesIn = (items: readonly TaskItem[]): Role[] =>
  items.flatMap((item) => {
    if (item.kind !== 'block') return []
    const inside = [item.block, item.rescue, item.always].flatMap(rolesIn)
    return item.role ? [item.role, ...inside] : inside
  })

const includeFor = async (
  playRun: PlayRun,
  step: IncludeStep,
  templar: Templar,
  local: Variables,
  loaded: Loaded,
): Promise<IncludedList> => {
  const target = String(templar.evaluate(step.item.target.value))
  const evaluated = Object.entries(step.item.from).map(([name, value]) => [name, templar.evaluate(value)] as const)
  const from: Record<string, PlainValue> = Object.fromEntries(evaluated)
  const { allowDuplicates } = step.item
  const again = allowDuplicates
    ? asBoolean(templar.evaluate(allowDuplicates.value), 'allow_duplicates', allowDuplicates)
    : true
  const key = JSON.stringify([target, from, again, local])
  const keywords = inherit(step.outer, step.item.apply)
  const index = loaded.size
  const known =
    loaded.get(key) ?? load(playRun, step, target, from, again).then((part) => ({ ...part, index, keywords }))
  loaded.set(key, known)
  return { ...(await known), vars: { ...step.item.keywords.vars, ...local } }
}

/** Carries out an include on every host that has come to it: condition, loop, and the files or roles it names. */
export const runInclude = async (
  playRun: PlayRun,
  steps: ReadonlyMap<string, Step>,
  info: TaskInfo,
): Promise<Map<string, Outcome>> => {
  const { events, hosts } = playRun.run
  const outcomes = new Map<string, Outcome>()
  const loaded: Loaded = new Map()
  events.emit({ type: 'task-began', play: playRun.info, task: info, hosts: [...steps.keys()] })
  for (const [host, step] of steps as ReadonlyMap<string, IncludeStep>) {
    const { item } = step
    const { stats } = hosts.of(host)
    const layers = {
      role: step.role,
      vars: step.keywords.vars,
      includeVars: step.includeVars,
      directory: item.directory,
    }
    const templarWith = (local: Variables): Templar => templarFor(playRun, host, { ...layers, local })
    try {
      const templar = templarWith({})
      const turns = item.loop
        ? turnsOf(loopItems(item.loop, templar), item.loop, templar)
        : [{ item: null, variables: {} }]
      const lists: IncludedList[] = []
      for (const turn of turns) {
        const own = templarWith(turn.variables)
        if (firstFalse(own, step.keywords.when) !== undefined) continue
        const list = await includeFor(playRun, step, own, turn.variables, loaded)
        const isDone = item.what === 'role' && list.role !== undefined && !playRun.roles.mayRun(host, list.role)
        lists.push(isDone ? { ...list, items: [] } : list)
      }
      // As Ansible counts: every file that is included, and nothing for a role but its tasks.
      if (lists.length === 0) stats.skipped++
      else if (item.what === 'tasks') stats.ok += lists.length
      const result = emptyResult({ status: lists.length === 0 ? 'skipped' : 'ok' })
      events.emit({ type: 'host-ended', task: info, host, result })
      outcomes.set(host, { kind: 'included', lists })
    } catch (error) {
      const result = failedResult(error)
      events.emit({ type: 'host-ended', task: info, host, result })
      outcomes.set(host, { kind: 'failed', result })
    }
  }
  return outcomes
}
