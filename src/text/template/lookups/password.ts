import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { textOf, wantNumber } from '../filters/values.ts'
import { itemsOf } from '../python/iterate.ts'
import type { RuntimeValue } from '../values/types.ts'
import { lookupFailed } from './failed.ts'
import type { Lookup } from './types.ts'

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const SETS: ReadonlyMap<string, string> = new Map([
  ['ascii_lowercase', LOWER],
  ['ascii_uppercase', LOWER.toUpperCase()],
  ['ascii_letters', LOWER + LOWER.toUpperCase()],
  ['digits', '0123456789'],
  ['hexdigits', '0123456789abcdefABCDEF'],
  ['punctuation', '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'],
])

/** A password that is made once and kept in a file of the controller: `path length=20 chars=ascii_letters,digits`. */
export const password: Lookup = (terms, options, world) =>
  terms.map((term) => {
    const [path = '', ...parts] = textOf(term).split(/\s+(?=\w+=)/)
    const given = new Map(options)
    for (const part of parts) given.set(part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1))
    if (given.has('encrypt')) {
      throw lookupFailed('the lookup "password" cannot encrypt', ['encrypt on the host, by the module that takes it'])
    }
    const file = isAbsolute(path) ? path : join(world.lookups.baseDirectories.at(-1) ?? '.', path)
    return kept(file) ?? make(file, given)
  })

const kept = (file: string): string | undefined =>
  file === '/dev/null' || !existsSync(file)
    ? undefined
    : readFileSync(file, 'utf8')
        .trimEnd()
        .replace(/ salt=.*$/, '')

const make = (file: string, given: ReadonlyMap<string, RuntimeValue>): string => {
  const length = wantNumber(given.get('length') ?? 20, 'the length')
  const letters = alphabet(given.get('chars'))
  const made = Array.from({ length }, () => letters.charAt(randomInt(letters.length))).join('')
  if (file === '/dev/null') return made
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, `${made}\n`, { mode: 0o600, flag: 'wx' })
  return made
}

const alphabet = (chars: RuntimeValue | undefined): string => {
  if (chars === undefined) return `${SETS.get('ascii_letters')}${SETS.get('digits')}.,:-_`
  const names = typeof chars === 'string' ? chars.replace(',,', '\0').split(',') : itemsOf(chars).map(textOf)
  const letters = names.map((name) => SETS.get(name) ?? name.replace('\0', ',')).join('')
  if (letters === '') throw lookupFailed('a password needs characters to be made of')
  return [...new Set(letters)].join('')
}
