import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BackupRecord } from '../../../src/cluster/repository/backup-record.ts'
import { parseBackupRecord } from '../../../src/cluster/repository/backup-record.ts'
import type { HostFleet } from '../../fleet/hosts/index.ts'
import { archiveEverything, shell, sql } from '../../scenarios/support/cluster.ts'
import { resultOf, type TaskRecord } from '../../scenarios/support/document.ts'
import { Lifeboat } from '../../scenarios/support/lifeboat.ts'

export const REPOSITORY = '/mnt/shared/lifeboat'

type Wish = Readonly<Record<string, unknown>>

export interface TaskError {
  readonly code: string
  readonly message: string
  readonly hints: readonly string[]
}

/** Single tasks on the hosts of a fleet, run by the command as users have it. */
export interface TaskRunner {
  /** The result of a task; an error where it failed. */
  run(host: string, module: string, wish?: Wish): Promise<TaskRecord>
  /** The result of a task, failed or not. */
  attempt(host: string, module: string, wish?: Wish): Promise<TaskRecord>
  /** What a task warns of. */
  warnings(host: string, module: string, wish?: Wish): Promise<readonly string[]>
  /** The error of a task that fails. */
  fail(host: string, module: string, wish?: Wish): Promise<TaskError>
  /** Sets archiving up, with a restart where the server needs it. */
  archive(host: string): Promise<void>
  backUp(host: string, wish?: Wish): Promise<BackupRecord>
  shell(host: string, script: string): Promise<string>
  sql(host: string, text: string): Promise<string>
  archiveEverything(host: string): Promise<void>
  close(): void
}

/** @param repository of every task that does not say another */
export const taskRunner = (fleet: HostFleet, repository = REPOSITORY): TaskRunner => {
  const lifeboat = new Lifeboat(['-i', fleet.inventoryFile, '-b'])
  const file = (host: string) => join(fleet.directory, `task-${host}.yml`)
  const attempt = async (host: string, module: string, wish: Wish) => {
    const task = { name: 'task', [module]: { repository, ...wish } }
    writeFileSync(file(host), JSON.stringify([{ hosts: host, gather_facts: false, tasks: [task] }]))
    return lifeboat.playJson(file(host))
  }
  const inner = (host: string, script: string) => shell(fleet.host(host), script, { user: 'postgres' })
  const run = async (host: string, module: string, wish: Wish = {}) => {
    const { status, document } = await attempt(host, module, wish)
    const result = resultOf(document, host, 'task')
    if (status !== 0) throw new Error(`${module} on ${host}: ${JSON.stringify(result, undefined, 2)}`)
    return result
  }
  return {
    run,
    attempt: async (host, module, wish = {}) => resultOf((await attempt(host, module, wish)).document, host, 'task'),
    async warnings(host, module, wish = {}) {
      const { status, document } = await attempt(host, module, wish)
      if (status !== 0) throw new Error(`${module} on ${host}: ${JSON.stringify(resultOf(document, host, 'task'))}`)
      return document.warnings
    },
    async fail(host, module, wish = {}) {
      const { status, document } = await attempt(host, module, wish)
      if (status !== 2) throw new Error(`${module} on ${host} did not fail, but ended with ${status}`)
      return resultOf(document, host, 'task').error as TaskError
    },
    async archive(host) {
      const { restart_required: restart } = await run(host, 'postgresql_archive')
      if (restart === true) await run(host, 'postgresql_restart', { repository: undefined })
    },
    async backUp(host, wish = {}) {
      const { path } = await run(host, 'postgresql_backup', wish)
      return parseBackupRecord(await inner(host, `cat ${path}/backup.json`), String(path))
    },
    shell: inner,
    sql: (host, text) => sql(fleet.host(host), text),
    archiveEverything: (host) => archiveEverything(fleet.host(host)),
    close: () => lifeboat.close(),
  }
}
