import type { Catalogue } from './types.ts'

export const backupCatalogue = {} as const satisfies Catalogue
