import { LifeboatError } from './errors.ts'
import type { Position } from './position.ts'

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/**
 * Reads a size as PostgreSQL writes it: powers of 1024, `B kB MB GB TB PB`, case ignored; a bare number counts bytes.
 *
 * @returns bytes
 * @throws value/bad-size
 */
export const parseSize = (text: string | number, where?: Position): number => {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)i?(b?)$/i.exec(String(text).trim())
  if (!match) {
    throw new LifeboatError('value/bad-size', `"${text}" is not a size`, {
      where,
      hints: ['write a number of bytes, or a number with a unit: 512kB, 16MB, 1GB, 2TB'],
    })
  }
  const power = ['', 'k', 'm', 'g', 't', 'p'].indexOf((match[2] ?? '').toLowerCase())
  return Math.round(Number(match[1]) * 1024 ** power)
}

/** Writes bytes for a person with three digits: `998 B`, `1.50 kB`, `16.0 MB`. */
export const formatSize = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  if (unit === 0) return `${bytes} B`
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ${UNITS[unit]}`
}
