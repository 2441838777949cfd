import { didYouMean } from '../../../base/nearest.ts'
import { fail } from '../values/fail.ts'
import { fileLookups } from './files.ts'
import { firstFound } from './first-found.ts'
import { listLookups } from './lists.ts'
import { password } from './password.ts'
import { sequence } from './sequence.ts'
import type { Lookup } from './types.ts'
import { variableLookups } from './variables.ts'

/** Every lookup by its name. */
export const lookups: ReadonlyMap<string, Lookup> = new Map<string, Lookup>(
  Object.entries({
    ...listLookups,
    ...variableLookups,
    ...fileLookups,
    sequence,
    first_found: firstFound,
    password,
  }),
)

/**
 * A lookup by its name, with or without its collection.
 *
 * @throws template/unknown-lookup
 */
export const findLookup = (name: string): Lookup => {
  const short = name.slice(name.lastIndexOf('.') + 1)
  const lookup = lookups.get(short)
  if (lookup) return lookup
  throw fail(`there is no lookup "${name}"`, didYouMean(short, lookups.keys()), 'template/unknown-lookup')
}
