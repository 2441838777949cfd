import { LifeboatError } from './errors.ts'

const SAFE = /^[A-Za-z0-9_./:=@%+,-]+$/

/**
 * Quotes one word for a POSIX shell (dash, bash, busybox ash): the shell sees exactly the text.
 *
 * @throws lifeboat/bug when the text has a NUL byte, which no argument can carry.
 */
export const quote = (text: string): string => {
  if (text.includes('\0')) throw new LifeboatError('lifeboat/bug', 'a NUL byte cannot be part of a shell word')
  return SAFE.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** A piece of shell that is already quoted and goes into a script as it is. */
export class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Marks text as shell to be inserted unquoted. Only for text that Lifeboat itself wrote. */
export const raw = (text: string): Raw => new Raw(text)

export type ShellWord = string | number | Raw | readonly (string | number | Raw)[]

const word = (value: ShellWord): string => {
  if (value instanceof Raw) return value.text
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return quote(String(value))
  return value.map(word).join(' ')
}

/**
 * Builds shell text with every interpolated value quoted by construction; lists become several words, `raw()` and the
 * result of another `sh` go in as they are.
 *
 * @example sh`mv ${from} ${to}`.text
 */
export const sh = (strings: TemplateStringsArray, ...values: readonly ShellWord[]): Raw =>
  new Raw(
    strings.reduce(
      (text, part, index) => text + part + (index < values.length ? word(values[index] as ShellWord) : ''),
      '',
    ),
  )
