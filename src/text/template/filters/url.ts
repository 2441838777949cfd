import type { Filter } from '../evaluate/world.ts'
import { getKey } from '../python/mapping.ts'
import { Dict } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import type { RuntimeValue } from '../values/types.ts'
import { textOf } from './values.ts'

const URL_PARTS = /^(?:([a-zA-Z][a-zA-Z\d+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s

const splitUrl: Filter = (value, args) => {
  const [wanted = ''] = args.bind('query')
  const [, scheme = '', netloc = '', path = '', query = '', fragment = ''] = URL_PARTS.exec(textOf(value)) ?? []
  const [, userinfo, host = ''] = /^(?:(.*)@)?(.*)$/s.exec(netloc) ?? []
  const [, hostname = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host) ?? []
  const [username, password] = userinfo === undefined ? [] : userinfo.split(/:(.*)/s)
  const parts = new Dict([
    ['fragment', fragment],
    ['hostname', hostname === '' ? null : hostname.replace(/^\[|\]$/g, '').toLowerCase()],
    ['netloc', netloc],
    ['password', password ?? null],
    ['path', path],
    ['port', port === undefined ? null : Number(port)],
    ['query', query],
    ['scheme', scheme.toLowerCase()],
    ['username', username ?? null],
  ] as [string, RuntimeValue][])
  if (wanted === '') return parts
  const part = getKey(parts, wanted)
  if (part === undefined) throw fail(`urlsplit has no part "${textOf(wanted)}"`)
  return part
}

/** Filters that work on URLs. */
export const urlFilters: Readonly<Record<string, Filter>> = {
  urlsplit: splitUrl,
}
