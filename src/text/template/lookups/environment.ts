/** Where lookups find things on the controller. */
export interface LookupEnvironment {
  /**
   * Folders that files and templates are searched in, in this order: of the role, of the tasks file, of the playbook.
   * In each, `files/` (or `templates/`) comes before the folder itself.
   */
  readonly baseDirectories: readonly string[]
  /** Environment variables; those of the process unless given. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Opens files that are encrypted with Ansible Vault; gives other texts back as they are. */
  readonly decrypt?: ((text: string, path: string) => string) | undefined
}
