import type { Variables } from '../base/value.ts'
import type { ToValueOptions } from '../text/yaml/value.ts'
import type { Problems } from './problems.ts'
import type { Role, TaskItem } from './types.ts'

export interface LoadOptions extends ToValueOptions {
  /** Whether a module of this short name exists. */
  isModule(name: string): boolean
  /** Short names of all modules, for "did you mean". */
  moduleNames(): Iterable<string>
  /** Variables of `-e`: names of imports, roles and files may be made of them. */
  readonly extraVariables: Variables
  /** Folders in which roles are searched after the one beside the playbook. */
  readonly rolesPath?: readonly string[] | undefined
}

/** What goes through all files while one playbook is being loaded. */
export interface Loading {
  readonly options: LoadOptions
  readonly problems: Problems
  /** Folder of the playbook. */
  readonly directory: string
  /** Whether includes whose names are known are loaded too, to say what is wrong in them before the run. */
  readonly ahead: boolean
  /** Includes that were checked already. */
  readonly checked: Set<string>
  /** Items of the includes whose names are known before the run. */
  readonly included: TaskItem[]
  /** Roles that stand in the play for good (`roles:`, `import_role`): their handlers are the play's. */
  readonly staticRoles: Set<Role>
}

/** Where the items that are being loaded stand. */
export interface Place {
  /** Folder of their file. */
  readonly directory: string
  readonly role: Role | undefined
  /** Whether they are handlers. */
  readonly handlers: boolean
  /** Files and roles whose import led here, outermost first. */
  readonly chain: readonly string[]
  /** Variables known before the run: of the play, its files, the role, the blocks and imports around. */
  readonly variables: Variables
}
