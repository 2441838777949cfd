import { randomBytes } from 'node:crypto'
import { type Raw, raw, sh } from '../../base/quote.ts'
import type { ActionResult, ModuleContext } from '../contract.ts'
import {
  type CommandShown,
  commandFields,
  commandResult,
  notRun,
  type Outcome,
  outcomeIn,
  warnOfLeftOut,
} from './command-result.ts'
import { hostGlob, hostPath } from './host-path.ts'

export interface Invocation extends CommandShown {
  /** Shell text behind which nothing follows. */
  readonly line: Raw
  /** First word, looked for before it is run. */
  readonly program: Raw
  readonly stdin?: string | undefined
  readonly stripEmptyEnds: boolean
}

/** Runs a command of the user's, in one round trip with the look at `creates` and `removes`. */
export const runCommand = async (ctx: ModuleContext, invocation: Invocation): Promise<ActionResult> => {
  const token = `lifeboat-${randomBytes(12).toString('hex')}`
  const script = sh`${guard(token, invocation)}\n${invocation.line}`.text
  const { cmd, chdir, creates, removes, stdin } = invocation
  const form = { kind: 'command', token, strip: invocation.stripEmptyEnds }
  const shown = { cmd, chdir, creates, removes }
  const begin = new Date()
  const result = await ctx.run(script, { ...(stdin === undefined ? {} : { stdin }), keep: { form, shown } })
  const made = commandResult(invocation, form, { result, begin, end: new Date() })
  warnOfLeftOut(ctx, made)
  return made
}

/** What check mode can say: with `creates` or `removes` whether the command would run, otherwise nothing. */
export const checkCommand = async (ctx: ModuleContext, invocation: Invocation): Promise<ActionResult> => {
  const fields = commandFields(invocation, 0, '', '', new Date(), new Date())
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

const guard = (token: string, invocation: Invocation): Raw => sh`${conditions(token, invocation)}
command -v ${invocation.program} >/dev/null 2>&1 || ${saying(token, 'no-program')}`

const saying = (token: string, outcome: Outcome): Raw => sh`{ printf '%s' ${`${token} ${outcome}`}; exit 0; }`

const conditions = (token: string, { chdir, creates, removes }: Invocation): Raw => {
  const say = (outcome: Outcome): Raw => saying(token, outcome)
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
