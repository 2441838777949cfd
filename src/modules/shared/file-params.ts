import { modeOrPreserve } from './mode-param.ts'
import { account, text } from './params.ts'
import { splitWords } from './words.ts'

/** Parameters that every module which writes a file has. */
export const owner = account.optional().describe('User that is to own it: a name or a number.')
export const group = account.optional().describe('Group that is to own it: a name or a number.')

/** `validate`: a command that must accept a file before it is put in place. */
export const validate = text
  .refine(
    (command) => splitWords(command)?.some((word) => word.includes('%s')),
    'must be a command with %s for the file',
  )
  .optional()
  .describe('Command that must accept the new content before it is put in place; `%s` stands for the file.')

export const filePreserveMode = modeOrPreserve
  .optional()
  .describe(
    'Mode of the file: octal in quotes (`"0640"`) or symbolic (`u=rw,g=r`); `preserve` takes that of the source. Left out, an existing file keeps its mode and a new one follows the umask.',
  )
