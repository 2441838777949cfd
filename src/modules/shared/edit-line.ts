import { compileRegex, expandReplacement } from '../../text/template/python/regex.ts'
import { bare, splitLines } from './edit-file.ts'

export interface LineEdit {
  readonly state: 'present' | 'absent'
  /** One line, without its end. */
  readonly line: string | undefined
  readonly regexp: string | undefined
  readonly search_string: string | undefined
  /** A pattern, `EOF` or `BOF`. */
  readonly insertafter: string | undefined
  readonly insertbefore: string | undefined
  readonly backrefs: boolean
  readonly firstmatch: boolean
}

/**
 * Makes sure that a line is in a text, or is not: the rules of Ansible's lineinfile.
 *
 * Present: the last line that matches becomes the line (the first with `firstmatch`); where none matches and the line is
 * nowhere, it is put in at its place, or not at all with `backrefs`. Absent: every line that matches goes.
 */
export const editLine = (text: string, edit: LineEdit): string => {
  const lines = splitLines(text)
  if (edit.state === 'absent') return lines.filter((line) => !matcher(edit)(bare(line))).join('')
  const wanted = edit.line ?? ''
  const index =
    edit.regexp === undefined && edit.search_string === undefined ? -1 : find(lines, matcher(edit), edit.firstmatch)
  const found = lines[index]
  if (found !== undefined) {
    const match = edit.backrefs && edit.regexp !== undefined ? bare(found).match(compileRegex(edit.regexp)) : null
    const end = found.slice(bare(found).length) || '\n'
    const line = match === null ? wanted : expandReplacement(wanted, match)
    if (line !== bare(found)) lines[index] = line + end
    return lines.join('')
  }
  if (edit.backrefs || lines.some((line) => bare(line) === wanted)) return text
  return insertLines(lines, [wanted], edit).join('')
}

/** Puts lines in at the place that `insertafter` or `insertbefore` names; at the end where it is not found. */
export const insertLines = (
  lines: readonly string[],
  added: readonly string[],
  place: Pick<LineEdit, 'insertafter' | 'insertbefore' | 'firstmatch'>,
): string[] => {
  const index = placeOf(lines, place)
  const before = lines.slice(0, index)
  const last = before.at(-1)
  if (last !== undefined && !last.endsWith('\n')) before[before.length - 1] = `${last}\n`
  return [...before, ...added.map((line) => `${line}\n`), ...lines.slice(index)]
}

const placeOf = (
  lines: readonly string[],
  { insertafter, insertbefore, firstmatch }: Pick<LineEdit, 'insertafter' | 'insertbefore' | 'firstmatch'>,
): number => {
  if (insertafter === 'BOF' || insertbefore === 'BOF') return 0
  const pattern = insertbefore ?? (insertafter === 'EOF' ? undefined : insertafter)
  if (pattern === undefined || insertbefore === 'EOF') return lines.length
  const regex = compileRegex(pattern)
  const index = find(lines, (line) => regex.test(line), firstmatch)
  if (index < 0) return lines.length
  return insertbefore === undefined ? index + 1 : index
}

const find = (lines: readonly string[], matches: (line: string) => boolean, first: boolean): number => {
  const test = (line: string): boolean => matches(bare(line))
  return first ? lines.findIndex(test) : lines.findLastIndex(test)
}

const matcher = ({ regexp, search_string, line }: LineEdit): ((line: string) => boolean) => {
  if (regexp !== undefined) {
    const regex = compileRegex(regexp)
    return (candidate) => regex.test(candidate)
  }
  if (search_string !== undefined) return (candidate) => candidate.includes(search_string)
  return (candidate) => candidate === line
}
