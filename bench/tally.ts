import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cgroupRoot, cpuOf } from './cgroup.ts'
import { now } from './measure.ts'

/** A program that is measured from its start to its end. */
export interface Command {
  readonly words: readonly [string, ...string[]]
  readonly environment?: Readonly<Record<string, string>>
}

/** What one run of a program took. */
export interface Took {
  /** From its start to its end. */
  readonly seconds: number
  /** Processor seconds of it and all that it started here. */
  readonly cpu: number
  readonly stdout: string
}

/** A run of which the most memory was seen that all its processes held at the same time. */
export interface Weighed extends Took {
  /** Bytes, shared pages counted once. */
  readonly memory: number
}

let next = 0

/** Counts what programs and their children use, as long as `work` goes on; what they leave running ends with it. */
export const withTally = async <T>(work: (tally: Tally) => Promise<T>): Promise<T> => {
  const cgroup = join(cgroupRoot(), `lifeboat-bench-${process.pid}-${next++}`)
  mkdirSync(cgroup)
  const tally = new Tally(cgroup)
  try {
    return await work(tally)
  } finally {
    await tally.clear()
    rmdirSync(cgroup)
  }
}

/** Counts by a cgroup, which outlives what runs in it. */
export class Tally {
  readonly #cgroup: string

  constructor(cgroup: string) {
    this.#cgroup = cgroup
  }

  /** @throws with all that it said where it fails */
  async run({ words, environment }: Command, watch?: () => void): Promise<Took> {
    const before = cpuOf(this.#cgroup)
    const began = now()
    const child = spawn('sh', ['-c', 'echo 0 > "$0/cgroup.procs" && exec "$@"', this.#cgroup, ...words], {
      // Without the colours and prompts of a terminal, and with nothing of the caller's settings for these programs.
      env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const text = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (part: string) => {
        text[name] += part
      })
    }
    const timer = watch && setInterval(watch, 50)
    const closed = once(child, 'close')
    const [status] = (await once(child, 'exit')) as [number | null]
    const seconds = now() - began
    clearInterval(timer)
    // The last of its words; a master that stays holds the pipes open.
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 300))])
    if (status !== 0) throw new Error(`${words.join(' ')}: status ${status}\n${text.stdout}${text.stderr}`)
    return { seconds, cpu: cpuOf(this.#cgroup) - before, stdout: text.stdout }
  }

  /** The same, and its memory. Looking takes time: such a run is not one whose time counts. */
  async weigh(command: Command): Promise<Weighed> {
    let memory = 0
    const took = await this.run(command, () => {
      memory = Math.max(memory, this.#memory())
    })
    return { ...took, memory }
  }

  /** Ends what is left of it, as the masters that ssh keeps for later. */
  async clear(): Promise<void> {
    writeFileSync(join(this.#cgroup, 'cgroup.kill'), '1')
    while (this.#pids().length > 0) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  #pids(): readonly string[] {
    return readFileSync(join(this.#cgroup, 'cgroup.procs'), 'utf8')
      .split('\n')
      .filter((pid) => pid !== '')
  }

  #memory(): number {
    return this.#pids().reduce((sum, pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
        return sum + Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024
      } catch {
        // It has ended meanwhile.
        return sum
      }
    }, 0)
  }
}
