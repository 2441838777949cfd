import { randomInt } from 'node:crypto'
import { LifeboatError } from '../base/errors.ts'
import type { RunResult } from '../host/connection.ts'
import { type JobPlace, readJob, removeJob, startJob } from '../host/job/job.ts'
import { isAway, waitForJob } from '../host/job/wait-for-job.ts'
import type { KeptForResult, ModuleContext, ModuleRunOptions, ResultFields } from '../modules/contract.ts'
import { hostPath } from '../modules/shared/host-path.ts'
import { diedWords, jobFields } from '../modules/shared/job-result.ts'

/** Thrown where a task is left to the host: nobody waits for the rest of the module. */
export class LeftToHost extends Error {
  readonly fields: ResultFields
  constructor(fields: ResultFields) {
    super('the host goes on alone')
    this.fields = fields
  }
}

export interface Background {
  /** Seconds that the task may take. */
  readonly seconds: number
  /** Seconds between two looks; 0 where nobody waits. */
  readonly poll: number
  /** `no_log`: nothing of the task is kept on the host that need not be. */
  readonly hidden: boolean
  /** Takes secrets out of what is kept. */
  readonly redact: <T>(value: T) => T
}

const newJobId = (): string => {
  const digits = (count: number): string => String(randomInt(10 ** count)).padStart(count, '0')
  return `j${digits(12)}.${digits(4)}`
}

/** The context in which a module does its work where `async` lets the host run it on its own. */
export const backgroundContext = (
  ctx: ModuleContext,
  background: Background,
): ModuleContext & { readonly fields: () => ResultFields } => {
  let fields: ResultFields = {}
  const only = (): never => {
    throw new LifeboatError('lifeboat/bug', 'a module with `background` did more than run one script')
  }
  const run = async (script: string, options: ModuleRunOptions = {}): Promise<RunResult> => {
    if (fields.ansible_job_id !== undefined) only()
    const place = { session: ctx.session, folder: hostPath(ctx.jobFolder), id: newJobId() }
    const folder = await start(ctx, background, place, script, options)
    fields = jobFields(place.id, folder, false)
    if (background.poll === 0) throw new LeftToHost(fields)
    const result = await waitFor(ctx, background, place, fields)
    fields = jobFields(place.id, folder, true)
    return result
  }
  return { ...ctx, run, start: only, sessionAs: only, fields: () => fields }
}

const start = async (
  ctx: ModuleContext,
  { seconds, hidden, redact }: Background,
  place: JobPlace,
  script: string,
  options: ModuleRunOptions,
): Promise<string> => {
  const { form, shown }: KeptForResult = options.keep ?? { form: {}, shown: {} }
  const { signal } = ctx
  const environment = { ...ctx.environment, ...options.environment }
  const record = JSON.stringify({ form, shown: hidden ? {} : redact(shown) })
  try {
    return await startJob(place, { script, stdin: options.stdin, environment, record, seconds, signal })
  } catch (error) {
    // Whether it has begun is known to the host.
    const begun = isAway(error) ? await readJob(place, { signal }).catch(() => undefined) : undefined
    if (begun === undefined) throw error
    return begun.folder
  }
}

/** Waits for a job and cleans up behind it. A run that is interrupted leaves it to itself. */
const waitFor = async (
  ctx: ModuleContext,
  { seconds, poll }: Background,
  place: JobPlace,
  fields: ResultFields,
): Promise<RunResult> => {
  const job = await waitForJob(place, {
    seconds,
    poll,
    signal: ctx.signal,
    onRunning: (done) => ctx.progress({ phase: 'on its own', done: Math.floor(done), total: seconds, unit: 'seconds' }),
    onAway: (error) => ctx.warn(`${error.message}; the task goes on there, and is looked at again`),
  }).catch((error: unknown) => {
    if (ctx.signal.aborted) throw leftBehind(ctx.signal.reason, place, fields)
    throw isAway(error) ? stillGoingOn(error, place, fields) : error
  })
  if (job.state === 'died') {
    throw new LifeboatError('host/job-died', diedWords(place.id), { data: { ...fields, finished: 1 } })
  }
  // What is left of it does no harm.
  await removeJob(place, { signal: ctx.signal }).catch(() => {})
  if (!job.expired) return job.result
  const { status: rc, stdout, stderr } = job.result
  throw new LifeboatError(
    'engine/async-timeout',
    `async task did not complete within the requested time - ${seconds}s`,
    {
      hints: ['it was stopped on the host, and may have happened in part'],
      data: { ...fields, finished: 1, rc, stdout, stderr },
    },
  )
}

const HINT = (id: string): string => `async_status with "jid: ${id}" tells how it went`

const leftBehind = (reason: unknown, { id }: JobPlace, fields: ResultFields): LifeboatError => {
  const code = reason instanceof LifeboatError ? reason.code : 'lifeboat/interrupted'
  const data = { ...(reason instanceof LifeboatError ? reason.data : {}), ...fields }
  return new LifeboatError(code, `nobody waits any more for job ${id}, which goes on on the host`, {
    hints: [HINT(id)],
    data,
  })
}

const stillGoingOn = (error: LifeboatError, { id }: JobPlace, fields: ResultFields): LifeboatError =>
  new LifeboatError('host/unreachable', `${error.message}; job ${id} may go on there`, {
    hints: [HINT(id)],
    data: fields,
    cause: error,
  })
