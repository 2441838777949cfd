import { isAbsolute, resolve } from 'node:path'
import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'
import type { PlainValue, Variables } from '../base/value.ts'
import { readVariablesFile } from '../text/variables-file.ts'
import type { ToValueOptions } from '../text/yaml/value.ts'

/** One entry of `vars_files`, evaluated: a path, or a list of paths of which the first that exists counts. */
export const readVarsFile = async (
  entry: PlainValue,
  directory: string,
  where: Position,
  options: ToValueOptions,
): Promise<Variables> => {
  const paths = (Array.isArray(entry) ? entry : [entry]).map((path) => {
    const text = String(path)
    return isAbsolute(text) ? text : resolve(directory, text)
  })
  let missing: unknown
  for (const path of paths) {
    try {
      return await readVariablesFile(path, options, where)
    } catch (error) {
      if (!(error instanceof LifeboatError && error.code === 'file/not-found')) throw error
      missing = error
    }
  }
  throw missing
}
