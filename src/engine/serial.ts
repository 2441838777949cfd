import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'
import type { PlainValue } from '../base/value.ts'

const sizeOf = (entry: PlainValue, total: number, where: Position | undefined): number => {
  const text = String(entry).trim()
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)
  // Ansible rounds a percentage down, but never below one host.
  if (percent) return Math.max(1, Math.floor((Number(percent[1]) / 100) * total))
  if (/^-?\d+$/.test(text)) return Number(text) <= 0 ? total : Number(text)
  throw new LifeboatError('engine/bad-serial', `"${text}" is not a batch size`, {
    where,
    hints: ['serial takes a number of hosts, a percentage such as "25%", or a list of both'],
  })
}

/**
 * Cuts the hosts of a play into its batches. The last size of a list is used until no host is left.
 *
 * @throws engine/bad-serial
 */
export const batchesOf = (hosts: readonly string[], serial: PlainValue | undefined, where?: Position): string[][] => {
  if (serial === undefined || serial === null) return hosts.length > 0 ? [[...hosts]] : []
  const sizes = (Array.isArray(serial) ? serial : [serial]).map((entry) => sizeOf(entry, hosts.length, where))
  const batches: string[][] = []
  let taken = 0
  while (taken < hosts.length) {
    const size = sizes[Math.min(batches.length, sizes.length - 1)] ?? hosts.length
    batches.push(hosts.slice(taken, taken + size))
    taken += size
  }
  return batches
}
