import { LifeboatError } from '../../base/errors.ts'
import type { Raw } from '../../base/quote.ts'
import type { RunOptions, RunResult, Session } from '../connection.ts'
import { behind } from '../output.ts'
import { runResult } from '../session/collect-output.ts'
import { scriptLine } from '../session/program.ts'
import { NO_JOB, readScript, removeScript, STILL_RUNNING, startScript } from './program.ts'

/** Where a job is: a name in the folder of all jobs of a user. */
export interface JobPlace {
  readonly session: Session
  readonly folder: Raw
  readonly id: string
}

export interface JobStart extends Pick<RunOptions, 'environment' | 'signal'> {
  readonly script: string
  readonly stdin?: string | Buffer | undefined
  /** Handed back by `readJob`; one line of text. */
  readonly record: string
  /** Seconds after which the job is stopped on the host. */
  readonly seconds: number
}

export type Job = {
  /** Folder on the host. */
  readonly folder: string
  readonly record: string
} & (
  | { readonly state: 'running' }
  /** Whoever watched over it was killed, or the host was restarted. */
  | { readonly state: 'died' }
  | {
      readonly state: 'ended'
      readonly result: RunResult
      readonly begin: Date
      readonly end: Date
      /** It took too long and was stopped. */
      readonly expired: boolean
    }
)

/** Bytes in which the first three lines of what `readScript` prints end. */
const HEAD = 1024 * 1024

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/**
 * Starts a script that the host runs on its own: it needs no connection, and outlives the controller.
 *
 * @returns the folder on the host in which all is kept that is known of it
 * @throws host/job when it cannot be started; what a session throws: after host/lost it may have begun
 */
export const startJob = async (place: JobPlace, start: JobStart): Promise<string> => {
  const stdin = start.stdin === undefined ? undefined : Buffer.from(start.stdin)
  const program = scriptLine(start.script, { environment: start.environment, stdin })
  const text = startScript({ ...place, record: start.record, program, seconds: start.seconds })
  const result = await place.session.run(text, { signal: start.signal })
  if (result.status === 0) return result.stdout.replace(/\n$/, '')
  throw new LifeboatError('host/job', `a job cannot be started as ${place.session.user}: ${said(result)}`)
}

/**
 * What is known of a job.
 *
 * @throws host/no-job
 */
export const readJob = async (place: JobPlace, options: Pick<RunOptions, 'signal'> = {}): Promise<Job> => {
  const result = await run(place, readScript(place.folder, place.id), options)
  if (result.status !== 0) throw new LifeboatError('host/job', `job ${place.id} cannot be read: ${said(result)}`)
  const { stdout, stderr } = result.output
  const [first = '', folder = '', record = ''] = headOf(stdout.bytes(0, Math.min(stdout.size, HEAD)))
  const [state = '', ...words] = first.split(' ')
  const numbers = new Map(words.map((word) => word.split('=') as [string, string]))
  if (state === 'running' || state === 'died') return { state, folder: utf8(folder), record: utf8(record) }
  const number = (name: string): number => Number(numbers.get(name))
  return {
    state: 'ended',
    folder: utf8(folder),
    record: utf8(record),
    result: runResult(number('status'), behind(stdout, `${first}${folder}${record}`.length + 3), stderr),
    begin: new Date(number('begin') * 1000),
    end: new Date(number('end') * 1000),
    expired: numbers.has('expired'),
  }
}

/**
 * Forgets a job that is over.
 *
 * @returns the folder that was removed
 * @throws host/no-job, host/job-running
 */
export const removeJob = async (place: JobPlace, options: Pick<RunOptions, 'signal'> = {}): Promise<string> => {
  const result = await run(place, removeScript(place.folder, place.id), options)
  if (result.status === STILL_RUNNING) {
    throw new LifeboatError('host/job-running', `job ${place.id} still runs: what is known of it cannot be removed`)
  }
  if (result.status !== 0) throw new LifeboatError('host/job', `job ${place.id} cannot be removed: ${said(result)}`)
  return result.stdout.replace(/\n$/, '')
}

const run = async (place: JobPlace, script: string, options: Pick<RunOptions, 'signal'>): Promise<RunResult> => {
  const result = NAME.test(place.id) ? await place.session.run(script, options) : undefined
  if (result !== undefined && result.status !== NO_JOB) return result
  throw new LifeboatError('host/no-job', `there is no job ${place.id} of ${place.session.user}`, {
    hints: ['a job is known to the user that it was started as, and only until it is cleaned up'],
  })
}

const said = (result: RunResult): string => result.stderr.trim() || `its script ended with status ${result.status}`

/** The first three lines, a character a byte. */
const headOf = (bytes: Buffer): string[] => {
  const lines: string[] = []
  let start = 0
  while (lines.length < 3) {
    const end = bytes.indexOf(0x0a, start)
    if (end === -1) break
    lines.push(bytes.toString('latin1', start, end))
    start = end + 1
  }
  return lines
}

const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString()
