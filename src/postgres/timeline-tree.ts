import { LifeboatError } from '../base/errors.ts'
import type { Lsn } from './lsn.ts'
import { compareLsn } from './lsn.ts'
import { parseTimelineHistory, type TimelineSwitch } from './timeline-history.ts'

/** A timeline in the tree of all that are known. */
export interface Timeline {
  readonly id: number
  /** The one it was forked from; undefined for the first. */
  readonly parent: number | undefined
  /** Position of the fork, where it begins; 0/0 for the first. */
  readonly start: Lsn
  /** Why it was forked, in PostgreSQL's words. */
  readonly reason: string
  /** All ancestors, oldest first. */
  readonly history: readonly TimelineSwitch[]
}

/** Every timeline of one cluster, known from history files and from the WAL that is there. */
export class TimelineTree {
  readonly #timelines = new Map<number, Timeline>()

  /**
   * @param histories content of the history files by timeline
   * @param seen timelines of which WAL exists; those without a history file can only be a first timeline
   * @throws postgres/bad-history for a file that names itself or a later timeline as an ancestor
   */
  constructor(histories: ReadonlyMap<number, string>, seen: Iterable<number> = []) {
    for (const id of seen) this.#addRoot(id)
    for (const [id, text] of [...histories].sort(([a], [b]) => a - b)) this.#addHistory(id, text)
  }

  /** All timelines, by number. */
  get all(): readonly Timeline[] {
    return [...this.#timelines.values()].sort((a, b) => a.id - b.id)
  }

  /** Timelines from which no other was forked: more than one means a fork about which somebody must decide (R16). */
  get leaves(): readonly Timeline[] {
    const parents = new Set(this.all.map((timeline) => timeline.parent))
    return this.all.filter((timeline) => !parents.has(timeline.id))
  }

  /** @throws postgres/no-such-timeline */
  get(id: number): Timeline {
    const timeline = this.#timelines.get(id)
    if (timeline) return timeline
    throw new LifeboatError('postgres/no-such-timeline', `there is no timeline ${id}`, {
      hints: [`known timelines: ${this.all.map((known) => known.id).join(', ') || 'none'}`],
    })
  }

  has(id: number): boolean {
    return this.#timelines.has(id)
  }

  /** The timelines forked directly from this one, in the order of their forks. */
  childrenOf(id: number): readonly Timeline[] {
    return this.all.filter((timeline) => timeline.parent === id).sort((a, b) => compareLsn(a.start, b.start))
  }

  /** The leaves that recovery beginning on timeline `id` at `lsn` can reach: those whose history passes through there. */
  leavesThrough(id: number, lsn: Lsn): readonly Timeline[] {
    return this.leaves.filter((leaf) => this.passesThrough(leaf.id, id, lsn))
  }

  /**
   * Whether a server on timeline `id` has in its history the position `lsn` on timeline `ancestor`; what recovery asks
   * of a backup that ended there. A position at which the timeline was left still counts.
   */
  passesThrough(id: number, ancestor: number, lsn: Lsn): boolean {
    if (id === ancestor) return this.get(id).start <= lsn
    const left = this.get(id).history.find((entry) => entry.timeline === ancestor)
    return left !== undefined && lsn <= left.end
  }

  /** The timeline that holds the byte at `lsn` in the history of a server on timeline `id`. */
  timelineAt(id: number, lsn: Lsn): number {
    return this.get(id).history.find((entry) => lsn < entry.end)?.timeline ?? id
  }

  /**
   * The pieces of WAL from `from` to `to` in the history of timeline `id`, a piece a timeline; `to` undefined on the
   * last where its end is open.
   */
  path(id: number, from: Lsn, to?: Lsn): readonly { timeline: number; from: Lsn; to: Lsn | undefined }[] {
    const pieces: { timeline: number; from: Lsn; to: Lsn | undefined }[] = []
    let begin = from
    for (const { timeline, end } of this.get(id).history) {
      if (end <= begin) continue
      if (to !== undefined && to <= end) return [...pieces, { timeline, from: begin, to }]
      pieces.push({ timeline, from: begin, to: end })
      begin = end
    }
    return [...pieces, { timeline: id, from: begin, to }]
  }

  #addRoot(id: number): void {
    if (this.#timelines.has(id)) return
    this.#timelines.set(id, { id, parent: undefined, start: 0n, reason: '', history: [] })
  }

  #addHistory(id: number, text: string): void {
    const history = parseTimelineHistory(text, `history of timeline ${id}`)
    const last = history.at(-1)
    if (last && last.timeline >= id) {
      throw new LifeboatError(
        'postgres/bad-history',
        `history of timeline ${id} names ${last.timeline} as its ancestor`,
      )
    }
    // Ancestors whose own history file is gone are known all the same: every file repeats the whole way.
    for (const [index, entry] of history.entries()) {
      if (this.#timelines.get(entry.timeline)?.parent !== undefined || index === 0) this.#addRoot(entry.timeline)
      else this.#set(entry.timeline, history.slice(0, index))
    }
    this.#set(id, history)
  }

  #set(id: number, history: readonly TimelineSwitch[]): void {
    const last = history.at(-1)
    this.#timelines.set(id, { id, parent: last?.timeline, start: last?.end ?? 0n, reason: last?.reason ?? '', history })
  }
}
