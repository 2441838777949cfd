/** What stands in the place of a secret in anything that is printed, logged or stored. */
export const REDACTED = '********'

/** The secrets of a run: whatever leaves the process as text goes through `redact` first. */
export class Secrets {
  readonly #texts = new Set<string>()

  /** Adds a secret. Texts shorter than 3 characters are left out: hiding them would hide half of every line. */
  add(text: string): void {
    if (text.length < 3) return
    this.#texts.add(text)
    for (const line of text.split('\n')) if (line.trim().length >= 8) this.#texts.add(line.trim())
  }

  /** Replaces every secret in a text. */
  redact(text: string): string {
    let result = text
    for (const secret of this.#sorted()) if (result.includes(secret)) result = result.replaceAll(secret, REDACTED)
    return result
  }

  /** Replaces every secret in a value and all that it holds; returns a copy where something was replaced. */
  redactValue<T>(value: T): T {
    if (this.#texts.size === 0) return value
    return this.#walk(value) as T
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.redact(value)
    if (Array.isArray(value)) return value.map((item) => this.#walk(item))
    if (value !== null && typeof value === 'object' && !Buffer.isBuffer(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.redact(key), this.#walk(item)]))
    }
    return value
  }

  #sorted(): string[] {
    return [...this.#texts].sort((a, b) => b.length - a.length)
  }
}
