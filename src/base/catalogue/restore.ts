import type { Catalogue } from './types.ts'

export const restoreCatalogue = {} as const satisfies Catalogue
