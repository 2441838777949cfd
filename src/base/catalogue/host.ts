import type { Catalogue } from './types.ts'

export const hostCatalogue = {} as const satisfies Catalogue
