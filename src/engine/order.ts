import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'

const ORDERS: Readonly<Record<string, (hosts: readonly string[]) => string[]>> = {
  inventory: (hosts) => [...hosts],
  reverse_inventory: (hosts) => [...hosts].reverse(),
  sorted: (hosts) => [...hosts].sort(),
  reverse_sorted: (hosts) => [...hosts].sort().reverse(),
  shuffle: (hosts) =>
    hosts
      .map((host) => ({ host, at: Math.random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ host }) => host),
}

/**
 * Puts the hosts of a play into the order that its `order` keyword names.
 *
 * @throws engine/bad-keyword-value
 */
export const orderHosts = (hosts: readonly string[], order: string, where?: Position): string[] => {
  const sort = ORDERS[order]
  if (sort) return sort(hosts)
  throw new LifeboatError('engine/bad-keyword-value', `order "${order}" is not known`, {
    where,
    hints: [`use one of ${Object.keys(ORDERS).join(', ')}`],
  })
}
