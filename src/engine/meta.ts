import { LifeboatError } from '../base/errors.ts'
import type { PlayRun } from './run.ts'
import { firstFalse, type TaskStep } from './task-conditions.ts'
import { failedResult } from './task-result.ts'
import { hostvarsOf, templarFor } from './templar.ts'
import type { Outcome } from './walk.ts'

type Action = (playRun: PlayRun, host: string) => Outcome | Promise<Outcome>

const done: Outcome = { kind: 'done' }

const ACTIONS: Readonly<Record<string, Action>> = {
  noop: () => done,
  flush_handlers: () => ({ kind: 'flush' }),
  end_host: () => ({ kind: 'end-host' }),
  end_role: () => ({ kind: 'end-role' }),
  end_play: (playRun) => {
    playRun.stopped = { reason: 'end_play', failed: false }
    return done
  },
  end_batch: (playRun) => {
    for (const host of playRun.batch) playRun.active.delete(host)
    return { kind: 'end-host' }
  },
  clear_facts: (playRun, host) => {
    playRun.run.hosts.of(host).facts = {}
    return done
  },
  clear_host_errors: (playRun) => {
    for (const state of playRun.run.hosts.all()) state.out = undefined
    return done
  },
  reset_connection: async (playRun, host) => {
    await playRun.run.connections.reset(host)
    return done
  },
}

export const metaActions = Object.keys(ACTIONS)

/** Carries out `meta` on the hosts whose condition holds. It is no task in the counts, as in Ansible. */
export const runMeta = async (
  playRun: PlayRun,
  steps: ReadonlyMap<string, TaskStep>,
): Promise<Map<string, Outcome>> => {
  const outcomes = new Map<string, Outcome>()
  // Among many hosts each may ask for the variables of all.
  const hostvars = hostvarsOf(playRun)
  for (const [host, step] of steps) {
    const { item } = step
    const name = String(item.args.freeForm?.value ?? '').trim()
    const layers = {
      role: step.role,
      vars: step.keywords.vars,
      includeVars: step.includeVars,
      directory: item.directory,
    }
    const templar = templarFor(playRun, host, layers, hostvars)
    try {
      if (firstFalse(templar, step.keywords.when) !== undefined) {
        outcomes.set(host, done)
        continue
      }
      const action = ACTIONS[name]
      if (!action) {
        throw new LifeboatError('engine/bad-keyword-value', `meta does not know "${name}"`, {
          where: item.args.freeForm?.position ?? item.position,
          hints: [`it knows ${metaActions.join(', ')}`],
        })
      }
      outcomes.set(host, await action(playRun, host))
    } catch (error) {
      const result = failedResult(error)
      playRun.run.events.emit({ type: 'warning', message: `${host}: meta ${name}: ${result.msg ?? ''}` })
      outcomes.set(host, { kind: 'failed', result })
    }
  }
  return outcomes
}
