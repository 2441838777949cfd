import { compareLsn, type Lsn } from './lsn.ts'
import type { TimelineTree } from './timeline-tree.ts'

/** A backup as retention sees it. */
export interface StoredBackup {
  readonly id: string
  /** The backup that this one is an increment to. */
  readonly parent: string | undefined
  readonly timeline: number
  /** Where its WAL begins, and from where on it is consistent. */
  readonly start: Lsn
  readonly stop: Lsn
  /** When it ended: milliseconds since 1970-01-01 UTC. */
  readonly stopTime: number
  /** Who reads it at the moment: it stays, whatever the rules say. */
  readonly reader?: string | undefined
}

/** What is kept: everything that any of the rules wants. A rule that is undefined wants nothing. */
export interface RetentionRules {
  /** Newest full backups, each with the increments to it. */
  readonly keepCount?: number | undefined
  /** Seconds: backups that ended since. */
  readonly keepFor?: number | undefined
  /** Seconds: every moment since can be restored, so the newest backup that ended before stays too. */
  readonly recoveryWindow?: number | undefined
  /** Newest full backups that stay however old they are. */
  readonly minimum: number
}

export interface RetentionRequest {
  readonly backups: readonly StoredBackup[]
  readonly tree: TimelineTree
  /** The timelines that lead to different ends; the rules hold for each. */
  readonly futures: readonly number[]
  /** Of the futures those that count; another one is given up. */
  readonly wanted: readonly number[]
  readonly rules: RetentionRules
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: number
}

export interface KeptBackup {
  readonly backup: StoredBackup
  /** Why it stays, a few words each; never empty. */
  readonly reasons: readonly string[]
  /** Futures that must stay within its reach. */
  readonly futures: readonly number[]
}

export interface Retention {
  /** Oldest first. */
  readonly kept: readonly KeptBackup[]
  /** In the order in which they can go: the oldest first, but an increment before what it is an increment to. */
  readonly expired: readonly StoredBackup[]
  /** Increments to a backup that is not there: they can never be restored, and count for no rule. */
  readonly orphans: readonly StoredBackup[]
}

/**
 * Decides which backups stay. Each rule is applied to every future by itself, in the order of WAL positions on the way
 * to it, so that backups of a server promoted by mistake never push out those of the right one. What a kept increment
 * stands on stays, and so does what somebody reads.
 */
export const decideRetention = (request: RetentionRequest): Retention => {
  const { tree, wanted, futures } = request
  const chains = chainsOf(request.backups)
  const whole = request.backups.filter((backup) => chains.has(backup.id))
  const reasons = new Map<string, Set<string>>()
  const keep = (backup: StoredBackup, reason: string): void => {
    reasons.set(backup.id, (reasons.get(backup.id) ?? new Set()).add(reason))
  }
  for (const future of wanted) {
    const way = whole
      .filter((backup) => leadsTo(tree, backup, future))
      .sort((a, b) => compareLsn(a.stop, b.stop) || a.stopTime - b.stopTime)
    for (const [backup, reason] of wantedOnWay(way, chains, request)) keep(backup, reason)
  }
  for (const backup of whole) if (backup.reader !== undefined) keep(backup, `read by ${backup.reader}`)
  for (const backup of whole.filter(({ id }) => reasons.has(id))) {
    for (const base of (chains.get(backup.id) ?? []).slice(1)) keep(base, `parent of ${backup.id}`)
  }
  const kept = whole
    .filter(({ id }) => reasons.has(id))
    .map((backup) => {
      const range = backup.reader === undefined ? wanted : futures
      const within = range.filter((future) => leadsTo(tree, backup, future))
      return { backup, reasons: [...(reasons.get(backup.id) ?? [])], futures: within }
    })
  return {
    kept: kept.sort((a, b) => byAge(a.backup, b.backup)),
    expired: inOrderOfRemoval(
      whole.filter(({ id }) => !reasons.has(id)),
      chains,
    ),
    orphans: request.backups.filter((backup) => !chains.has(backup.id)),
  }
}

/** Whether recovery from a backup can follow a timeline. */
export const leadsTo = (tree: TimelineTree, backup: StoredBackup, timeline: number): boolean =>
  tree.has(timeline) && tree.passesThrough(timeline, backup.timeline, backup.stop)

/** The futures that count when a person names one timeline: itself and what was forked from it since. */
export const futuresFrom = (tree: TimelineTree, futures: readonly number[], named: number): readonly number[] =>
  futures.filter((future) => isOrDescends(tree, future, named))

/** Whether a timeline is another one, or was forked from it. */
export const isOrDescends = (tree: TimelineTree, timeline: number, ancestor: number): boolean =>
  timeline === ancestor || tree.get(timeline).history.some((entry) => entry.timeline === ancestor)

/** What the rules want of the backups on the way to one future, the oldest first. */
const wantedOnWay = (
  way: readonly StoredBackup[],
  chains: Chains,
  { rules, now }: RetentionRequest,
): [StoredBackup, string][] => {
  const since = (seconds: number): number => now - seconds * 1000
  const wanted: [StoredBackup, string][] = []
  const newest = (count: number, reason: string): void => {
    const full = way.filter((backup) => backup.parent === undefined).slice(count === 0 ? way.length : -count)
    const ids = new Set(full.map(({ id }) => id))
    for (const backup of way) {
      const base = chains.get(backup.id)?.at(-1)
      if (base !== undefined && ids.has(base.id)) wanted.push([backup, reason])
    }
  }
  if (rules.keepCount !== undefined) newest(rules.keepCount, 'keep_count')
  if (rules.keepFor !== undefined) {
    const begin = since(rules.keepFor)
    for (const backup of way) if (backup.stopTime > begin) wanted.push([backup, 'keep_for'])
  }
  if (rules.recoveryWindow !== undefined) {
    const begin = since(rules.recoveryWindow)
    const base = way.findLastIndex((backup) => backup.stopTime <= begin)
    for (const backup of way.slice(Math.max(0, base))) wanted.push([backup, 'recovery_window'])
  }
  // Only where the rules alone would leave fewer does the minimum count as a reason.
  const fulls = new Set(wanted.flatMap(([backup]) => chains.get(backup.id)?.at(-1)?.id ?? []))
  if (fulls.size < rules.minimum) newest(rules.minimum, 'minimum')
  return wanted
}

/** A backup and all that it stands on down to the full one, by id. One of which a part is missing has none. */
type Chains = ReadonlyMap<string, readonly StoredBackup[]>

const chainsOf = (backups: readonly StoredBackup[]): Chains => {
  const byId = new Map(backups.map((backup) => [backup.id, backup]))
  const chainOf = (backup: StoredBackup): readonly StoredBackup[] | undefined => {
    const chain = [backup]
    for (let id = backup.parent; id !== undefined; ) {
      const base = byId.get(id)
      if (base === undefined || chain.includes(base)) return undefined
      chain.push(base)
      id = base.parent
    }
    return chain
  }
  return new Map(
    backups.flatMap((backup) => {
      const chain = chainOf(backup)
      return chain === undefined ? [] : [[backup.id, chain] as const]
    }),
  )
}

const byAge = (a: StoredBackup, b: StoredBackup): number => a.stopTime - b.stopTime || (a.id < b.id ? -1 : 1)

const inOrderOfRemoval = (expired: readonly StoredBackup[], chains: Chains): StoredBackup[] => {
  const base = (backup: StoredBackup): StoredBackup => chains.get(backup.id)?.at(-1) ?? backup
  const depth = (backup: StoredBackup): number => chains.get(backup.id)?.length ?? 0
  return [...expired].sort((a, b) => {
    const [first, second] = [base(a), base(b)]
    if (first.id !== second.id) return byAge(first, second)
    return depth(b) - depth(a) || byAge(a, b)
  })
}
