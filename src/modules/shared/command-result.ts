import { formatSize } from '../../base/size.ts'
import type { RunResult } from '../../host/connection.ts'
import { excerpt } from '../../host/output.ts'
import type { ActionResult, ModuleContext, ResultFields } from '../contract.ts'

/** What the result of a command shows of the task. */
export interface CommandShown {
  readonly cmd: string | readonly string[]
  readonly chdir?: string | undefined
  readonly creates?: string | undefined
  readonly removes?: string | undefined
}

/** How the script of a command tells that it did not run it: the token, and why. */
export type Outcome = 'would-run' | 'no-chdir' | 'created' | 'removed' | 'no-program'

/** A script that has ended, and when. */
export interface Ended {
  readonly result: RunResult
  readonly begin: Date
  readonly end: Date
}

/** Bytes of each stream that a result keeps: more would be held several times over, for every host, to the end. */
const KEPT = 4 * 1024 * 1024

/** More than the words of a script that did not run its command. */
const WORDS = 256

/** The result of `command` and `shell`, from what their script left. */
export const commandResult = (
  shown: CommandShown,
  { token, strip }: { readonly token: string; readonly strip: boolean },
  { result, begin, end }: Ended,
): ActionResult => {
  const { stdout, stderr } = result.output
  const outcome = stdout.size > WORDS ? undefined : outcomeIn(result.stdout, token)
  if (outcome !== undefined) return notRun(outcome, shown)
  const text = (written: string): string => (strip ? written.replace(/[\r\n]+$/, '') : written)
  const [out, err] = [excerpt(stdout, KEPT), excerpt(stderr, KEPT)]
  const fields = {
    ...commandFields(shown, result.status, text(out.text), text(err.text), begin, end),
    ...(out.leftOut > 0 ? { stdout_left_out: out.leftOut } : {}),
    ...(err.leftOut > 0 ? { stderr_left_out: err.leftOut } : {}),
  }
  if (result.status === 0) return { changed: true, fields }
  return { changed: true, failed: true, msg: 'non-zero return code', fields }
}

/** Says loudly what a result does not have of the output. */
export const warnOfLeftOut = (ctx: ModuleContext, { fields = {} }: ActionResult): void => {
  for (const stream of ['stdout', 'stderr']) {
    const leftOut = fields[`${stream}_left_out`]
    if (typeof leftOut !== 'number') continue
    const whole = `${formatSize(KEPT)} of ${formatSize(KEPT + leftOut)}`
    ctx.warn(`the result keeps ${whole} of ${stream}: its beginning and its end; write much output into a file`)
  }
}

/** Why the script did not run the command, where it did not. */
export const outcomeIn = (stdout: string, token: string): Outcome | undefined =>
  stdout.startsWith(`${token} `) ? (stdout.slice(token.length + 1) as Outcome) : undefined

/** The result of a command that was not run, and why. */
export const notRun = (outcome: Outcome, invocation: CommandShown): ActionResult => {
  const now = new Date()
  const fields = (status: number, stdout = ''): ResultFields => commandFields(invocation, status, stdout, '', now, now)
  switch (outcome) {
    case 'created': {
      const fact = `${invocation.creates} exists`
      return {
        changed: false,
        msg: `did not run the command since ${fact}`,
        fields: fields(0, `skipped, since ${fact}`),
      }
    }
    case 'removed': {
      const fact = `${invocation.removes} does not exist`
      return {
        changed: false,
        msg: `did not run the command since ${fact}`,
        fields: fields(0, `skipped, since ${fact}`),
      }
    }
    case 'no-chdir':
      return { changed: false, failed: true, msg: `cannot change to the folder ${invocation.chdir}`, fields: fields(1) }
    default: {
      const [program = ''] = typeof invocation.cmd === 'string' ? [invocation.cmd] : invocation.cmd
      return { changed: false, failed: true, msg: `there is no program "${program}" on the host`, fields: fields(2) }
    }
  }
}

export const commandFields = (
  { cmd }: CommandShown,
  rc: number,
  stdout: string,
  stderr: string,
  begin: Date,
  end: Date,
): ResultFields => ({
  cmd,
  rc,
  stdout,
  stderr,
  stdout_lines: lines(stdout),
  stderr_lines: lines(stderr),
  start: timestamp(begin),
  end: timestamp(end),
  delta: delta((end.getTime() - begin.getTime()) / 1000),
})

const lines = (text: string): string[] => {
  const result = text.split(/\r\n|\n|\r/)
  if (result.at(-1) === '') result.pop()
  return result
}

const two = (value: number): string => String(value).padStart(2, '0')

const timestamp = (date: Date): string =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
  `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}000`

/** Seconds as Python writes a timedelta: `0:00:01.250000`. */
const delta = (seconds: number): string => {
  const whole = Math.floor(seconds)
  const rest = String(Math.round((seconds - whole) * 1e6)).padStart(6, '0')
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}.${rest}`
}
