import type { Catalogue } from './types.ts'

export const moduleCatalogue = {} as const satisfies Catalogue
