import { stringify } from 'yaml'
import type { PlainValue } from '../../base/value.ts'
import { scalarType } from './scalar.ts'

export interface ToYamlOptions {
  /** Spaces a level; 2 unless told. */
  readonly indent?: number
  /** Lists under a key are indented too. PyYAML does not. */
  readonly indentSequences?: boolean
  /** Keys in the order of the alphabet, as Ansible's filters write them. */
  readonly sortKeys?: boolean
  readonly width?: number
}

/** Writes a value as YAML 1.1 that PyYAML and we read back as the same value. Ends in a newline. */
export const toYaml = (value: PlainValue, options: ToYamlOptions = {}): string =>
  stringify(value, {
    version: '1.1',
    indent: options.indent ?? 2,
    indentSeq: options.indentSequences ?? false,
    sortMapEntries: options.sortKeys ?? false,
    lineWidth: options.width ?? 0,
    aliasDuplicateObjects: false,
    singleQuote: true,
    customTags: (tags) => [quotedWhereReadOtherwise, ...tags],
  })

/** A text that PyYAML would read as something else than the text (`yes`, `1:30`, `2026-11-22`). */
const quotedWhereReadOtherwise = {
  identify: (value: unknown) => typeof value === 'string' && (scalarType(value) !== 'str' || DATE.test(value)),
  default: true as const,
  tag: 'tag:yaml.org,2002:str',
  resolve: (text: string) => text,
  stringify: (item: { value: unknown }) => `'${String(item.value).replaceAll("'", "''")}'`,
}

const DATE = /^\d{4}-\d\d?-\d\d?/
