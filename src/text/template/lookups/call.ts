import { LifeboatError } from '../../../base/errors.ts'
import type { World } from '../evaluate/world.ts'
import { textOf } from '../filters/values.ts'
import { isTrue } from '../python/truth.ts'
import type { Arguments } from '../values/arguments.ts'
import { fail } from '../values/fail.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { findLookup } from './index.ts'

/**
 * `lookup(name, term…)`: texts joined by commas, one value as it is; `query` and `wantlist=True`: the list.
 * `errors='ignore'` gives None (or an empty list) where the lookup fails.
 */
export const callLookup = (args: Arguments, world: World, asList: boolean): RuntimeValue => {
  const [name, ...terms] = args.positional
  if (name === undefined) throw fail(`${args.owner} needs the name of a lookup`, [], 'template/bad-arguments')
  const lookup = findLookup(textOf(name))
  if (!world.lookupsAllowed) {
    throw fail(
      `the lookup "${textOf(name)}" is not allowed in a condition that came out of a template`,
      [],
      'template/lookup-disabled',
    )
  }
  const options = new Map(args.named)
  const wantList = asList || isTrue(options.get('wantlist') ?? false)
  const errors = textOf(options.get('errors') ?? 'strict')
  options.delete('wantlist')
  options.delete('errors')
  for (const term of terms) if (term instanceof Undefined) throw term.toError()
  try {
    const found = lookup(terms, options, world)
    return wantList ? found : asOne(found)
  } catch (error) {
    const ignored = errors === 'ignore' || errors === 'warn'
    if (!ignored || !(error instanceof LifeboatError) || error.code !== 'template/lookup-failed') throw error
    return wantList ? [] : null
  }
}

const asOne = (found: RuntimeValue[]): RuntimeValue => {
  if (found.every((item) => typeof item === 'string')) return found.join(',')
  return found.length === 1 ? (found[0] as RuntimeValue) : found
}
