import type { Stage } from './stage.ts'

/** What can be asked of a backup tool. Every method runs as its users run it, and throws where it fails. */
export interface Contender {
  readonly name: string
  /** In the table. */
  readonly title: string
  /** Programs that both hosts must have. */
  readonly programs: readonly string[]
  /** Sets the tool up, once, before anything is measured. */
  prepare(stage: Stage): Promise<void>
  /** The archive_command that feeds its repository. */
  archiveCommand(stage: Stage): Promise<string>
  /** Whether its archive_command is measured. */
  readonly pushes: boolean
  /** Takes a full backup of `db`. */
  backup(stage: Stage): Promise<Taken>
  /** What its timer does now and then: done before each backup and each restore, outside of all times. */
  settle?(stage: Stage): Promise<void>
  /** Brings the newest backup and all WAL to `spare`, where the data directory is empty. */
  readonly restore: RestoreSteps
  /** Folder with its archived WAL. */
  readonly walFolder: string
}

export interface Taken {
  /** Folder of the backup in the repository. */
  readonly folder: string
  /** Processor seconds of the tool on the controller, where it has one. */
  readonly controllerCpu?: number
  /** Seconds by step, where the tool tells. */
  readonly phases?: Readonly<Record<string, number>>
}

export interface RestoreSteps {
  /** Up to the start of the server; or all, with the start and the proof of what was restored. */
  unpack(stage: Stage): Promise<Omit<Taken, 'folder'> | undefined>
  /** Compares the files with the backup's manifest. Undefined: `unpack` does. Counts for `verified` alone. */
  readonly verify?: (stage: Stage) => Promise<void>
  /** Makes what was unpacked a recovering server. Undefined: `unpack` does. */
  readonly start?: (stage: Stage) => Promise<void>
}
