import { createLogUpdate } from 'log-update'
import { formatDuration } from '../../base/duration.ts'
import type { ProgressReport } from '../../base/events.ts'
import { formatSize } from '../../base/size.ts'
import type { Style } from './style.ts'

const REDRAW_MS = 100
const BAR = 24

interface Running {
  readonly name: string
  readonly host: string
  readonly since: number
  progress?: { readonly report: ProgressReport; readonly at: number }
}

const amount = (value: number, unit: string): string =>
  unit === 'bytes' ? formatSize(value) : `${Math.round(value)} ${unit}`

const progressText = (running: Running, now: number): string => {
  const { progress } = running
  const elapsed = (now - running.since) / 1000
  if (!progress) return formatDuration(elapsed)
  const { phase, done, total, unit } = progress.report
  const rate = elapsed > 0.5 && unit === 'bytes' ? `  ${formatSize(Math.round(done / elapsed))}/s` : ''
  if (total === undefined || total <= 0) return `${phase}  ${amount(done, unit)}${rate}  ${formatDuration(elapsed)}`
  const share = Math.min(1, done / total)
  const bar = `${'█'.repeat(Math.round(share * BAR))}${'░'.repeat(BAR - Math.round(share * BAR))}`
  const left = share > 0.02 && share < 1 ? `  ${formatDuration((elapsed * (1 - share)) / share)} left` : ''
  return `${phase}  ${bar}  ${amount(done, unit)} of ${amount(total, unit)}${rate}${left}`
}

/** The region at the foot of a terminal that shows what runs now. Lines printed meanwhile go above it. */
export class LiveRegion {
  readonly #running = new Map<string, Running>()
  readonly #update = createLogUpdate(process.stdout)
  readonly #style: Style
  readonly #timer: NodeJS.Timeout
  #isAside = false
  readonly #held: (() => void)[] = []

  constructor(style: Style) {
    this.#style = style
    this.#timer = setInterval(() => this.draw(), REDRAW_MS)
    this.#timer.unref()
  }

  begin(key: string, name: string, host: string): void {
    this.#running.set(key, { name, host, since: Date.now() })
  }

  progress(key: string, report: ProgressReport): void {
    const running = this.#running.get(key)
    if (running) running.progress = { report, at: Date.now() }
  }

  end(key: string): void {
    this.#running.delete(key)
  }

  /** Takes the region down, lets something be printed, and draws it again. */
  above(print: () => void): void {
    if (this.#isAside) {
      this.#held.push(print)
      return
    }
    this.#update.clear()
    print()
    this.draw()
  }

  /** Leaves the terminal to somebody else; what is printed meanwhile waits. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    this.#update.clear()
    this.#isAside = true
    try {
      return await work()
    } finally {
      this.#isAside = false
      for (const print of this.#held.splice(0)) print()
      this.draw()
    }
  }

  draw(): void {
    if (this.#isAside) return
    const now = Date.now()
    const shown = [...this.#running.values()].slice(0, Math.max(3, (process.stdout.rows ?? 24) - 6))
    const lines = shown.map(
      (running) =>
        `  ${this.#style('cyan', '…')} ${running.name}  ${running.host}  ${this.#style('dim', progressText(running, now))}`,
    )
    const hidden = this.#running.size - shown.length
    if (hidden > 0) lines.push(`  … and ${hidden} more`)
    if (lines.length === 0) this.#update.clear()
    else this.#update(lines.join('\n'))
  }

  close(): void {
    clearInterval(this.#timer)
    this.#update.clear()
    this.#update.done()
  }
}
