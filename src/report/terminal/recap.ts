import type { HostStats } from '../../base/result.ts'
import type { Style } from './style.ts'

const COUNTS = ['ok', 'changed', 'unreachable', 'failed', 'skipped', 'rescued', 'ignored'] as const

const COLOURS: Partial<Record<(typeof COUNTS)[number], 'green' | 'yellow' | 'red' | 'cyan' | 'magenta'>> = {
  ok: 'green',
  changed: 'yellow',
  unreachable: 'red',
  failed: 'red',
  skipped: 'cyan',
  rescued: 'magenta',
}

/** The line a host that Ansible's users and scripts know: `db1 : ok=12 changed=3 unreachable=0 …`. */
export const recapLine = (host: string, stats: HostStats, width: number, style: Style): string => {
  const counts = COUNTS.map((name) => {
    const text = `${name}=${stats[name]}`
    const colour = COLOURS[name]
    return stats[name] > 0 && colour ? style(colour, text) : text
  })
  return `${host.padEnd(width)} : ${counts.join(' ')}`
}
