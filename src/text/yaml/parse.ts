import { type Document, parseAllDocuments } from 'yaml'
import { LifeboatError } from '../../base/errors.ts'
import type { Source } from '../../base/position.ts'
import { locate } from '../lines.ts'
import { buildNode } from './build.ts'
import type { YamlNode } from './node.ts'
import { syntaxError } from './syntax-error.ts'

/**
 * Parses a file that holds one YAML document, by the rules of PyYAML (YAML 1.1).
 *
 * @returns undefined when the document is empty
 * @throws yaml/… with the place; yaml/several-documents where a second document begins
 */
export const parseYaml = (source: Source): YamlNode | undefined => {
  const documents = parse(source)
  const second = documents[1]
  if (second) {
    throw new LifeboatError('yaml/several-documents', 'a second document begins where one is expected', {
      where: locate(source, second.range[0]),
      hints: ['remove the line "---" above it, or put the document into a file of its own'],
    })
  }
  return documents[0] && build(documents[0], source)
}

/** Parses a file of any number of YAML documents; empty ones are left out. */
export const parseYamlDocuments = (source: Source): YamlNode[] =>
  parse(source).flatMap((document) => build(document, source) ?? [])

const parse = (source: Source): Document.Parsed[] => {
  const documents = parseAllDocuments(source.text, {
    version: '1.1',
    schema: 'failsafe',
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const streams = 'empty' in documents ? [documents] : documents
  for (const { errors, warnings } of streams) {
    const error = errors[0] ?? warnings.find((warning) => warning.code === 'BAD_DIRECTIVE')
    if (error) throw syntaxError(error, source)
  }
  return 'empty' in documents ? [] : documents
}

const build = (document: Document.Parsed, source: Source): YamlNode | undefined => {
  const contents = document.contents
  if (contents === null || (contents.range[0] === contents.range[1] && contents.tag === undefined)) return undefined
  return buildNode(contents, source)
}
