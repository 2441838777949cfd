import { LifeboatError } from './errors.ts'
import type { Position } from './position.ts'

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86_400, w: 604_800 }

/**
 * Reads a duration: a bare number counts seconds; `ms s m min h d w` may follow and may be combined (`1h30m`).
 *
 * @returns seconds
 * @throws value/bad-duration
 */
export const parseDuration = (text: string | number, where?: Position): number => {
  if (typeof text === 'number' && Number.isFinite(text) && text >= 0) return text
  const compact = String(text).replaceAll(/\s+/g, '')
  if (/^\d+(\.\d+)?$/.test(compact)) return Number(compact)
  if (!/^(\d+(\.\d+)?(ms|min|[smhdw]))+$/.test(compact)) {
    throw new LifeboatError('value/bad-duration', `"${text}" is not a duration`, {
      where,
      hints: ['write a number of seconds, or a number with a unit: 90s, 15m, 2h, 1d, 1h30m'],
    })
  }
  let total = 0
  for (const [, amount, unit] of compact.matchAll(/(\d+(?:\.\d+)?)(ms|min|[smhdw])/g)) {
    total += Number(amount) * (SECONDS[unit as string] ?? 0)
  }
  return total
}

/** Writes seconds for a person: `0.4s`, `12.3s`, `4m 05s`, `2h 03m`, `3d 04h`. */
export const formatDuration = (seconds: number): string => {
  if (seconds < 60) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  const two = (value: number): string => String(value).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`
  return `${Math.floor(whole / 86_400)}d ${two(Math.floor((whole % 86_400) / 3600))}h`
}
