import type { PlayRun } from './run.ts'
import { keywordHolds } from './task-conditions.ts'
import { templarFor } from './templar.ts'
import type { Outcome, Step } from './walk.ts'

/**
 * Ends the play where the failures of a step are too many: any at all under `any_errors_fatal`, or more than
 * `max_fail_percentage` of the batch. A failure that a rescue catches is none.
 */
export const judgeFailures = (
  playRun: PlayRun,
  step: Step,
  host: string,
  outcomes: ReadonlyMap<string, Outcome>,
): void => {
  const failed = [...outcomes]
    .filter(([, outcome]) => outcome.kind === 'failed' && !step.rescuable)
    .map(([name]) => name)
  const unreachable = [...outcomes].filter(([, outcome]) => outcome.kind === 'unreachable').map(([name]) => name)
  if (failed.length + unreachable.length === 0) return
  const templar = templarFor(playRun, host, { vars: step.keywords.vars })
  if (keywordHolds(templar, step.keywords, 'anyErrorsFatal')) {
    const names = [...failed, ...unreachable].join(', ')
    playRun.stopped = { reason: `any_errors_fatal: ${names} failed`, failed: true }
    return
  }
  const placed = playRun.play.maxFailPercentage
  if (!placed) return
  const most = Number(templar.evaluate(placed.value))
  const out = new Set([...failed, ...playRun.batch.filter((name) => playRun.run.hosts.of(name).out === 'failed')])
  const share = (out.size / playRun.batch.length) * 100
  if (share > most) {
    const reason = `max_fail_percentage: ${out.size} of ${playRun.batch.length} hosts failed = ${Math.round(share)} % > ${most} %`
    playRun.stopped = { reason, failed: true }
  }
}
