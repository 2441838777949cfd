import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pLimit from 'p-limit'
import { LifeboatErrors } from '../../src/base/errors.ts'
import { EventStream, type RunEvent } from '../../src/base/events.ts'
import type { HostStats, TaskResult } from '../../src/base/result.ts'
import { Secrets } from '../../src/base/secrets.ts'
import type { Variables } from '../../src/base/value.ts'
import { checkPlaybooks } from '../../src/engine/check.ts'
import { ConnectionPool } from '../../src/engine/connections.ts'
import { HostStates } from '../../src/engine/host-state.ts'
import type { RunOptions } from '../../src/engine/options.ts'
import { runPlaybooks } from '../../src/engine/run-playbooks.ts'
import { openConnection } from '../../src/host/open.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { loadVariableFolders } from '../../src/inventory/variable-folders.ts'
import { isModule, moduleNames } from '../../src/modules/load.ts'
import { loadPlaybook } from '../../src/playbook/load.ts'
import { selectsTags } from '../../src/playbook/tags.ts'

/** What a run left: in the order in which it happened. */
export interface Ran {
  readonly exit: number
  readonly stats: Readonly<Record<string, HostStats>>
  readonly events: readonly RunEvent[]
  /** `host task status` a line, for all that ended. */
  readonly lines: readonly string[]
  /** What `debug` said, `host: message` a line. */
  readonly said: readonly string[]
  result(host: string, task: string): TaskResult
}

export interface RunSpec {
  readonly files: Readonly<Record<string, string>>
  readonly hosts?: readonly string[]
  readonly variables?: Variables
  readonly options?: Partial<RunOptions>
}

const defaults: RunOptions = {
  runId: 'test-run',
  checkMode: false,
  diffMode: false,
  verbosity: 0,
  forks: 10,
  tags: [],
  skipTags: [],
  limit: undefined,
  extraVariables: {},
  become: false,
  becomeUser: undefined,
  becomeMethod: undefined,
  becomePassword: undefined,
  user: undefined,
  privateKeyFile: undefined,
  connectionPassword: undefined,
  acceptNewHostKeys: false,
  timeout: undefined,
  startAtTask: undefined,
}

/** Runs `site.yml` among some files for real, on hosts that are all this machine. */
export const run = async (spec: RunSpec): Promise<Ran> => {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-engine-'))
  try {
    const hosts = spec.hosts ?? ['h1', 'h2', 'h3']
    const inventoryText = `[all]\n${hosts.map((host) => `${host} ansible_connection=local\n`).join('')}`
    for (const [path, text] of Object.entries({ hosts: inventoryText, ...spec.files })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    return await runIn(folder, spec)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const runIn = async (folder: string, spec: RunSpec): Promise<Ran> => {
  const options = { ...defaults, extraVariables: spec.variables ?? {}, ...spec.options }
  const inventory = await loadInventory([join(folder, 'hosts')])
  const events = new EventStream()
  const seen: RunEvent[] = []
  events.subscribe((event) => void seen.push(event))
  const loadOptions = {
    isModule: (name: string) => isModule(name),
    moduleNames: () => moduleNames(),
    extraVariables: options.extraVariables,
  }
  const limiter = pLimit(options.forks)
  const connections = new ConnectionPool(openConnection)
  const playbook = await loadPlaybook(join(folder, 'site.yml'), loadOptions)
  const { extraVariables, tags, skipTags } = options
  await checkPlaybooks([playbook], {
    extraVariables,
    selected: (taskTags) => selectsTags(taskTags, tags, skipTags),
  })
  try {
    const { exit, stats } = await runPlaybooks(
      {
        options,
        inventory,
        hostVariables: await loadVariableFolders(inventory, [folder]),
        events,
        secrets: new Secrets(),
        connections,
        hosts: new HostStates(),
        loadOptions,
        moduleFolders: [],
        signal: new AbortController().signal,
        limit: (work) => limiter(work),
      },
      [playbook],
    )
    return { exit, stats, events: seen, ...digest(seen) }
  } finally {
    await connections.close()
  }
}

const digest = (events: readonly RunEvent[]): Pick<Ran, 'lines' | 'said' | 'result'> => {
  const ended = events.filter((event) => event.type === 'host-ended')
  const messages = (result: TaskResult): unknown[] => (result.items ?? [result]).map((part) => part.fields.msg)
  return {
    lines: ended.map(({ host, task, result }) => `${host} ${task.name} ${result.ignored ? 'ignored' : result.status}`),
    said: ended
      .filter(({ task, result }) => task.module === 'debug' && result.status === 'ok')
      .flatMap(({ host, result }) => messages(result).map((message) => `${host}: ${String(message)}`)),
    result: (host, task) => {
      const found = ended.findLast((event) => event.host === host && event.task.name === task)
      if (!found) throw new Error(`no result of ${task} on ${host}`)
      return found.result
    },
  }
}

/** Runs one play's tasks (YAML, indented by four) on the hosts, without facts. */
export const runTasks = (tasks: string, spec: Partial<RunSpec> & { readonly play?: string } = {}): Promise<Ran> =>
  run({
    ...spec,
    files: { 'site.yml': `- hosts: all\n  gather_facts: false\n${spec.play ?? ''}  tasks:\n${tasks}`, ...spec.files },
  })

/** The messages of all errors that were thrown. */
export const messagesOf = async (work: Promise<unknown>): Promise<string[]> => {
  try {
    await work
  } catch (error) {
    if (error instanceof LifeboatErrors) return error.errors.map((each) => each.message)
    return [error instanceof Error ? error.message : String(error)]
  }
  throw new Error('nothing was thrown')
}
