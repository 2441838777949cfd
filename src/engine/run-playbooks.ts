import { formatWarning, LifeboatError } from '../base/errors.ts'
import type { HostStats } from '../base/result.ts'
import type { PlainValue, Value } from '../base/value.ts'
import { Template } from '../base/value.ts'
import type { Play, Playbook } from '../playbook/types.ts'
import { Templar } from '../text/template/templar.ts'
import { runPlay } from './play.ts'
import type { Run } from './run.ts'

/** How a run ended: the exit status of the command, and the counts of every host. */
export interface RunEnd {
  readonly exit: number
  readonly stats: Readonly<Record<string, HostStats>>
}

/** Evaluates a value of a play that no host has a say in: its name, its hosts. Extra variables and its own count. */
const evaluateForPlay = (run: Run, play: Play, value: Value): PlainValue => {
  const variables: Record<string, Value> = { ...play.vars, ...run.options.extraVariables }
  const scope = {
    has: (name: string) => Object.hasOwn(variables, name),
    get: (name: string) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
    names: () => Object.keys(variables),
  }
  return new Templar(scope).evaluate(value)
}

/** The host pattern of a play, evaluated. */
export const patternOf = (run: Run, play: Play): string | string[] => {
  const value = evaluateForPlay(run, play, play.hosts.value)
  return Array.isArray(value) ? value.map(String) : String(value)
}

export const playName = (run: Run, play: Play): string => {
  if (play.name === undefined || play.name === null) return [patternOf(run, play)].flat().join(',')
  try {
    return String(evaluateForPlay(run, play, play.name))
  } catch {
    return play.name instanceof Template ? play.name.text : String(play.name)
  }
}

/** Names of the hosts that a play is for, with `--limit` applied. */
export const hostsOfPlay = (run: Run, play: Play): string[] => {
  const { limit } = run.options
  return run.inventory.select(patternOf(run, play), {
    where: play.hosts.position,
    ...(limit === undefined ? {} : { limit }),
    onUnmatched: (warning) => run.events.emit({ type: 'warning', message: formatWarning(warning) }),
  })
}

const exitStatus = (run: Run): number => {
  if (run.signal.aborted) return 99
  const states = run.hosts.all()
  if (states.some((state) => state.stats.failed > 0)) return 2
  return states.some((state) => state.stats.unreachable > 0 && state.out === 'unreachable') ? 4 : 0
}

/** The counts of the hosts that plays are for. A host that tasks were only delegated to has none of its own. */
const statsOf = (run: Run, chosen: readonly { readonly hosts: readonly string[] }[]): Record<string, HostStats> => {
  const named = new Set(chosen.flatMap(({ hosts }) => hosts))
  const met = run.hosts
    .all()
    .filter((state) => named.has(state.name) && Object.values(state.stats).some((count) => count > 0))
  return Object.fromEntries(met.map((state) => [state.name, { ...state.stats }]))
}

/**
 * Runs playbooks play by play and gives the exit status: 0, 2 (a host failed), 4 (a host could not be reached and none
 * failed), 99 (interrupted).
 *
 * @throws engine/no-hosts when `--limit` leaves no host to any play
 */
export const runPlaybooks = async (run: Run, playbooks: readonly Playbook[]): Promise<RunEnd> => {
  const began = process.hrtime.bigint()
  const plays = playbooks.flatMap((playbook) => playbook.plays)
  const chosen = plays.map((play) => ({ play, hosts: hostsOfPlay(run, play), name: playName(run, play) }))
  if (run.options.limit !== undefined && chosen.every(({ hosts }) => hosts.length === 0)) {
    throw new LifeboatError('engine/no-hosts', `--limit ${run.options.limit} leaves no host to any play`, {
      hints: ['`lifeboat inventory --graph` shows the hosts and groups'],
    })
  }
  const { runId, checkMode, diffMode } = run.options
  run.events.emit({ type: 'run-began', runId, playbooks: playbooks.map(({ path }) => path), checkMode, diffMode })
  let exit = 250
  let stopped = false
  try {
    for (const { play, hosts, name } of chosen) {
      const path = `${play.position.source.path}:${play.position.line}`
      if (hosts.length === 0) {
        const pattern = [patternOf(run, play)].flat().join(',')
        run.events.emit({ type: 'play-empty', play: { id: path, name, path }, pattern })
        continue
      }
      const left = hosts.filter((host) => run.hosts.of(host).out === undefined)
      if (left.length === 0) break
      const { goOn } = await runPlay(run, play, hosts, name)
      if (!goOn) {
        stopped = true
        break
      }
    }
    exit = exitStatus(run)
    if (stopped && exit === 0) exit = 2
  } finally {
    const stats = statsOf(run, chosen)
    const duration = Number(process.hrtime.bigint() - began) / 1e9
    run.events.emit({ type: 'run-ended', runId, stats, exit, duration, interrupted: run.signal.aborted })
  }
  return { exit, stats: statsOf(run, chosen) }
}
