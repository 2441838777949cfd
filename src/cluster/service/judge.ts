/** What a look at a cluster's processes found. */
export interface ServerFacts {
  /** Lines of postmaster.pid; undefined where there is none. */
  readonly pidFile: readonly string[] | undefined
  /** A process with the pid of the file exists, and is not one that ended and waits to be reaped. */
  readonly alive: boolean
  /** Its command: `postgres`; empty where it cannot be seen. */
  readonly command: string
  /** Its working directory, which is the data directory of a postmaster; empty where it cannot be seen. */
  readonly directory: string
  /** A postmaster that works in the data directory, whatever the file says. */
  readonly other: number | undefined
  /** Links resolved. */
  readonly dataDirectory: string
  /** State in pg_control; empty where it cannot be read. */
  readonly controlState: string
}

/** What is known of a server after looking at its files and processes. */
export interface ServerStatus {
  /** `recovering`: it replays WAL and accepts no connections, as hot_standby is off. A hot standby is `running`. */
  readonly state: 'stopped' | 'starting' | 'running' | 'recovering' | 'stopping'
  readonly pid: number | undefined
  /** A postmaster.pid is there that belongs to no server any more: after a crash or a power cut. */
  readonly stalePidFile: boolean
  /** The pid in that file was given to another program: PostgreSQL alone would refuse to start for it. */
  readonly pidTaken: boolean
  /** Stopped without a shutdown: the next start recovers first. */
  readonly crashed: boolean
  readonly startedAt: Date | undefined
}

/**
 * Judges whether a server runs on a data directory (trap R21). A pid alone proves nothing, for the system reuses it: the
 * process must be a postmaster and work in this very directory. A postmaster whose pid file was deleted still counts.
 */
export const judgeServer = (facts: ServerFacts): ServerStatus => {
  const [pidText, , started, , , , , word] = facts.pidFile ?? []
  const pid = Number(pidText)
  const ours =
    facts.alive &&
    Number.isInteger(pid) &&
    (facts.command === '' || /^(postgres|postmaster)$/.test(facts.command)) &&
    (facts.directory === '' || facts.directory === facts.dataDirectory)
  const server = ours ? pid : facts.other
  return {
    state: server === undefined ? 'stopped' : stateOf(ours ? word : undefined),
    pid: server,
    stalePidFile: facts.pidFile !== undefined && !ours,
    pidTaken: facts.pidFile !== undefined && !ours && facts.alive,
    crashed: server === undefined && facts.controlState !== '' && !facts.controlState.startsWith('shut down'),
    startedAt: ours && Number(started) > 0 ? new Date(Number(started) * 1000) : undefined,
  }
}

const stateOf = (word: string | undefined): ServerStatus['state'] => {
  switch (word?.trim()) {
    case 'starting':
      return 'starting'
    case 'stopping':
      return 'stopping'
    case 'standby':
      return 'recovering'
    default:
      return 'running'
  }
}
