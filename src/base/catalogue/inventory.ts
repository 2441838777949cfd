import type { Catalogue } from './types.ts'

export const inventoryCatalogue = {} as const satisfies Catalogue
