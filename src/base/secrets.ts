/** What stands in the place of a secret in anything that is printed, logged or stored. */
export const REDACTED = '********'

/** A text as it is, and as it stands in a shell script (Python's quoting and ours), in JSON, in a URL and in base64. */
const formsOf = (text: string): string[] => {
  const json = JSON.stringify(text).slice(1, -1)
  // A half of a surrogate pair cannot stand in a URL.
  const url = encodeURIComponent(Buffer.from(text).toString())
  return [
    text,
    text.replaceAll("'", `'"'"'`),
    text.replaceAll("'", `'\\''`),
    json,
    json.replace(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    url,
    // Python leaves the slash alone, and nothing else of these.
    url.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%2F', '/'),
    Buffer.from(text).toString('base64'),
  ]
}

/** The secrets of a run: whatever leaves the process as text goes through `redact` first. */
export class Secrets {
  readonly #texts = new Set<string>()

  /** Adds a secret. Texts shorter than 3 characters are left out: hiding them would hide half of every line. */
  add(text: string): void {
    if (text.length < 3) return
    const lines = text.split('\n').map((line) => line.trim())
    for (const part of [text, ...lines.filter((line) => line.length >= 8)]) {
      for (const form of formsOf(part)) this.#texts.add(form)
    }
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
