import { readFileSync } from 'node:fs'
import { LifeboatError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import { implicitHost } from './implicit-host.ts'
import type { Inventory, SelectOptions } from './inventory.ts'
import { type PatternPart, readMatcher, splitPattern } from './pattern.ts'

/**
 * Selects hosts by Ansible's rules for patterns: what is added comes first, then what is kept (`&`), then what is
 * dropped (`!`), in whatever order they were written; a pattern of only the latter two starts from all hosts.
 *
 * @throws inventory/bad-pattern, file/not-found
 */
export const selectHosts = (
  inventory: Inventory,
  pattern: string | readonly string[],
  options: SelectOptions = {},
): string[] => {
  const patterns = typeof pattern === 'string' ? [pattern] : pattern
  const hosts = evaluate(inventory, patterns.flatMap(splitPattern), options)
  if (options.limit === undefined) return hosts
  const limit = new Set(evaluate(inventory, limitParts(options.limit), { ...options, where: undefined }))
  return hosts.filter((host) => limit.has(host))
}

const evaluate = (inventory: Inventory, parts: readonly PatternPart[], options: SelectOptions): string[] => {
  const find = (part: PatternPart): string[] => hostsOfPart(inventory, part, options)
  const added = parts.filter((part) => part.mode === 'add')
  const start = added.length === 0 && parts.length > 0 ? inventory.hostsOf('all') : added.flatMap(find)
  let hosts = [...new Set(start)]
  for (const part of parts.filter(({ mode }) => mode === 'keep')) {
    const kept = new Set(find(part))
    hosts = hosts.filter((host) => kept.has(host))
  }
  for (const part of parts.filter(({ mode }) => mode === 'drop')) {
    const dropped = new Set(find(part))
    hosts = hosts.filter((host) => !dropped.has(host))
  }
  return hosts
}

const hostsOfPart = (inventory: Inventory, part: PatternPart, options: SelectOptions): string[] => {
  if (inventory.hosts.has(part.text)) return [part.text]
  const matcher = readMatcher(part.text, options.where)
  const groups = [...inventory.groups.keys()].filter(matcher.matches)
  const hosts = new Set(groups.flatMap((group) => inventory.hostsOf(group)))
  if (groups.length === 0 || !matcher.exact) {
    for (const host of inventory.hosts.keys()) if (matcher.matches(host)) hosts.add(host)
  }
  if (groups.length === 0 && hosts.size === 0) {
    if (implicitHost(part.text)) return [part.text]
    options.onUnmatched?.(unmatched(inventory, part.text, options))
  }
  const found = [...hosts]
  if (!matcher.slice) return found
  const { first, last } = matcher.slice
  if (last === first) return found.slice(first).slice(0, 1)
  return found.slice(first, last === undefined ? undefined : last + 1)
}

const limitParts = (limit: string): PatternPart[] =>
  limit
    .split(',')
    .flatMap((piece) => {
      const file = /^\s*@(.+)$/.exec(limit.includes(',') ? piece : limit)?.[1]
      return file === undefined ? [piece] : readLimitFile(file.trim())
    })
    .flatMap(splitPattern)

const readLimitFile = (path: string): string[] => {
  try {
    const lines = readFileSync(path, 'utf8').split('\n')
    return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  } catch (cause) {
    throw new LifeboatError('file/not-found', `the file ${path} of --limit cannot be read`, { cause })
  }
}

const unmatched = (inventory: Inventory, text: string, options: SelectOptions): LifeboatError =>
  new LifeboatError('inventory/unmatched-pattern', `the pattern "${text}" matches no host and no group`, {
    where: options.where,
    hints: didYouMean(text, [...inventory.groups.keys(), ...inventory.hosts.keys()]),
  })
