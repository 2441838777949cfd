import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuilt } from './build.ts'
import { type RunDocument, readDocument } from './document.ts'

/** The checkout, in which every command runs. */
export const checkout = fileURLToPath(new URL('../../../', import.meta.url))

/** What a command of `lifeboat` left behind. */
export interface Outcome {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A run with `--output json`, and its document. */
export interface PlayOutcome extends Outcome {
  readonly document: RunDocument
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
}

/** A command that is still running. */
export interface Running {
  readonly child: ChildProcess
  readonly outcome: Promise<Outcome>
}

/** The command line of this checkout, as its users have it, with a LIFEBOAT_HOME of its own. */
export class Lifeboat {
  /** Where the journals of the runs are. */
  readonly home = mkdtempSync(join(tmpdir(), 'lifeboat-scenario-'))
  readonly #common: readonly string[]

  /** @param common arguments that every `play` and `exec` of the scenario has: `-i`, `-b`, … */
  constructor(common: readonly string[] = []) {
    this.#common = common
    ensureBuilt(checkout)
  }

  start(args: readonly string[], { env = {} }: CommandOptions = {}): Running {
    const child = spawn(process.execPath, ['bin/lifeboat.js', ...args], {
      cwd: checkout,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LIFEBOAT_HOME: this.home, NO_COLOR: '1', ...env },
    })
    return { child, outcome: outcomeOf(child) }
  }

  /** Runs a command to its end. */
  run(args: readonly string[], options?: CommandOptions): Promise<Outcome> {
    return this.start(args, options).outcome
  }

  /** `lifeboat play` as a person calls it, with the arguments in common. */
  play(playbook: string, ...args: readonly string[]): Promise<Outcome> {
    return this.run(['play', playbook, ...this.#common, ...args])
  }

  /** `lifeboat play --output json`, read. An error where stdout is anything but one JSON document. */
  async playJson(playbook: string, ...args: readonly string[]): Promise<PlayOutcome> {
    const outcome = await this.run(['play', playbook, ...this.#common, '--output', 'json', ...args])
    return { ...outcome, document: readDocument(outcome) }
  }

  /** `lifeboat play` that is left running, to be interrupted. */
  startPlay(playbook: string, ...args: readonly string[]): Running {
    return this.start(['play', playbook, ...this.#common, ...args])
  }

  /** Removes the journals. */
  close(): void {
    rmSync(this.home, { recursive: true, force: true })
  }
}

const outcomeOf = async (child: ChildProcess): Promise<Outcome> => {
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (part: string) => {
      text[name] += part
    })
  }
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { status, signal, ...text }
}
