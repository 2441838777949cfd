/** What the catalogue says of one error code: the exit status it ends a command with, and what it means. */
export interface CatalogueEntry {
  /** Exit status of the command that ends with this error (see docs/exit-status.md). */
  readonly exit: 1 | 2 | 4 | 5 | 99 | 250
  /** One sentence for the reference page: what has happened and what to do. */
  readonly meaning: string
}

/** A family of codes: the part before the slash is the family, each key the part behind it. */
export type Catalogue = Readonly<Record<string, CatalogueEntry>>
