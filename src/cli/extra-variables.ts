import { LifeboatError } from '../base/errors.ts'
import type { Source } from '../base/position.ts'
import { hasTemplate, isMapping, Template, type Value, type Variables } from '../base/value.ts'
import { readKeyValues } from '../playbook/key-values.ts'
import { readVariablesFile } from '../text/variables-file.ts'
import { parseYaml } from '../text/yaml/parse.ts'
import { toValue } from '../text/yaml/value.ts'
import type { Decrypt } from './decrypt.ts'

const fromYaml = (source: Source, decrypt?: Decrypt): Variables => {
  const node = parseYaml(source)
  const value: Value = node === undefined ? {} : toValue(node, decrypt ? { decrypt } : {})
  if (isMapping(value)) return value as Variables
  throw new LifeboatError('cli/bad-option', 'extra variables must be a mapping of names to values', {
    where: { source, line: 1, column: 1 },
  })
}

/** One name, and a value with spaces whose quotes the shell has taken: `target_time=2026-11-22 09:30:00+08:00`. */
const ONE_PAIR = /^([A-Za-z_]\w*)=([^=]*)$/

const fromPairs = (source: Source): Variables => {
  const position = { source, line: 1, column: 1 }
  const pairs = readKeyValues({ kind: 'scalar', value: source.text, source: source.text, quoted: false, position })
  const [, name, value] = pairs ? [] : (ONE_PAIR.exec(source.text) ?? [])
  if (name !== undefined && value !== undefined) {
    return { [name]: hasTemplate(value) ? new Template(value, position) : value }
  }
  if (pairs) return Object.fromEntries(Object.entries(pairs).map(([name, { value }]) => [name, value]))
  throw new LifeboatError('cli/bad-option', `"${source.text}" is not of the form name=value`, {
    where: position,
    hints: ['quote values with spaces, or write JSON: -e \'{"name": "a b"}\', or a file: -e @vars.yml'],
  })
}

/**
 * Reads the values of `-e` in their order, later ones winning: `@file` (YAML or JSON), a JSON or YAML mapping, or
 * `name=value` words, whose values are text as with ansible-playbook. A single value may have spaces in it, of which
 * ansible-playbook would drop all but the first word in silence.
 *
 * @throws cli/bad-option, playbook/bad-arguments for a quote or brace that is not closed, file/not-found
 */
export const readExtraVariables = async (values: readonly string[], decrypt?: Decrypt): Promise<Variables> => {
  let merged: Variables = {}
  for (const value of values) {
    const text = value.trim()
    if (text.startsWith('@')) {
      const path = text.slice(1)
      merged = { ...merged, ...(await readVariablesFile(path, decrypt ? { decrypt } : {})) }
      continue
    }
    const source = { path: '<-e>', text }
    merged = { ...merged, ...(/^[[{]/.test(text) ? fromYaml(source, decrypt) : fromPairs(source)) }
  }
  return merged
}
