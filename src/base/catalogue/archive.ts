import type { Catalogue } from './types.ts'

export const archiveCatalogue = {} as const satisfies Catalogue
