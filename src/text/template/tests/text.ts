import type { Test } from '../evaluate/world.ts'
import { filters } from '../filters/index.ts'
import { flag, textOf } from '../filters/values.ts'
import { compileRegex } from '../python/regex.ts'
import { fail } from '../values/fail.ts'

type How = 'match' | 'search' | 'fullmatch'

const regex =
  (fixed?: How): Test =>
  (value, args) => {
    const [pattern = '', ignoreCase, multiline, type = fixed ?? 'search'] = args.bind(
      'pattern',
      'ignorecase',
      'multiline',
      ...(fixed ? [] : ['match_type']),
    )
    const how = textOf(type)
    if (!['match', 'search', 'fullmatch'].includes(how)) throw fail(`regex has no match_type "${how}"`)
    const options = { ignoreCase: flag(ignoreCase), multiline: flag(multiline), sticky: how !== 'search' }
    const text = textOf(value)
    const found = compileRegex(how === 'fullmatch' ? `(?:${textOf(pattern)})\\Z` : textOf(pattern), options).exec(text)
    return found !== null
  }

const URL = /^[a-z][a-z\d+.-]*:\/\/[^\s/]/i

/** Tests of what a text looks like. */
export const textTests: Readonly<Record<string, Test>> = {
  match: regex('match'),
  search: regex('search'),
  regex: regex(),
  url: (value) => URL.test(textOf(value)),
  uri: (value) => /^[a-z][a-z\d+.-]*:\S/i.test(textOf(value)),
  urn: (value) => /^urn:/i.test(textOf(value)),
  vault_encrypted: (value) => textOf(value).startsWith('$ANSIBLE_VAULT;'),
  filter: (value) => filters.has(textOf(value)),
}
