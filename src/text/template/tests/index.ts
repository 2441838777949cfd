import { didYouMean } from '../../../base/nearest.ts'
import type { Test } from '../evaluate/world.ts'
import { fail } from '../values/fail.ts'
import { compareTests } from './compare.ts'
import { fileTests } from './files.ts'
import { resultTests } from './results.ts'
import { textTests } from './text.ts'
import { typeTests } from './types.ts'
import { version } from './version.ts'

/** Every test by its name. */
export const tests: ReadonlyMap<string, Test> = new Map<string, Test>(
  Object.entries({
    ...typeTests,
    ...compareTests,
    ...textTests,
    ...fileTests,
    ...resultTests,
    version,
    version_compare: version,
  }),
)

/**
 * A test by its name, with or without its collection.
 *
 * @throws template/unknown-test
 */
export const findTest = (name: string): Test => {
  const short = name.slice(name.lastIndexOf('.') + 1)
  const test = tests.get(short)
  if (test) return test
  throw fail(`there is no test "${name}"`, didYouMean(short, tests.keys()), 'template/unknown-test')
}
