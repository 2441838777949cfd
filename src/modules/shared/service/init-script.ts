import type { Change } from '../../../base/change.ts'
import { LifeboatError } from '../../../base/errors.ts'
import { type Raw, raw, sh } from '../../../base/quote.ts'
import type { ModuleContext } from '../../contract.ts'
import { PUT, readFields, succeed } from '../script.ts'

/** A service of System V init or OpenRC. */
export interface InitScriptState {
  readonly manager: 'init'
  readonly exists: boolean
  readonly running: boolean
  readonly enabled: boolean
  /** Processes that belong to it, as far as its pid files tell; a restart makes others. */
  readonly pids: string
}

/** @throws module/no-service */
export const inspectInitScript = async (ctx: ModuleContext, name: string): Promise<InitScriptState> => {
  const script = sh`${PUT}
LC_ALL=C
export LC_ALL
name=${name}
if [ -x "/etc/init.d/$name" ]; then put exists yes; fi
if command -v rc-service >/dev/null 2>&1; then
rc-service "$name" status >/dev/null 2>&1 && put running yes
rc-update show default 2>/dev/null | grep -q "^ *$name |" && put enabled yes
elif [ -x "/etc/init.d/$name" ]; then
"/etc/init.d/$name" status >/dev/null 2>&1 </dev/null && put running yes
for link in /etc/rc[2345].d/S[0-9][0-9]"$name"; do if [ -e "$link" ]; then put enabled yes; break; fi; done
fi
put pids "$(cat "/run/$name.pid" "/run/$name/"*.pid "/var/run/$name.pid" 2>/dev/null | sort -u | tr '\n' ' ')"
exit 0`
  const fields = readFields(succeed(await ctx.run(script.text), `ask about the service ${name}`))
  if (!fields.has('exists')) {
    const message = `there is no service "${name}" on the host`
    if (!ctx.checkMode) throw new LifeboatError('module/no-service', message)
    ctx.warn(`${message}; only an earlier task that installs it makes this one work`)
  }
  return {
    manager: 'init',
    exists: fields.has('exists'),
    running: fields.has('running'),
    enabled: fields.has('enabled'),
    pids: fields.get('pids') ?? '',
  }
}

export interface InitScriptWish {
  readonly name: string
  readonly state?: 'started' | 'stopped' | 'restarted' | 'reloaded' | undefined
  readonly enabled?: boolean | undefined
}

/** What differs. Of a restart or reload only the exit status and that it runs afterwards can be known here. */
export const initScriptChanges = (
  state: InitScriptState,
  wanted: InitScriptWish,
  before?: InitScriptState,
): Change[] => {
  const changes: Change[] = []
  if (wanted.enabled !== undefined && wanted.enabled !== state.enabled) {
    changes.push({ subject: 'enabled', before: state.enabled, after: wanted.enabled })
  }
  const acts = wanted.state === 'restarted' || wanted.state === 'reloaded'
  const differs = acts
    ? before === undefined || !state.running
    : wanted.state !== undefined && (wanted.state === 'started') !== state.running
  if (differs)
    changes.push({ subject: 'state', before: state.running ? 'started' : 'stopped', after: wanted.state ?? '' })
  return changes
}

/** @throws module/service-failed */
export const applyInitScript = async (
  ctx: ModuleContext,
  wanted: InitScriptWish,
  changes: readonly Change[],
  state: InitScriptState,
): Promise<void> => {
  const has = (subject: string): boolean => changes.some((change) => change.subject === subject)
  const verb = !state.running && wanted.state !== 'stopped' ? 'start' : (VERBS[wanted.state ?? 'started'] ?? 'start')
  const lines: Raw[] = []
  if (has('enabled')) lines.push(enable(wanted.enabled === true))
  if (has('state')) {
    lines.push(sh`if command -v service >/dev/null 2>&1; then service "$name" ${verb}
elif command -v rc-service >/dev/null 2>&1; then rc-service "$name" ${verb}
else "/etc/init.d/$name" ${verb}; fi </dev/null >&2 || exit`)
  }
  const result = await ctx.run(sh`name=${wanted.name}\n${raw(lines.map((line) => line.text).join('\n'))}`.text)
  if (result.status === 0) return
  throw new LifeboatError('module/service-failed', `cannot bring ${wanted.name} to "${wanted.state ?? 'enabled'}"`, {
    hints: result.stderr.trim().split('\n').slice(-8),
    data: { rc: result.status, stderr: result.stderr },
  })
}

const VERBS: Readonly<Record<string, string>> = {
  started: 'start',
  stopped: 'stop',
  restarted: 'restart',
  reloaded: 'reload',
}

const enable = (on: boolean): Raw =>
  sh`if command -v rc-update >/dev/null 2>&1; then rc-update ${on ? 'add' : 'del'} "$name" default
elif command -v update-rc.d >/dev/null 2>&1; then ${raw(on ? 'update-rc.d "$name" defaults >&2 && ' : '')}update-rc.d "$name" ${on ? 'enable' : 'disable'}
elif command -v chkconfig >/dev/null 2>&1; then chkconfig "$name" ${on ? 'on' : 'off'}
else echo "nothing on the host starts services at boot" >&2; exit 1; fi >&2 || exit`
