/** The counts of a host, as `stats` of Ansible's json callback has them. */
export interface Stats {
  readonly ok: number
  readonly changed: number
  readonly unreachable: number
  readonly failures: number
  readonly skipped: number
  readonly rescued: number
  readonly ignored: number
}

/** The result of a task on a host: what `register` gives, and how it ended. */
export type TaskRecord = Readonly<Record<string, unknown>>

/** What `--output json` prints. */
export interface RunDocument {
  readonly plays: readonly {
    readonly play: { readonly name: string }
    readonly tasks: readonly {
      readonly task: { readonly name: string }
      readonly hosts: Readonly<Record<string, TaskRecord>>
    }[]
  }[]
  readonly stats: Readonly<Record<string, Stats>>
  readonly warnings: readonly string[]
  readonly lifeboat: Readonly<Record<string, unknown>>
}

/** Reads the document of a run that printed nothing else; shows what it said where there is none. */
export const readDocument = ({ stdout, stderr }: { stdout: string; stderr: string }): RunDocument => {
  try {
    return JSON.parse(stdout) as RunDocument
  } catch (cause) {
    throw new Error(`no JSON document on stdout:\n${stdout}\n${stderr}`, { cause })
  }
}

/** One result of a run with the host and the name of its task. */
export interface PlacedResult {
  readonly host: string
  readonly task: string
  readonly result: TaskRecord
}

/** Every result of a run, in the order of its tasks. */
export const resultsOf = (document: RunDocument): PlacedResult[] =>
  document.plays.flatMap((play) =>
    play.tasks.flatMap(({ task, hosts }) =>
      Object.entries(hosts).map(([host, result]) => ({ host, task: task.name, result })),
    ),
  )

/** `host: task` of everything that changed, or in check mode would have, sorted. */
export const changedTasks = (document: RunDocument): string[] =>
  resultsOf(document)
    .filter(({ result }) => result.changed === true)
    .map(({ host, task }) => `${host}: ${task}`)
    .sort()

/** The result of a task on a host; an error that names what there is when it did not run there. */
export const resultOf = (document: RunDocument, host: string, task: string): TaskRecord => {
  const all = resultsOf(document)
  const found = all.findLast((each) => each.host === host && each.task === task)
  if (found) return found.result
  throw new Error(
    `no result of "${task}" on ${host}, only of ${all.map((each) => `${each.host}: ${each.task}`).join(', ')}`,
  )
}

/** What failed in a run, in words: for the message of an expectation. */
export const failuresOf = (document: RunDocument): string =>
  resultsOf(document)
    .filter(({ result }) => result.failed === true || result.unreachable === true)
    .map(({ host, task, result }) => `${host}: ${task}: ${JSON.stringify(result, undefined, 2)}`)
    .join('\n')
