import { LifeboatError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import type { Position } from '../base/position.ts'
import type { MappingEntry } from '../text/yaml/node.ts'

/** Something of Ansible's that is known and not there yet. */
export const notSupported = (what: string, where: Position, length?: number): LifeboatError =>
  new LifeboatError('playbook/not-supported', `${what} is not supported yet`, {
    where: length === undefined ? where : { ...where, length },
  })

/** A key that means nothing where it stands, with the nearest that would. */
export const unknownKeyword = (
  { key, keyPosition }: MappingEntry,
  where: string,
  known: Iterable<string>,
  hints: readonly string[] = [],
): LifeboatError =>
  new LifeboatError('playbook/unknown-keyword', `"${key}" is not a keyword of ${where}`, {
    where: { ...keyPosition, length: key.length },
    hints: [...didYouMean(key, known), ...hints],
  })
