import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from '../../host.ts'
import { withTally } from '../../tally.ts'
import type { Contender } from '../contender.ts'
import { type Stage, shared } from '../stage.ts'

const REPOSITORY = shared('lifeboat')
const checkout = fileURLToPath(new URL('../../../', import.meta.url))

/** The playbooks that come with it, run by its command from another machine, over ssh. */
export const lifeboat: Contender = {
  name: 'lifeboat',
  title: '**Lifeboat**',
  programs: [],
  walFolder: `${REPOSITORY}/db/wal`,
  pushes: true,
  prepare: async () => {},
  archiveCommand: async (stage) => {
    await play(stage, 'archive', 'db')
    return sql(stage.db, 'SHOW archive_command')
  },
  backup: async (stage) => {
    const { result, controllerCpu } = await play(stage, 'backup', 'db')
    return { folder: String(result.path), controllerCpu, phases: phasesOf(result) }
  },
  restore: {
    unpack: async (stage) => {
      const { result, controllerCpu } = await play(stage, 'restore', 'spare', '-e', 'source=db')
      return { controllerCpu, phases: phasesOf(result) }
    },
  },
}

type Fields = Readonly<Record<string, unknown>>

interface Played {
  /** Of the last task. */
  readonly result: Fields
  /** Processor seconds of the command itself. */
  readonly controllerCpu: number
}

const play = async (stage: Stage, playbook: string, host: string, ...args: readonly string[]): Promise<Played> => {
  const home = mkdtempSync(join(tmpdir(), 'lifeboat-bench-'))
  const file = join(checkout, 'playbooks', `${playbook}.yml`)
  const words = [
    process.execPath,
    join(checkout, 'bin/lifeboat.js'),
    'play',
    file,
    '-i',
    stage.fleet.inventoryFile,
  ] as const
  const rest = ['-b', '--limit', host, '-e', `repository=${REPOSITORY}`, '--output', 'json', ...args]
  try {
    const { stdout, cpu } = await withTally((tally) =>
      tally.run({ words: [...words, ...rest], environment: { LIFEBOAT_HOME: home } }),
    )
    return { result: lastResult(stdout, host), controllerCpu: cpu }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

interface Document {
  readonly plays: readonly { readonly tasks: readonly { readonly hosts: Readonly<Record<string, Fields>> }[] }[]
}

const lastResult = (stdout: string, host: string): Fields => {
  const { plays } = JSON.parse(stdout) as Document
  const tasks = plays.flatMap((each) => each.tasks)
  return tasks.findLast((task) => task.hosts[host])?.hosts[host] ?? {}
}

const phasesOf = ({ phases, seconds }: Fields): Readonly<Record<string, number>> =>
  (phases as Record<string, number> | undefined) ?? (typeof seconds === 'number' ? { backup: seconds } : {})
