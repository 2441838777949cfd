import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'
import { type JobPlace, readJob, removeJob } from '../../host/job/job.ts'
import { type ActionResult, defineAction, type KeptForResult, type ModuleContext } from '../contract.ts'
import { warnOfLeftOut } from '../shared/command-result.ts'
import { hostPath } from '../shared/host-path.ts'
import { diedWords, jobFields, jobResult } from '../shared/job-result.ts'
import { text } from '../shared/params.ts'

const params = z.strictObject({
  jid: text.describe('The `ansible_job_id` that the task with `async` gave.'),
  mode: z
    .enum(['status', 'cleanup'])
    .default('status')
    .describe('`status` asks how the job is; `cleanup` removes what is kept of it on the host.'),
})

type Params = z.output<typeof params>

const placeOf = (ctx: ModuleContext, { jid }: Params): JobPlace => ({
  session: ctx.session,
  folder: hostPath(ctx.jobFolder),
  id: jid,
})

const status = async (ctx: ModuleContext, given: Params): Promise<ActionResult> => {
  const job = await readJob(placeOf(ctx, given), { signal: ctx.signal })
  const fields = jobFields(given.jid, job.folder, job.state !== 'running')
  if (job.state === 'running') {
    return { changed: false, fields: { ...fields, stdout: '', stderr: '', stdout_lines: [], stderr_lines: [] } }
  }
  if (job.state === 'died') {
    return { changed: true, failed: true, msg: diedWords(given.jid), fields }
  }
  const result = jobResult(JSON.parse(job.record) as KeptForResult, job)
  warnOfLeftOut(ctx, result)
  const all = { ...result, fields: { ...result.fields, ...fields } }
  return job.expired
    ? { ...all, failed: true, msg: `job ${given.jid} took longer than its async and was stopped` }
    : all
}

const cleanup = async (ctx: ModuleContext, given: Params): Promise<ActionResult> => ({
  changed: false,
  fields: { ansible_job_id: given.jid, erased: await removeJob(placeOf(ctx, given), { signal: ctx.signal }) },
})

/** Ansible's users ask for these fields where the job is not known. */
const known = async (given: Params, work: Promise<ActionResult>): Promise<ActionResult> =>
  work.catch((error: unknown) => {
    if (!(error instanceof LifeboatError) || error.code !== 'host/no-job') throw error
    const { code, message, hints } = error
    throw new LifeboatError(code, message, { hints, data: { ansible_job_id: given.jid, started: 1, finished: 1 } })
  })

export default defineAction({
  kind: 'action',
  summary: 'Asks how a task is that the host runs on its own (`async`), and gives its result when it is over.',
  description:
    'The job is that of the user of the task, so `become` must be as it was there. A job that failed fails this task ' +
    'too. What is kept of a job stays on the host until `mode: cleanup`, whoever asks and from whichever controller. ' +
    'In check mode the status is told, and nothing is cleaned up.',
  examples: [
    {
      title: 'Start, do something else, and come back',
      yaml: '- command: pg_amcheck --all\n  async: 7200\n  poll: 0\n  register: amcheck\n- async_status:\n    jid: "{{ amcheck.ansible_job_id }}"\n  register: job\n  until: job.finished\n  retries: 240\n  delay: 30',
    },
    {
      title: 'Tidy up',
      yaml: '- async_status:\n    jid: "{{ amcheck.ansible_job_id }}"\n    mode: cleanup',
    },
  ],
  params,
  returns: {
    ansible_job_id: 'The job.',
    started: 'Whether it has started: 1.',
    finished: 'Whether it is over: 0 or 1.',
    results_file: 'Folder on the host in which it is kept.',
    erased: 'With `cleanup`: the folder that was removed.',
  },
  check: async (ctx, given) => (given.mode === 'cleanup' ? { changed: false } : await known(given, status(ctx, given))),
  act: (ctx, given) => known(given, given.mode === 'cleanup' ? cleanup(ctx, given) : status(ctx, given)),
})
