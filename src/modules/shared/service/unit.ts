import type { Change } from '../../../base/change.ts'
import { LifeboatError } from '../../../base/errors.ts'
import { type Raw, raw, sh } from '../../../base/quote.ts'
import type { ModuleContext } from '../../contract.ts'
import { PUT, readFields, succeed } from '../script.ts'

export interface UnitRequest {
  readonly name: string | undefined
  readonly scope: 'system' | 'user' | 'global'
  readonly state?: 'started' | 'stopped' | 'restarted' | 'reloaded' | undefined
  readonly enabled?: boolean | undefined
  readonly masked?: boolean | undefined
  readonly daemon_reload: boolean
  readonly daemon_reexec: boolean
  readonly no_block: boolean
  /** Replaces links of another unit that stand in the way of `enable`. */
  readonly force: boolean
}

/** A systemd unit as `systemctl show` tells it. */
export interface UnitState {
  /** All properties; empty where no unit was named. */
  readonly status: Readonly<Record<string, string>>
  /** Answer of `systemctl is-enabled`: `enabled`, `disabled`, `static`, `masked`, … */
  readonly enabled: string
  /** Units whose files on disk are newer than what systemd knows. */
  readonly stale: readonly string[]
}

/** Starts every script: which manager is meant, and in the user's scope where it listens. */
const systemctl = (scope: UnitRequest['scope']): Raw =>
  scope === 'user'
    ? raw(
        'XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}; export XDG_RUNTIME_DIR\nsystemctl() { command systemctl --user "$@"; }',
      )
    : raw(scope === 'global' ? 'systemctl() { command systemctl --global "$@"; }' : ':')

/**
 * Looks at a unit, in one script.
 *
 * @throws module/no-service-manager, module/no-service (in check mode a warning)
 */
export const inspectUnit = async (ctx: ModuleContext, request: UnitRequest): Promise<UnitState> => {
  const state = await lookAtUnit(ctx, request)
  if (state !== undefined) return state
  throw new LifeboatError('module/no-service-manager', 'systemd does not run on the host', {
    hints: ['the service module also knows hosts without systemd'],
  })
}

/** The same, undefined where systemd does not run. */
export const lookAtUnit = async (ctx: ModuleContext, request: UnitRequest): Promise<UnitState | undefined> => {
  const name = request.name ?? ''
  const look =
    request.name === undefined
      ? raw(':')
      : sh`put status "$(systemctl show -- ${name})"
put enabled "$(systemctl is-enabled -- ${name} 2>/dev/null)"`
  const stale = request.daemon_reload
    ? raw(
        `put stale "$(systemctl show --all -p Id -p NeedDaemonReload -- '*' | awk -F= '$1 == "Id" { id = $2 } $1 == "NeedDaemonReload" && $2 == "yes" { print id }')"`,
      )
    : raw(':')
  const script = sh`${PUT}
LC_ALL=C
SYSTEMD_PAGER=
SYSTEMD_COLORS=0
export LC_ALL SYSTEMD_PAGER SYSTEMD_COLORS
if ! command -v systemctl >/dev/null 2>&1 || [ ! -d /run/systemd/system ]; then put absent systemd; exit 0; fi
${systemctl(request.scope)}
${look}
${stale}
exit 0`
  const fields = readFields(succeed(await ctx.run(script.text), `ask systemd about ${name || 'its units'}`))
  if (fields.has('absent')) return undefined
  const status = readProperties(fields.get('status') ?? '')
  const enabled = fields.get('enabled')?.trim() ?? ''
  if (request.name !== undefined && status.LoadState === 'not-found' && ['', 'not-found'].includes(enabled)) {
    const message = `there is no unit "${name}" on the host`
    if (!ctx.checkMode) throw new LifeboatError('module/no-service', message)
    ctx.warn(`${message}; only an earlier task that installs it makes this one work`)
  }
  return { status, enabled, stale: (fields.get('stale') ?? '').split('\n').filter((line) => line !== '') }
}

const readProperties = (text: string): Record<string, string> => {
  const result: Record<string, string> = {}
  let last = ''
  for (const line of text.split('\n')) {
    const match = /^([A-Z]\w*)=(.*)$/.exec(line)
    if (match?.[1] !== undefined) {
      last = match[1]
      result[last] = match[2] ?? ''
    } else if (last !== '') result[last] += `\n${line}`
  }
  return result
}

const STARTS_AT_BOOT = new Set(['enabled', 'enabled-runtime', 'alias', 'linked', 'linked-runtime'])
/** Neither enabled nor to be enabled: others start them, or nothing on disk says when. */
const NEITHER = new Set(['static', 'indirect', 'generated', 'transient'])

const isActive = (state: UnitState): boolean =>
  ['active', 'activating', 'reloading'].includes(state.status.ActiveState ?? '')

/** What differs. `before` is the state before the change: a restart is proven by a new invocation since then. */
export const unitChanges = (state: UnitState, wanted: UnitRequest, before?: UnitState): Change[] => {
  const changes: Change[] = []
  if (wanted.daemon_reexec && before === undefined)
    changes.push({ subject: 'systemd', before: null, after: 'executed anew' })
  if (wanted.daemon_reload && state.stale.length > 0) {
    changes.push({ subject: 'unit files', before: state.stale, after: 'reloaded' })
  }
  if (wanted.masked !== undefined && wanted.masked !== /^masked/.test(state.enabled)) {
    changes.push({ subject: 'masked', before: !wanted.masked, after: wanted.masked })
  }
  const enabled = STARTS_AT_BOOT.has(state.enabled)
  if (wanted.enabled !== undefined && wanted.enabled !== enabled && !NEITHER.has(state.enabled)) {
    changes.push({ subject: 'enabled', before: enabled, after: wanted.enabled })
  }
  return [...changes, ...activityChanges(state, wanted, before)]
}

const activityChanges = (state: UnitState, wanted: UnitRequest, before: UnitState | undefined): Change[] => {
  const now = state.status.ActiveState ?? 'unknown'
  const change: Change[] = [{ subject: 'state', before: now, after: wanted.state ?? '' }]
  const isNew = (...properties: string[]): boolean =>
    before !== undefined && (wanted.no_block || properties.some((name) => state.status[name] !== before.status[name]))
  switch (wanted.state) {
    case 'started':
      return isActive(state) || (before !== undefined && wanted.no_block) ? [] : change
    case 'stopped':
      return now === 'inactive' || now === 'failed' || (before !== undefined && wanted.no_block) ? [] : change
    case 'restarted':
      return isNew('InvocationID', 'ActiveEnterTimestampMonotonic', 'ExecMainStartTimestampMonotonic') ? [] : change
    case 'reloaded':
      return isNew('InvocationID', 'StateChangeTimestampMonotonic', 'ActiveEnterTimestampMonotonic') ? [] : change
    default:
      return []
  }
}

/**
 * Makes the changes that `unitChanges` found, in one script.
 *
 * @throws module/service-failed with the last lines of the unit's journal
 */
export const applyUnit = async (
  ctx: ModuleContext,
  request: UnitRequest,
  changes: readonly Change[],
  state: UnitState,
): Promise<void> => {
  const name = request.name ?? ''
  const has = (subject: string): boolean => changes.some((change) => change.subject === subject)
  const block = raw(request.no_block ? '--no-block' : '')
  const force = raw(request.force ? '--force' : '')
  const lines: Raw[] = []
  if (has('systemd')) lines.push(raw('systemctl daemon-reexec || exit'))
  if (has('unit files')) lines.push(raw('systemctl daemon-reload || exit'))
  if (has('masked')) lines.push(sh`systemctl ${raw(request.masked ? 'mask' : 'unmask')} -- ${name} || exit`)
  if (has('enabled'))
    lines.push(sh`systemctl ${raw(request.enabled ? 'enable' : 'disable')} ${force} -- ${name} || exit`)
  if (has('state')) lines.push(sh`systemctl ${raw(verb(request, state))} ${block} -- ${name} || failed`)
  const script = sh`LC_ALL=C
export LC_ALL
${systemctl(request.scope)}
failed() { status=$?; command journalctl -n 12 --no-pager -o cat -u ${name} 2>/dev/null; exit "$status"; }
${raw(lines.map((line) => line.text).join('\n'))}
exit 0`
  const result = await ctx.run(script.text)
  if (result.status === 0) return
  const said = result.stderr.trim().split('\n')[0] ?? ''
  throw new LifeboatError(
    'module/service-failed',
    `cannot bring ${name || 'systemd'} to "${request.state ?? 'enabled'}": ${said}`,
    {
      hints: result.stdout.trim() === '' ? [] : ['the last lines of its journal:', ...result.stdout.trim().split('\n')],
      data: { rc: result.status, stderr: result.stderr, stdout: result.stdout },
    },
  )
}

const verb = (request: UnitRequest, state: UnitState): string => {
  switch (request.state) {
    case 'stopped':
      return 'stop'
    case 'restarted':
      return 'restart'
    case 'reloaded':
      return isActive(state) ? 'reload' : 'start'
    default:
      return 'start'
  }
}

/** Fields of the result. */
export const unitFields = (state: UnitState, request: UnitRequest): Readonly<Record<string, unknown>> => ({
  name: request.name ?? null,
  ...(request.enabled === undefined ? {} : { enabled: request.enabled }),
  ...(request.state === undefined ? {} : { state: isActive(state) ? 'started' : 'stopped' }),
  status: state.status,
})
