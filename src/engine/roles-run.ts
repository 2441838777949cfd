import type { Role } from '../playbook/types.ts'

/**
 * Which roles ran on which hosts of a play. The same use of a role runs once on a host, unless the role (or the include
 * that brings it) allows duplicates: a dependency of several roles is not done over and over. A role of which every
 * task was skipped did not run.
 */
export class RolesRun {
  readonly #begun = new Set<string>()
  readonly #done = new Set<string>()
  readonly #brought = new Set<string>()

  /** Whether an include brings this use of a role for the first time: its handlers come only once. */
  isNew({ use }: Role): boolean {
    return this.#brought.size < this.#brought.add(use).size
  }

  mayRun(host: string, role: Role): boolean {
    return role.allowDuplicates || !this.#done.has(keyOf(host, role))
  }

  /** A task of the role was not skipped on the host. */
  taskRan(host: string, role: Role): void {
    this.#begun.add(keyOf(host, role))
  }

  /** The host has come through the role without a failure. */
  ended(host: string, role: Role): void {
    const key = keyOf(host, role)
    if (this.#begun.has(key)) this.#done.add(key)
  }
}

const keyOf = (host: string, { use }: Role): string => `${host}\0${use}`
