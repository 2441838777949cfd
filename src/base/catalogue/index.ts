import { archiveCatalogue } from './archive.ts'
import { backupCatalogue } from './backup.ts'
import { baseCatalogue } from './base.ts'
import { engineCatalogue } from './engine.ts'
import { hostCatalogue } from './host.ts'
import { inventoryCatalogue } from './inventory.ts'
import { moduleCatalogue } from './module.ts'
import { playbookCatalogue } from './playbook.ts'
import { postgresCatalogue } from './postgres.ts'
import { restoreCatalogue } from './restore.ts'
import { retentionCatalogue } from './retention.ts'
import { textCatalogue } from './text.ts'

/** Every error code that Lifeboat can print, as data: the reference page and the exit statuses are made from it. */
export const catalogue = {
  ...baseCatalogue,
  ...textCatalogue,
  ...inventoryCatalogue,
  ...playbookCatalogue,
  ...hostCatalogue,
  ...postgresCatalogue,
  ...archiveCatalogue,
  ...backupCatalogue,
  ...restoreCatalogue,
  ...retentionCatalogue,
  ...moduleCatalogue,
  ...engineCatalogue,
} as const

export type ErrorCode = keyof typeof catalogue
export type { Catalogue, CatalogueEntry } from './types.ts'
