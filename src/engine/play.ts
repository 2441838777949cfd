import { randomUUID } from 'node:crypto'
import type { PlayInfo } from '../base/events.ts'
import { resultRecord } from '../base/result-record.ts'
import type { PlainValue, Variables } from '../base/value.ts'
import { bareTask } from '../playbook/bare.ts'
import { selectsTags } from '../playbook/tags.ts'
import type { Play, Role, Task, TaskItem } from '../playbook/types.ts'
import { asBoolean } from './become.ts'
import { type Effective, inherit, noKeywords } from './keywords.ts'
import { runLinear, type WalkEnd } from './linear.ts'
import { Notifications } from './notifications.ts'
import { orderHosts } from './order.ts'
import { toPlainMapping } from './plain.ts'
import { RolesRun } from './roles-run.ts'
import type { PlayRun, Run } from './run.ts'
import { batchesOf } from './serial.ts'
import { templarFor } from './templar.ts'
import { readVarsFile } from './vars-files.ts'
import { type Frame, failureVariables, type Walk, type WalkEnvironment, walkHandlers, walkItems } from './walk.ts'

/** How a play ended: whether the run may go on to the next one. */
export interface PlayEnd {
  readonly goOn: boolean
}

const rolesOf = (items: readonly TaskItem[]): Role[] =>
  items.flatMap((item) => (item.kind === 'block' ? [...rolesOf(item.block), ...(item.role ? [item.role] : [])] : []))

const mergeRoles = (play: Play, part: 'defaults' | 'vars'): Variables =>
  Object.assign({}, ...rolesOf([...play.roles, ...play.tasks]).map((role) => role[part]))

/** The first task of a play that gathers facts, made as if it stood in the playbook. */
const setupTask = (play: Play): Task =>
  bareTask({
    name: 'Gathering Facts',
    keywords: { tags: ['always'] },
    module: { value: 'setup', position: play.position },
    args: {
      freeForm: undefined,
      values: play.gatherSubset ? { gather_subset: play.gatherSubset } : {},
      template: undefined,
    },
    directory: play.directory,
  })

const preparePlay = (
  run: Run,
  play: Play,
  info: PlayInfo,
  hosts: readonly string[],
  batch: readonly string[],
  ended: Set<string> = new Set(),
): PlayRun => {
  const keywords = inherit(noKeywords, { ...play.keywords, vars: {} })
  const nameOf = (task: Task): { names: string[]; topics: string[] } => {
    const templar = templarFor(playRun, batch[0] ?? 'localhost', { role: task.role, vars: task.keywords.vars })
    const text = (value: PlainValue): string[] => (Array.isArray(value) ? value.map(String) : [String(value)])
    const names = task.name === undefined || task.name === null ? [] : text(templar.evaluate(task.name))
    const topics = task.listen.flatMap((placed) => text(templar.evaluate(placed.value)))
    return { names: [...names, ...(task.role ? names.map((name) => `${task.role?.name} : ${name}`) : [])], topics }
  }
  const playRun: PlayRun = {
    run,
    play,
    info,
    keywords,
    hosts,
    batch,
    active: new Set(batch),
    ended,
    fileVariables: new Map(),
    roleDefaults: mergeRoles(play, 'defaults'),
    roleVariables: mergeRoles(play, 'vars'),
    notifications: new Notifications([], keywords, nameOf),
    roles: new RolesRun(),
    stopped: undefined,
  }
  return playRun
}

const readFiles = async (playRun: PlayRun): Promise<PlayRun> => {
  const { play, batch } = playRun
  if (play.varsFiles.length === 0) return playRun
  const files = new Map<string, Variables>()
  for (const host of batch) {
    let merged: Variables = {}
    for (const placed of play.varsFiles) {
      const known = { ...playRun, fileVariables: new Map([[host, merged]]) }
      const entry = templarFor(known, host, {}).evaluate(placed.value)
      merged = { ...merged, ...(await readVarsFile(entry, play.directory, placed.position, playRun.run.loadOptions)) }
    }
    files.set(host, merged)
  }
  return { ...playRun, fileVariables: files }
}

const environmentFor = (playRun: PlayRun, host: string): WalkEnvironment => {
  const { tags, skipTags } = playRun.run.options
  return {
    takeHandlers: () => playRun.notifications.take(host),
    roleMayRun: (role) => playRun.roles.mayRun(host, role),
    roleEnded: (role) => playRun.roles.ended(host, role),
    selected: (taskTags) => selectsTags(taskTags, tags, skipTags),
    rescued: (failed) => {
      const state = playRun.run.hosts.of(host)
      state.stats.rescued++
      const name = failed.task.name === undefined ? '' : String(failed.task.name)
      const record = toPlainMapping(resultRecord(failed.result))
      state.variables = { ...state.variables, ...(failureVariables(name, record) as Record<string, PlainValue>) }
    },
  }
}

/** The walk of one host through a whole play: facts, pre_tasks, roles, tasks, post_tasks, handlers after each part. */
function* walkPlay(playRun: PlayRun, host: string, setup: readonly Task[]): Walk {
  const { play, keywords } = playRun
  const environment = environmentFor(playRun, host)
  const frame = (section: number): Frame => ({
    order: [section],
    keywords,
    role: undefined,
    handler: false,
    rescuable: false,
    includeVars: {},
  })
  yield* walkItems(setup, frame(0), environment)
  yield* walkItems(play.preTasks, frame(1), environment)
  yield* walkHandlers(frame(2), environment)
  yield* walkItems(play.roles, frame(3), environment)
  yield* walkItems(play.tasks, frame(4), environment)
  yield* walkHandlers(frame(5), environment)
  yield* walkItems(play.postTasks, frame(6), environment)
  yield* walkHandlers(frame(7), environment)
}

function* walkLeftHandlers(playRun: PlayRun, host: string, keywords: Effective): Walk {
  const frame: Frame = { order: [8], keywords, role: undefined, handler: true, rescuable: false, includeVars: {} }
  yield* walkHandlers(frame, environmentFor(playRun, host))
}

const runBatch = async (playRun: PlayRun): Promise<ReadonlyMap<string, WalkEnd>> => {
  const { play, batch, run } = playRun
  const firstTemplar = templarFor(playRun, batch[0] ?? 'localhost', {})
  const flag = (placed: Play['gatherFacts'], name: string, fallback: boolean): boolean =>
    placed === undefined ? fallback : asBoolean(firstTemplar.evaluate(placed.value), name, placed)
  const gather = flag(play.gatherFacts, 'gather_facts', true)
  // One task object for all hosts, so that they gather their facts together.
  const setup = gather ? [setupTask(play)] : []
  const stop = (): boolean => playRun.stopped !== undefined || run.signal.aborted
  const walks = new Map(batch.map((host) => [host, walkPlay(playRun, host, setup)]))
  const strategy = play.strategy ? String(firstTemplar.evaluate(play.strategy.value)) : 'linear'
  const ends = new Map<string, WalkEnd>()
  if (strategy === 'free' || strategy === 'host_pinned') {
    const alone = [...walks].map(async ([host, walk]) => {
      for (const [name, end] of await runLinear(playRun, new Map([[host, walk]]), stop)) ends.set(name, end)
    })
    await Promise.all(alone)
  } else {
    for (const [host, end] of await runLinear(playRun, walks, stop)) ends.set(host, end)
  }
  const forced = flag(play.forceHandlers, 'force_handlers', false)
  const left = batch.filter((host) => ends.get(host) === 'failed' && playRun.notifications.pending(host))
  if (forced && left.length > 0 && !run.signal.aborted) {
    const walksOfHandlers = new Map(left.map((host) => [host, walkLeftHandlers(playRun, host, playRun.keywords)]))
    await runLinear(playRun, walksOfHandlers, () => run.signal.aborted)
  }
  return ends
}

/** Runs one play on the hosts that it names, batch after batch. */
export const runPlay = async (run: Run, play: Play, hosts: readonly string[], name: string): Promise<PlayEnd> => {
  const info: PlayInfo = { id: randomUUID(), name, path: `${play.position.source.path}:${play.position.line}` }
  const able = hosts.filter((host) => run.hosts.of(host).out === undefined)
  const probe = preparePlay(run, play, info, hosts, able)
  const templar = templarFor(probe, able[0] ?? 'localhost', {})
  const serial = play.serial ? templar.evaluate(play.serial.value) : undefined
  const order = play.order ? String(templar.evaluate(play.order.value)) : 'inventory'
  const ended = new Set<string>()
  const batches = batchesOf(orderHosts(able, order, play.order?.position), serial, play.serial?.position)
  for (const batch of batches) {
    run.events.emit({ type: 'play-began', play: info, hosts: batch })
    const playRun = await readFiles(preparePlay(run, play, info, hosts, batch, ended))
    playRun.notifications.add(play.handlers, playRun.keywords)
    await runBatch(playRun)
    if (run.signal.aborted) return { goOn: false }
    if (playRun.stopped) {
      if (playRun.stopped.failed) run.events.emit({ type: 'play-stopped', play: info, reason: playRun.stopped.reason })
      return { goOn: !playRun.stopped.failed }
    }
    const out = batch.filter((host) => run.hosts.of(host).out !== undefined)
    if (out.length === batch.length) {
      if (batches.length > 1)
        run.events.emit({ type: 'play-stopped', play: info, reason: 'no host of this batch is left' })
      // As in Ansible, a batch that is lost as a whole ends the run: what comes later must not go on without it.
      return { goOn: false }
    }
  }
  return { goOn: true }
}
