import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from '../../host.ts'
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
  const used = join(home, 'times')
  const command = ['bin/lifeboat.js', 'play', `playbooks/${playbook}.yml`, '-i', stage.fleet.inventoryFile, '-b']
  const rest = ['--limit', host, '-e', `repository=${REPOSITORY}`, '--output', 'json', ...args]
  // The shell's own count of what its child used: whoever starts a process learns only that it ended.
  const script = '"$@"; status=$?; times > "$used"; exit $status'
  const child = spawn('sh', ['-c', script, 'sh', process.execPath, ...command, ...rest], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LIFEBOAT_HOME: home, used },
  })
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => {
      text[name] += part
    })
  }
  try {
    const [status] = (await once(child, 'close')) as [number | null]
    if (status !== 0) throw new Error(`lifeboat play ${playbook}: status ${status}\n${text.stdout}${text.stderr}`)
    return { result: lastResult(text.stdout, host), controllerCpu: childSeconds(readFileSync(used, 'utf8')) }
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

/** The second line of `times`: user and system time of the children, as 0m1.250000s. */
const childSeconds = (times: string): number => {
  const [, line = ''] = times.split('\n')
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, min, sec]) => sum + Number(min) * 60 + Number(sec), 0)
}
