import { dirname } from 'node:path'
import { LifeboatError } from '../base/errors.ts'
import type { Variables } from '../base/value.ts'
import { entryOf, type MappingNode, type YamlNode } from '../text/yaml/node.ts'
import { findFile } from './find-file.ts'
import { mergeKeywords, readKeywords } from './keywords.ts'
import { describeNode, isNothing } from './kinds.ts'
import type { Loading } from './loading.ts'
import { shortName } from './module-name.ts'
import { readPlay } from './play.ts'
import { unknownKeyword } from './refuse.ts'
import { readText } from './scalars.ts'
import { staticText } from './static-text.ts'
import { readYamlFile } from './tasks-file.ts'
import type { Keywords, Play } from './types.ts'

const IMPORT_KEYWORDS = ['import_playbook', 'name', 'when', 'tags', 'vars']

/** What a playbook gets from where it is imported. */
export interface ImportedWith {
  readonly keywords: Keywords
  readonly vars: Variables
  /** Playbooks whose import led here. */
  readonly chain: readonly string[]
}

/** Reads the plays of a playbook file, those of the playbooks that it imports in their place. Errors are collected. */
export const readPlaybookFile = async (path: string, loading: Loading, given: ImportedWith): Promise<Play[]> => {
  const here: Loading = { ...loading, directory: dirname(path) }
  const file = await loading.problems.attemptLater(async () => ({ root: await readYamlFile(path) }))
  if (!file) return []
  const { root } = file
  if (root === undefined || isNothing(root) || (root.kind === 'sequence' && root.items.length === 0)) {
    loading.problems.add(new LifeboatError('playbook/empty', `${path} has no plays`))
    return []
  }
  if (root.kind !== 'sequence') {
    loading.problems.add(notAList(root))
    return []
  }
  const plays: Play[] = []
  for (const item of root.items) {
    const read = await loading.problems.attemptLater(() =>
      readEntry(item, here, { ...given, chain: [...given.chain, path] }),
    )
    plays.push(...(read ?? []))
  }
  return plays
}

const readEntry = async (node: YamlNode, loading: Loading, given: ImportedWith): Promise<Play[]> => {
  if (node.kind !== 'mapping') {
    throw new LifeboatError('playbook/wrong-type', `a play must be a mapping, not ${describeNode(node)}`, {
      where: node.position,
    })
  }
  const imported = node.entries.find(({ key }) => shortName(key) === 'import_playbook')
  if (imported) return readImport(node, imported.value, loading, given)
  const play = await readPlay(node, loading, given.vars)
  return play ? [{ ...play, keywords: mergeKeywords(given.keywords, play.keywords) }] : []
}

const readImport = async (
  node: MappingNode,
  target: YamlNode,
  loading: Loading,
  given: ImportedWith,
): Promise<Play[]> => {
  for (const entry of node.entries) {
    if (!IMPORT_KEYWORDS.includes(shortName(entry.key))) {
      loading.problems.add(unknownKeyword(entry, 'import_playbook', IMPORT_KEYWORDS))
    }
  }
  const known = { ...given.vars, ...loading.options.extraVariables }
  const { vars = {}, ...keywords } = readKeywords(node.entries, loading, known)
  const { value, position } = readText(target, 'import_playbook', loading)
  const name = staticText(
    value,
    position,
    { ...known, ...vars, ...loading.options.extraVariables },
    'the name in import_playbook',
  )
  const path = await findFile(name, [loading.directory], 'playbook', position)
  if (given.chain.includes(path)) {
    throw new LifeboatError('playbook/import-loop', `${path} imports itself`, {
      where: position,
      hints: [`the way here: ${[...given.chain, path].join(' → ')}`],
    })
  }
  const merged = {
    keywords: mergeKeywords(given.keywords, keywords),
    vars: { ...vars, ...given.vars },
    chain: given.chain,
  }
  return readPlaybookFile(path, loading, merged)
}

const notAList = (root: YamlNode): LifeboatError => {
  const isPlay = root.kind === 'mapping' && entryOf(root, 'hosts') !== undefined
  return new LifeboatError('playbook/wrong-type', `a playbook is a list of plays, not ${describeNode(root)}`, {
    where: root.position,
    hints: isPlay ? ['begin the play with "- " and indent what belongs to it'] : ['begin each play with "- hosts:"'],
  })
}
