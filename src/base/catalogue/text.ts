import type { Catalogue } from './types.ts'

export const textCatalogue = {} as const satisfies Catalogue
