import { createHash, randomInt } from 'node:crypto'
import type { Filter } from '../evaluate/world.ts'
import { itemsOf } from '../python/iterate.ts'
import { entriesOf } from '../python/mapping.ts'
import { shaCrypt } from '../python/sha-crypt.ts'
import { str } from '../python/text.ts'
import { isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import type { RuntimeValue } from '../values/types.ts'
import { optionalNumber, textOf, wantText } from './values.ts'

const HASHES: Readonly<Record<string, string>> = {
  md5: 'md5',
  sha1: 'sha1',
  sha224: 'sha224',
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
  sha3_256: 'sha3-256',
  sha3_512: 'sha3-512',
  blake2b: 'blake2b512',
  blake2s: 'blake2s256',
}

const digest = (text: string, name: string): string => {
  const algorithm = Object.hasOwn(HASHES, name) ? HASHES[name] : undefined
  if (algorithm === undefined) throw fail(`there is no hash "${name}"`, [`known: ${Object.keys(HASHES).join(', ')}`])
  return createHash(algorithm).update(text).digest('hex')
}

const hash =
  (fixed?: string): Filter =>
  (value, args) => {
    const [name = fixed ?? 'sha1'] = args.bind(...(fixed ? [] : ['hashtype']))
    return digest(textOf(value), textOf(name))
  }

const decode: Filter = (value, args) => {
  args.bind('encoding')
  return Buffer.from(wantText(value, 'what b64decode reads'), 'base64').toString('utf8')
}

const encode: Filter = (value, args) => {
  args.bind('encoding')
  return Buffer.from(wantText(value, 'what b64encode writes'), 'utf8').toString('base64')
}

const SALT_LETTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A password's hash for /etc/shadow. Without a salt it is another one each time: give one to find nothing changed. */
const hashPassword: Filter = (value, args) => {
  const [kind = 'sha512', salt = null, , rounds = null] = args.bind('hashtype', 'salt', 'salt_size', 'rounds')
  if (kind !== 'sha512' && kind !== 'sha256') {
    throw fail(`passwords cannot be hashed by "${textOf(kind)}"`, ['known: sha512, sha256'])
  }
  const random = () => Array.from({ length: 16 }, () => SALT_LETTERS[randomInt(SALT_LETTERS.length)]).join('')
  const seasoning = salt === null ? random() : textOf(salt)
  if (!/^[./\dA-Za-z]+$/.test(seasoning)) throw fail('a salt is made of letters, digits, "." and "/"')
  return shaCrypt(kind, wantText(value, 'a password'), seasoning, optionalNumber(rounds, 'the rounds'))
}

const ANSIBLE_NAMESPACE = '361e6d51-faec-444a-9079-341386da8e2e'

/** A UUID made of a name (version 5), so that the same text always gives the same one. */
const toUuid: Filter = (value, args) => {
  const [namespace = ANSIBLE_NAMESPACE] = args.bind('namespace')
  const space = textOf(namespace).replaceAll('-', '')
  if (!/^[\da-fA-F]{32}$/.test(space)) throw fail(`"${textOf(namespace)}" is not a UUID`)
  const bytes = createHash('sha1').update(Buffer.from(space, 'hex')).update(textOf(value)).digest()
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

const urlEncode: Filter = (value) => {
  if (typeof value === 'string' || (!isMapping(value) && !Array.isArray(value))) return percent(textOf(value), '/')
  const pairs = isMapping(value) ? entriesOf(value) : itemsOf(value).map((pair) => itemsOf(pair))
  const part = (one: RuntimeValue | undefined): string => percent(str(one ?? null), '').replaceAll('%20', '+')
  return pairs.map(([key, item]) => `${part(key)}=${part(item)}`).join('&')
}

const percent = (text: string, safe: string): string =>
  Array.from(Buffer.from(text, 'utf8'), (byte) => {
    const character = String.fromCharCode(byte)
    if (/[\w.~-]/.test(character) || (safe !== '' && safe.includes(character))) return character
    return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')

const urlDecode: Filter = (value) => {
  const text = textOf(value).replaceAll('+', ' ')
  return text.replace(/(?:%[\da-fA-F]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
}

/** Filters that encode, decode and digest texts. */
export const encodeFilters: Readonly<Record<string, Filter>> = {
  b64encode: encode,
  b64decode: decode,
  hash: hash(),
  md5: hash('md5'),
  sha1: hash('sha1'),
  checksum: hash('sha1'),
  password_hash: hashPassword,
  to_uuid: toUuid,
  urlencode: urlEncode,
  urldecode: urlDecode,
}
