import { didYouMean } from '../../../base/nearest.ts'
import type { Filter } from '../evaluate/world.ts'
import { typeName } from '../python/type-name.ts'
import { fail } from '../values/fail.ts'
import { comment } from './comment.ts'
import { dataFilters } from './data.ts'
import { defaultFilters } from './defaults.ts'
import { encodeFilters } from './encode.ts'
import { listFilters } from './lists.ts'
import { mappingFilters } from './mappings.ts'
import { numberFilters } from './numbers.ts'
import { pathFilters } from './paths.ts'
import { randomFilters } from './random.ts'
import { regexFilters } from './regex.ts'
import { selectFilters } from './select.ts'
import { setFilters } from './sets.ts'
import { textFilters } from './text.ts'
import { timeFilters } from './time.ts'
import { urlFilters } from './url.ts'

/** Every filter by its name. */
export const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>(
  Object.entries({
    ...defaultFilters,
    ...numberFilters,
    ...textFilters,
    ...listFilters,
    ...setFilters,
    ...selectFilters,
    ...mappingFilters,
    ...dataFilters,
    ...regexFilters,
    ...pathFilters,
    ...encodeFilters,
    ...randomFilters,
    ...timeFilters,
    ...urlFilters,
    comment,
    type_debug: (value) => typeName(value),
  } satisfies Record<string, Filter>),
)

/**
 * A filter by its name, with or without its collection (`ansible.builtin.combine`).
 *
 * @throws template/unknown-filter
 */
export const findFilter = (name: string): Filter => {
  const short = name.slice(name.lastIndexOf('.') + 1)
  const filter = filters.get(short)
  if (filter) return filter
  throw fail(`there is no filter "${name}"`, didYouMean(short, filters.keys()), 'template/unknown-filter')
}
