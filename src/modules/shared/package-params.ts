import { z } from 'zod'
import { list, text } from './params.ts'

/** A package as a user names it; what could be an option or a file is refused. */
const packageName = text.refine((name) => /^[A-Za-z0-9][\w.+:~*?=-]*$/.test(name), 'must be the name of a package')

export const packageNames = list(packageName)

export const packageState = z
  .enum(['present', 'installed', 'absent', 'removed'])
  .default('present')
  .transform((state): 'present' | 'absent' => (state === 'present' || state === 'installed' ? 'present' : 'absent'))
  .describe('`present` installs what is missing and updates nothing; `absent` removes.')
