import type { Catalogue } from './types.ts'

export const playbookCatalogue = {} as const satisfies Catalogue
