import { LifeboatError } from '../src/base/errors.ts'

/** The error with which something fails; throws where it does not, or with any other. */
export const failureOf = async (work: Promise<unknown>): Promise<LifeboatError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof LifeboatError) return error
  throw error ?? new Error('it did not fail')
}
