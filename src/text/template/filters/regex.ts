import type { Filter } from '../evaluate/world.ts'
import { compileRegex, escapeRegex, expandReplacement } from '../python/regex.ts'
import { fail } from '../values/fail.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { flag, textOf, wantNumber } from './values.ts'

const replace: Filter = (value, args) => {
  const [pattern = '', replacement = '', ignoreCase, multiline, count = 0, mandatory = 0] = args.bind(
    'pattern',
    'replacement',
    'ignorecase',
    'multiline',
    'count',
    'mandatory_count',
  )
  const regex = compileRegex(textOf(pattern), {
    ignoreCase: flag(ignoreCase),
    multiline: flag(multiline),
    global: true,
  })
  const limit = wantNumber(count, 'count') || Number.POSITIVE_INFINITY
  const template = textOf(replacement)
  const text = textOf(value)
  let done = 0
  let at = 0
  let result = ''
  for (const match of text.matchAll(regex)) {
    if (done >= limit) break
    result += text.slice(at, match.index) + expandReplacement(template, match)
    at = match.index + match[0].length
    done++
  }
  const wanted = wantNumber(mandatory, 'mandatory_count')
  if (wanted > 0 && done !== wanted) {
    throw fail(`the pattern "${textOf(pattern)}" was to be found ${wanted} times and was found ${done} times`)
  }
  return result + text.slice(at)
}

const search: Filter = (value, args) => {
  const [pattern, ...groups] = args.positional
  if (pattern === undefined) throw fail('regex_search needs a pattern', [], 'template/bad-arguments')
  const ignoreCase = flag(args.named.get('ignorecase'))
  const regex = compileRegex(textOf(pattern), { ignoreCase, multiline: flag(args.named.get('multiline')) })
  const match = regex.exec(textOf(value))
  if (!match) return null
  if (groups.length === 0) return match[0]
  return groups.map((group) => groupOf(match, textOf(group)))
}

const groupOf = (match: RegExpExecArray, group: string): RuntimeValue => {
  const [, name, number] = /^\\(?:g<(\w+)>|(\d+))$/.exec(group) ?? []
  const index = number ?? (name !== undefined && /^\d+$/.test(name) ? name : undefined)
  if (index !== undefined && Number(index) < match.length) return match[Number(index)] ?? null
  if (name !== undefined && match.groups && Object.hasOwn(match.groups, name)) return match.groups[name] ?? null
  throw fail(`the pattern has no group ${group}`, ["name groups as '\\\\1' or '\\\\g<name>'"])
}

const findAll: Filter = (value, args) => {
  const [pattern, multiline, ignoreCase] = args.bind('regex!', 'multiline', 'ignorecase')
  const options = { ignoreCase: flag(ignoreCase), multiline: flag(multiline), global: true }
  const regex = compileRegex(textOf(pattern), options)
  return Array.from(textOf(value).matchAll(regex), (match): RuntimeValue => {
    if (match.length === 1) return match[0]
    const groups = match.slice(1).map((group) => group ?? '')
    return groups.length === 1 ? (groups[0] as string) : new Tuple(groups)
  })
}

const escapeFor: Filter = (value, args) => {
  const [type = 'python'] = args.bind('re_type')
  if (type === 'python') return escapeRegex(textOf(value))
  if (type === 'posix_basic') return textOf(value).replace(/[[\].^$*\\]/g, '\\$&')
  throw fail(`regex_escape has no re_type "${textOf(type)}"`, ['known: python, posix_basic'])
}

/** Filters with Python's regular expressions. */
export const regexFilters: Readonly<Record<string, Filter>> = {
  regex_replace: replace,
  regex_search: search,
  regex_findall: findAll,
  regex_escape: escapeFor,
}
