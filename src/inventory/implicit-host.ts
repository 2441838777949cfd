import type { InventoryHost } from './inventory.ts'

const LOCAL = ['localhost', '127.0.0.1', '::1']

/**
 * The host that stands for this machine where no source holds it: in no group, not in `all`, with a local connection.
 *
 * @returns undefined for a name that is none of `localhost`, `127.0.0.1` and `::1`
 */
export const implicitHost = (name: string): InventoryHost | undefined =>
  LOCAL.includes(name) ? { name, vars: { ansible_connection: 'local' }, groups: [] } : undefined
