import type { Catalogue } from './types.ts'

export const postgresCatalogue = {} as const satisfies Catalogue
