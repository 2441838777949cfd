import { randomBytes } from 'node:crypto'
import { type Raw, raw, sh } from '../../base/quote.ts'
import type { ActionResult, ModuleContext, ResultFields } from '../contract.ts'
import { hostGlob, hostPath } from './host-path.ts'

export interface Invocation {
  /** Shell text that starts with `exec`. */
  readonly line: Raw
  /** What the result shows as `cmd`. */
  readonly cmd: string | readonly string[]
  /** First word, looked for before it is run. */
  readonly program: Raw
  readonly chdir?: string | undefined
  readonly creates?: string | undefined
  readonly removes?: string | undefined
  readonly stdin?: string | undefined
  readonly stripEmptyEnds: boolean
}

type Outcome = 'would-run' | 'no-chdir' | 'created' | 'removed' | 'no-program'

/** Runs a command of the user's, in one round trip with the look at `creates` and `removes`. */
export const runCommand = async (ctx: ModuleContext, invocation: Invocation): Promise<ActionResult> => {
  const token = `lifeboat-${randomBytes(12).toString('hex')}`
  const script = sh`${guard(token, invocation)}\n${invocation.line}`.text
  const begin = new Date()
  const result = await ctx.run(script, invocation.stdin === undefined ? {} : { stdin: invocation.stdin })
  const outcome = outcomeIn(result.stdout, token)
  if (outcome !== undefined) return notRun(outcome, invocation)
  const strip = (text: string): string => (invocation.stripEmptyEnds ? text.replace(/[\r\n]+$/, '') : text)
  const fields = fieldsOf(invocation, result.status, strip(result.stdout), strip(result.stderr), begin, new Date())
  if (result.status === 0) return { changed: true, fields }
  return { changed: true, failed: true, msg: 'non-zero return code', fields }
}

/** What check mode can say: with `creates` or `removes` whether the command would run, otherwise nothing. */
export const checkCommand = async (ctx: ModuleContext, invocation: Invocation): Promise<ActionResult> => {
  const fields = fieldsOf(invocation, 0, '', '', new Date(), new Date())
  const msg = 'the command would have run if this were not check mode'
  if (invocation.creates === undefined && invocation.removes === undefined) {
    return { changed: false, skipped: true, msg, fields }
  }
  const token = `lifeboat-${randomBytes(12).toString('hex')}`
  // The folder and the program may be what an earlier task would have made.
  const result = await ctx.run(sh`${conditions(token, invocation)}\nprintf '%s' ${`${token} would-run`}`.text)
  const outcome = outcomeIn(result.stdout, token)
  if (outcome === 'created' || outcome === 'removed') return notRun(outcome, invocation)
  return { changed: true, msg, fields }
}

const guard = (token: string, invocation: Invocation): Raw => {
  const say = (outcome: Outcome): Raw => sh`{ printf '%s' ${`${token} ${outcome}`}; exit 0; }`
  return sh`${conditions(token, invocation)}
command -v ${invocation.program} >/dev/null 2>&1 || ${say('no-program')}`
}

const conditions = (token: string, { chdir, creates, removes }: Invocation): Raw => {
  const say = (outcome: Outcome): Raw => sh`{ printf '%s' ${`${token} ${outcome}`}; exit 0; }`
  const exists = raw('[ -e "$lifeboat_path" ] || [ -L "$lifeboat_path" ]')
  const lines: Raw[] = []
  if (chdir !== undefined) lines.push(sh`CDPATH= cd -- ${hostPath(chdir)} 2>/dev/null || ${say('no-chdir')}`)
  if (creates !== undefined) {
    lines.push(sh`for lifeboat_path in ${hostGlob(creates)}; do if ${exists}; then ${say('created')}; fi; done`)
  }
  if (removes !== undefined) {
    lines.push(sh`lifeboat_found=
for lifeboat_path in ${hostGlob(removes)}; do if ${exists}; then lifeboat_found=yes; fi; done
[ -n "$lifeboat_found" ] || ${say('removed')}`)
  }
  return raw([...lines.map((line) => line.text), 'unset lifeboat_path lifeboat_found'].join('\n'))
}

const outcomeIn = (stdout: string, token: string): Outcome | undefined =>
  stdout.startsWith(`${token} `) ? (stdout.slice(token.length + 1) as Outcome) : undefined

const notRun = (outcome: Outcome, invocation: Invocation): ActionResult => {
  const now = new Date()
  const fields = (status: number, stdout = ''): ResultFields => fieldsOf(invocation, status, stdout, '', now, now)
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

const fieldsOf = (
  { cmd }: Invocation,
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
