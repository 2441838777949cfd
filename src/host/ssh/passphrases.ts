import type { ParsedKey } from 'ssh2'
import type { KeyFile } from './key-file.ts'

/** Asks a person for the passphrase of a key file; undefined where there is nobody to ask. */
export type AskPassphrase = (question: string) => Promise<string | undefined>

/** How often a person may be wrong. */
const TRIES = 3

/** Why a key stays locked. */
export class StillLocked extends Error {}

/** The keys that were unlocked in a run: each asks for its passphrase once, however many hosts want it. */
export class Passphrases {
  readonly #ask: AskPassphrase | undefined
  readonly #unlocked = new Map<string, Promise<ParsedKey>>()
  /** One question at a time. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(ask: AskPassphrase | undefined) {
    this.#ask = ask
  }

  /**
   * The private key of a file. `given` is the passphrase that an inventory has for it; without one a person is asked.
   * Rejects with StillLocked.
   */
  unlock(key: KeyFile, given: string | undefined): Promise<ParsedKey> {
    if (given !== undefined) {
      const unlocked = key.unlock(given)
      if (unlocked) return Promise.resolve(unlocked)
      return Promise.reject(new StillLocked('the passphrase given for it is wrong'))
    }
    const known = this.#unlocked.get(key.file)
    if (known) return known
    const asked = this.#turn.then(() => this.#askFor(key))
    this.#turn = asked.catch(() => {})
    this.#unlocked.set(key.file, asked)
    return asked
  }

  async #askFor(key: KeyFile): Promise<ParsedKey> {
    for (let tries = 0; tries < TRIES; tries++) {
      const passphrase = await this.#ask?.(`Passphrase of ${key.file}${tries === 0 ? '' : ' (that one was wrong)'}`)
      if (passphrase === undefined) throw new StillLocked('has a passphrase')
      const unlocked = key.unlock(passphrase)
      if (unlocked) return unlocked
    }
    throw new StillLocked(`has a passphrase, and ${TRIES} wrong ones were given`)
  }
}
