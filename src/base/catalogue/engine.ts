import type { Catalogue } from './types.ts'

export const engineCatalogue = {} as const satisfies Catalogue
