import type { PlayRun } from './run.ts'
import { runStep } from './run-step.ts'
import { compareOrder, HostEnded, type Outcome, type Step, TaskFailed, type Walk } from './walk.ts'

interface Walker {
  readonly host: string
  readonly walk: Walk
  step: Step
}

/** How the walk of a host ended. */
export type WalkEnd = 'done' | 'failed' | 'unreachable' | 'ended'

/** Reads why a walk stopped: what nothing inside caught. */
const endOf = (error: unknown): WalkEnd => {
  if (error instanceof TaskFailed) return 'failed'
  if (error instanceof HostEnded) return error.reason === 'unreachable' ? 'unreachable' : 'ended'
  throw error
}

/**
 * Takes hosts through their walks in step: of all next steps the first in the play is done by all hosts that have it,
 * the others wait. A host in a rescue so catches up before the rest go on (Ansible's linear strategy).
 *
 * @param stop asked after every step; true ends all walks where they are
 */
export const runLinear = async (
  playRun: PlayRun,
  walks: ReadonlyMap<string, Walk>,
  stop: () => boolean,
): Promise<Map<string, WalkEnd>> => {
  const ends = new Map<string, WalkEnd>()
  let walkers: Walker[] = []
  const advance = (host: string, walk: Walk, next: () => IteratorResult<Step, void>): Walker | undefined => {
    try {
      const result = next()
      if (!result.done) return { host, walk, step: result.value }
      ends.set(host, 'done')
    } catch (error) {
      const end = endOf(error)
      ends.set(host, end)
      playRun.active.delete(host)
      const state = playRun.run.hosts.of(host)
      if (end === 'failed' || end === 'unreachable') state.out = end
      if (end === 'ended') playRun.ended.add(host)
      if (end === 'failed') state.stats.failed++
    }
    return undefined
  }
  for (const [host, walk] of walks) {
    const walker = advance(host, walk, () => walk.next())
    if (walker) walkers.push(walker)
  }
  while (walkers.length > 0 && !stop()) {
    const first = walkers.reduce((a, b) => (compareOrder(b.step.order, a.step.order) < 0 ? b : a))
    const together = walkers.filter(
      (walker) => walker.step.item === first.step.item && compareOrder(walker.step.order, first.step.order) === 0,
    )
    const outcomes = await runStep(playRun, new Map(together.map((walker) => [walker.host, walker.step])))
    const next = together.map((walker) => {
      const outcome: Outcome = outcomes.get(walker.host) ?? { kind: 'done' }
      return advance(walker.host, walker.walk, () => walker.walk.next(outcome))
    })
    const others = walkers.filter((walker) => !together.includes(walker))
    walkers = [...next.filter((walker) => walker !== undefined), ...others]
  }
  return ends
}
