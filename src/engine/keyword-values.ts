import { setTimeout as sleep } from 'node:timers/promises'
import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'
import type { PlainValue } from '../base/value.ts'

/**
 * A number of 0 or more, also as text, as a keyword has it.
 *
 * @throws engine/bad-keyword-value
 */
export const asNumber = (value: PlainValue, keyword: string, where: Position): number => {
  const number = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '') ? Number(value) : -1
  if (number >= 0 && Number.isFinite(number)) return number
  const message = `"${keyword}" must be a number of 0 or more, not "${String(value)}"`
  throw new LifeboatError('engine/bad-keyword-value', message, { where })
}

/** Waits some seconds; an interrupt of the run ends the wait. */
export const pause = async (seconds: number, signal: AbortSignal): Promise<void> => {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined)
}
