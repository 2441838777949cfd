import { LifeboatError } from '../base/errors.ts'
import { quote, sh } from '../base/quote.ts'
import type { RunResult, Session } from '../host/connection.ts'
import type { Cluster } from './locate.ts'
import { defineAsOwner } from './service/as-owner.ts'
import { clusterStatus } from './service/status.ts'
import { isStranded, STRANDED, STRANDED_HINTS } from './stranded.ts'

export { clusterStatus, type ServerStatus } from './service/status.ts'

export interface StartOptions {
  /** Settings for the server's command line, which beat every file; then no service manager can be used. */
  readonly settings?: readonly (readonly [name: string, value: string])[] | undefined
  /** Seconds to wait until the server accepts connections, or recovers with hot_standby off; default 60. */
  readonly timeout?: number | undefined
  /** False: only start it, and wait for nothing. */
  readonly wait?: boolean | undefined
  /**
   * It is enough that the server accepts connections: its unit may still be on its way to `active`. Debian's watches a
   * server that answers for two seconds more.
   */
  readonly unitLater?: boolean | undefined
  /** Where pg_ctl sends what the server prints; default the cluster's log, or `startup.log` in the data directory. */
  readonly logFile?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface StopOptions {
  /** Default `fast`: sessions are ended, everything is written. `immediate` is a crash. */
  readonly mode?: 'smart' | 'fast' | 'immediate' | undefined
  /** Seconds; default 60. */
  readonly timeout?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Starts a cluster: by its systemd unit where the session is root's and the unit exists, else by pg_ctlcluster where
 * the cluster is Debian's, else by pg_ctl. One that runs is left as it is. The session must be root's or the owner's.
 *
 * @throws postgres/start-failed with the end of the server's log
 */
export const startCluster = async (session: Session, cluster: Cluster, options: StartOptions = {}): Promise<void> => {
  const { timeout = 60, wait = true, settings } = options
  if (!(await mayStart(session, cluster, settings))) return
  const arguments_ = (settings ?? []).map(([name, value]) => `-c ${quote(`${name}=${value}`)}`).join(' ')
  const log = options.logFile ?? cluster.logFile ?? `${cluster.dataDirectory}/startup.log`
  const unit = settings === undefined && options.logFile === undefined && wait
  const later = unit && options.unitLater === true
  const debian = options.logFile === undefined && wait
  const script = `${prelude(cluster, unit)}
if [ -n "$unit" ]; then systemctl${later ? ' --no-block' : ''} start "$unit"
elif [ -n "$debian" ] && ${debian ? 'true' : 'false'}; then
  ${sh`pg_ctlcluster --skip-systemctl-redirect ${cluster.version} ${debianName(cluster)} start -o ${arguments_}`.text} -- -t ${timeout}
else
  ${sh`as_owner ${bin(cluster, 'pg_ctl')} start -D ${configDirectory(cluster)} -l ${log} -t ${timeout}`.text} ${wait ? '-w' : '-W'} ${
    sh`-o ${`${dataOption(cluster)}${arguments_}`}`.text
  }
fi </dev/null >&2 || exit
${wait ? untilReady(cluster, settings, timeout, later) : ''}`
  const result = await run(session, script, timeout, options.signal)
  if (result.status === 0) return
  throw new LifeboatError('postgres/start-failed', `cluster ${cluster.name} did not start`, {
    hints: [...(await whyStranded(session, cluster)), ...lines(result.stderr), ...(await logTail(session, log))],
  })
}

const whyStranded = async (session: Session, { dataDirectory }: Cluster): Promise<readonly string[]> => {
  const { status } = await session.run(isStranded(dataDirectory))
  return status === 0 ? [`${dataDirectory} ${STRANDED}`, ...STRANDED_HINTS] : []
}

/**
 * Whether there is anything to start. A pid file whose pid now belongs to another program is removed, as PostgreSQL
 * would refuse to start for it; any other it judges itself (trap R21).
 */
const mayStart = async (session: Session, cluster: Cluster, settings: StartOptions['settings']): Promise<boolean> => {
  const status = await clusterStatus(session, cluster)
  if (status.pidTaken) await session.run(sh`rm -f ${`${cluster.dataDirectory}/postmaster.pid`}`.text)
  if (status.state === 'stopped') return true
  if (settings === undefined) return false
  throw new LifeboatError('postgres/start-failed', `cluster ${cluster.name} runs already, with other settings`, {
    hints: [`its process is ${status.pid}`],
  })
}

/**
 * Stops a cluster, the way it is started. One that is not running is left as it is.
 *
 * @throws postgres/stop-failed
 */
export const stopCluster = async (session: Session, cluster: Cluster, options: StopOptions = {}): Promise<void> => {
  const { mode = 'fast', timeout = 60 } = options
  const script = `${prelude(cluster, true)}
# A unit that is still on its way up is the unit's to stop too: its start job would else join the next one. It gets the
# moment that Debian's needs behind a server that answers, for systemd would only send SIGTERM to all its processes.
state=
waited=0
while [ -n "$unit" ]; do
  state=$(systemctl show -p ActiveState "$unit" 2>/dev/null)
  [ "$state" = ActiveState=activating ] && [ $waited -lt ${mode === 'fast' ? 30 : 0} ] || break
  sleep 0.1 2>/dev/null || { sleep 1; waited=$((waited + 9)); }
  waited=$((waited + 1))
done
case $state in
  ActiveState=active | ActiveState=activating | ActiveState=reloading | ActiveState=deactivating)
    ${mode === 'fast' ? 'systemctl stop "$unit"' : pgCtlStop(cluster, mode, timeout)} </dev/null >&2 ;;
  *)
    { ${pgCtlStop(cluster, mode, timeout)}
    } </dev/null >&2 ;;
esac`
  const result = await run(session, script, timeout, options.signal)
  if (result.status === 0) return
  throw new LifeboatError('postgres/stop-failed', `cluster ${cluster.name} did not stop`, {
    hints: lines(result.stderr),
  })
}

/**
 * Stops and starts a cluster; through systemd in one step.
 *
 * @throws postgres/stop-failed, postgres/start-failed
 */
export const restartCluster = async (session: Session, cluster: Cluster, options: StartOptions = {}): Promise<void> => {
  await stopCluster(session, cluster, { timeout: options.timeout, signal: options.signal })
  await startCluster(session, cluster, options)
}

/**
 * Tells a running server to read its configuration again, without waiting until it has; where SQL is possible,
 * `reloadConfiguration` of settings.ts waits and finds errors.
 *
 * @throws postgres/service
 */
export const signalReload = async (session: Session, cluster: Cluster): Promise<void> => {
  await control(session, cluster, 'reload', '')
}

/**
 * Ends recovery: the server becomes writable on a new timeline.
 *
 * @param timeout seconds to wait for the end of recovery
 * @throws postgres/service
 */
export const promoteCluster = async (session: Session, cluster: Cluster, timeout = 60): Promise<void> => {
  await control(session, cluster, 'promote', `-w -t ${timeout}`, timeout)
}

const control = async (
  session: Session,
  cluster: Cluster,
  action: 'reload' | 'promote',
  flags: string,
  timeout = 30,
): Promise<void> => {
  const command = sh`as_owner ${bin(cluster, 'pg_ctl')} ${action} -D ${cluster.dataDirectory}`.text
  const result = await run(session, `${defineAsOwner(cluster)}\nLC_ALL=C ${command} ${flags} </dev/null >&2`, timeout)
  if (result.status === 0) return
  throw new LifeboatError('postgres/service', `cluster ${cluster.name}: ${action} failed`, {
    hints: lines(result.stderr),
  })
}

/** Finds `unit` (only for root, with systemd running) and `debian`, and defines `as_owner`. */
const prelude = (cluster: Cluster, mayUseUnit: boolean): string => `
export LC_ALL=C
cd /
unset PGDATA
unit=
debian=
${defineAsOwner(cluster)}
if ${mayUseUnit ? '[ "$(id -u)" = 0 ] && [ -d /run/systemd/system ]' : 'false'}; then
  for name in ${unitNames(cluster).map(quote).join(' ')}; do
    if systemctl cat "$name" >/dev/null 2>&1 && ${unitMatches(cluster)}; then unit=$name; break; fi
  done
fi
${cluster.layout === 'debian' ? 'if command -v pg_ctlcluster >/dev/null 2>&1; then debian=yes; fi' : ''}`

const unitNames = (cluster: Cluster): string[] =>
  cluster.layout === 'debian'
    ? [`postgresql@${cluster.version}-${debianName(cluster)}.service`]
    : [`postgresql-${cluster.version}.service`, 'postgresql.service']

// A plain unit belongs to this cluster only if it says so: another one may run beside it.
const unitMatches = (cluster: Cluster): string =>
  cluster.layout === 'debian'
    ? 'true'
    : sh`systemctl show -p Environment -p ExecStart "$name" | tr ' ' '\\n' | grep -qxF ${`PGDATA=${cluster.dataDirectory}`}`
        .text

const pgCtlStop = (cluster: Cluster, mode: string, timeout: number): string => `
  if ${sh`as_owner ${bin(cluster, 'pg_ctl')} status -D ${cluster.dataDirectory}`.text} >/dev/null 2>&1; then
    ${sh`as_owner ${bin(cluster, 'pg_ctl')} stop -D ${cluster.dataDirectory} -w -m ${mode} -t ${timeout}`.text}
  fi`

const bin = (cluster: Cluster, program: string): string => `${cluster.binDirectory}/${program}`
const debianName = (cluster: Cluster): string => cluster.name.split('/')[1] ?? cluster.name

// pg_ctl looks for postmaster.pid in -D: with configuration elsewhere the server itself is told where.
const configDirectory = (cluster: Cluster): string => cluster.dataDirectory
const dataOption = (cluster: Cluster): string =>
  cluster.configFile === `${cluster.dataDirectory}/postgresql.conf`
    ? ''
    : `-c ${quote(`config_file=${cluster.configFile}`)} `

// Of a unit whose start was not waited for.
const UNIT_LIVES = `unit_lives() {
  state=$(systemctl show -p ActiveState -p SubState -p Job "$unit" 2>/dev/null)
  case $state in
    # Until its turn comes it is what it was before.
    *Job=[1-9]*) return 0 ;;
    *ActiveState=failed* | *ActiveState=inactive*) ;;
    *SubState=auto-restart*) ;;
    *) return 0 ;;
  esac
  echo "$unit did not start: $(systemctl show -p Result "$unit" 2>/dev/null)" >&2
  return 1
}`

// systemd is content with a pid file. A server that recovers with hot_standby off accepts nobody, and says "standby".
const untilReady = (
  cluster: Cluster,
  settings: StartOptions['settings'],
  timeout: number,
  watched: boolean,
): string => `
${watched ? UNIT_LIVES : ''}
end=$(($(date +%s) + ${Math.ceil(timeout)}))
turn=0
until ${sh`${bin(cluster, 'pg_isready')} -q -h ${cluster.socketDirectory} -p ${portOf(cluster, settings)}`.text}; do
  ${sh`sed -n 8p ${`${cluster.dataDirectory}/postmaster.pid`} 2>/dev/null`.text} | grep -q standby && break
  [ "$(date +%s)" -lt $end ] || { echo "the server accepts no connections after ${timeout} s" >&2; exit 1; }
  ${watched ? '[ -z "$unit" ] || [ $((turn % 5)) -ne 0 ] || unit_lives || exit 1' : ''}
  turn=$((turn + 1))
  sleep 0.1 2>/dev/null || sleep 1
done
${watched ? '[ -z "$unit" ] || unit_lives || exit 1' : ''}`

const portOf = (cluster: Cluster, settings: StartOptions['settings']): string =>
  settings?.find(([name]) => name === 'port')?.[1] ?? String(cluster.port)

const run = (session: Session, script: string, timeout: number, signal?: AbortSignal): Promise<RunResult> =>
  session.run(script, { timeout: timeout + 30, ...(signal ? { signal } : {}) })

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '' && !/^waiting for server|^\.+$/.test(line))
    .slice(-10)

const logTail = async (session: Session, log: string): Promise<string[]> => {
  const { stdout } = await session.run(sh`tail -n 12 ${log} 2>/dev/null`.text)
  return stdout === '' ? [] : [`end of ${log}:`, ...lines(stdout)]
}
