import { readFileSync } from 'node:fs'

/** Who a fleet belongs to: it is swept when this process is gone. A pid alone would be reused one day. */
export interface Owner {
  readonly pid: number
  /** Clock ticks from boot to the start of the process; 0 where there is no /proc. */
  readonly started: number
}

export function thisProcess(): Owner {
  return { pid: process.pid, started: startOf(process.pid) ?? 0 }
}

export function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM: somebody else's process, alive.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const started = startOf(owner.pid)
  if (started === undefined) return process.platform !== 'linux'
  return owner.started === 0 || started === owner.started
}

/** Changes with every boot of the machine: after one, nothing that a fleet started is running. */
export function bootOfMachine(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return 'unknown'
  }
}

function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command stands in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const state = fields[0]
    return state === 'Z' || state === 'X' ? undefined : Number(fields[19])
  } catch {
    return undefined
  }
}
