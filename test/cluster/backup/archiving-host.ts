import type { PlainValue } from '../../../src/base/value.ts'
import type { BackupRecord } from '../../../src/cluster/repository/backup-record.ts'
import { layoutOf } from '../../../src/cluster/repository/layout.ts'
import { parseRepository } from '../../../src/cluster/repository/location.ts'
import { type Repository, readRepository } from '../../../src/cluster/repository/read.ts'
import { parseArguments } from '../../../src/modules/arguments.ts'
import type { Module, Progress } from '../../../src/modules/contract.ts'
import postgresql_archive from '../../../src/modules/postgresql/postgresql_archive.ts'
import postgresql_backup from '../../../src/modules/postgresql/postgresql_backup.ts'
import type { ProcessOptions } from '../../fleet/processes/index.ts'
import type { ContextOptions } from '../../modules/harness.ts'
import { type LiveHost, startLiveHost } from '../live-host.ts'

type Wish = Readonly<Record<string, string | number | boolean>>

/** A host whose cluster archives into its repository, and backups of it as the engine takes them. */
export interface ArchivingHost extends LiveHost {
  /** One run, with the proof that nothing is left to do. Gives what the user sees. */
  backUp(
    wish?: Wish,
    options?: ContextOptions,
  ): Promise<{
    readonly backup: BackupRecord
    readonly folder: string
    readonly progress: readonly Progress[]
    readonly warnings: readonly string[]
    readonly said: readonly string[]
  }>
  repositoryNow(): Promise<Repository>
  /** The output of a script of the cluster's owner; throws what it said when it fails. */
  shell(script: string): Promise<string>
}

export const startArchivingHost = async (options: ProcessOptions = {}): Promise<ArchivingHost> => {
  const live = await startLiveHost(options)
  return archiveInto(live, live.repository)
}

/**
 * Sets archiving up.
 *
 * @param way parameters of `postgresql_archive` that say how a repository host is reached
 */
export const archiveInto = async (
  live: LiveHost,
  repository: string,
  way: Record<string, PlainValue> = {},
): Promise<ArchivingHost> => {
  const place = { cluster: live.host.dataDirectory, repository }
  const folder = repository.replace(/^[^/]*:/, '')
  const ctx = live.context()
  const wish = parseArguments('postgresql_archive', postgresql_archive, { ...place, ...way })
  const state = await postgresql_archive.inspect(ctx, wish)
  await postgresql_archive.apply(ctx, wish, postgresql_archive.diff(state, wish), state)
  await live.host.postgres.stop()
  await live.host.postgres.start()
  const repositoryNow = (): Promise<Repository> =>
    readRepository(live.session, layoutOf(parseRepository(repository), 'db1'))
  return {
    ...live,
    repository,
    repositoryNow,
    async backUp(more = {}, options = {}) {
      const progress: Progress[] = []
      const said: string[] = []
      const ctx = {
        ...live.context(options),
        progress: (step: Progress) => void progress.push(step),
        verbose: (line: string) => void said.push(line),
      }
      const wish = parseArguments('postgresql_backup', postgresql_backup as Module, { ...place, ...more }) as never
      const before = await postgresql_backup.inspect(ctx, wish)
      const changes = postgresql_backup.diff(before, wish)
      await postgresql_backup.apply(ctx, wish, changes, before)
      const after = await postgresql_backup.inspect(ctx, wish, before)
      if (postgresql_backup.diff(after, wish, before).length > 0) throw new Error('the backup is not there')
      const backup = (await repositoryNow()).backups.at(-1)
      if (!backup) throw new Error('there is no backup')
      return { backup, folder: `${folder}/db1/backup/${backup.id}`, progress, warnings: ctx.warnings, said }
    },
    async shell(script) {
      const { status, stdout, stderr } = await live.host.exec(script)
      if (status !== 0) throw new Error(`${script}\n${stderr}`)
      return stdout.trimEnd()
    },
  }
}
