import { LifeboatError } from '../../base/errors.ts'
import type { ModuleContext } from '../contract.ts'
import { type Content, contentOf } from './content.ts'
import { type ContentState, inspectFile } from './content-file.ts'
import type { AttributeParams } from './file-attributes.ts'
import { group, owner, validate } from './file-params.ts'
import { mode } from './mode-param.ts'
import { bool, path } from './params.ts'

/** Parameters that all modules share which change a part of a file. */
export const editParams = {
  path: path.describe('The file on the host; where it is a link, the file it points to.'),
  mode: mode
    .optional()
    .describe('Mode of the file: octal in quotes (`"0640"`) or symbolic. Left out, it keeps its mode.'),
  owner,
  group,
  backup: bool.default(false).describe('Keeps the old file under a name with the time in it.'),
  validate,
}

/** `create` for those that may make the file. */
export const create = bool.default(false).describe('Makes the file, and its folder, where it does not exist.')

/** The names under which Ansible knows the path of such a file. */
export const EDIT_ALIASES = { dest: 'path', destfile: 'path', name: 'path' }

export interface EditRequest extends AttributeParams {
  readonly path: string
  /** A file that does not exist is an empty one. */
  readonly create: boolean
  /** There is nothing to do in a file that does not exist. */
  readonly optional: boolean
}

/**
 * Reads a file that is to be edited.
 *
 * @throws file/not-found; in check mode only a warning, since an earlier task may create it
 */
export const inspectEdit = async (ctx: ModuleContext, request: EditRequest): Promise<ContentState> => {
  const state = await inspectFile(ctx, { ...request, follow: true })
  if (state.file.stat === undefined && !request.create && !request.optional) {
    const message = `${state.file.path} does not exist on the host`
    if (!ctx.checkMode) throw new LifeboatError('file/not-found', message, { hints: ['`create: true` makes it'] })
    ctx.warn(`${message}; only an earlier task that creates it makes this one work`)
  }
  if (state.file.stat !== undefined && state.file.checksum === undefined) {
    throw new LifeboatError('module/no-permission', `${state.file.path} may not be read by the user of the task`)
  }
  return state
}

/** A text of the user's in the encoding in which the file is edited. */
export type Encode = (text: string) => string

/**
 * The content of a file after an edit. A file that is not UTF-8 is edited byte for byte.
 *
 * @param edit gets the text of the file and the encoding for what it puts in or looks for
 */
export const editContent = (state: ContentState, edit: (text: string, encode: Encode) => string): Content => {
  const bytes = state.existing ?? Buffer.alloc(0)
  const text = bytes.toString('utf8')
  if (Buffer.from(text).equals(bytes)) return contentOf(Buffer.from(edit(text, (own) => own)))
  const encode = (own: string): string => Buffer.from(own, 'utf8').toString('latin1')
  return contentOf(Buffer.from(edit(bytes.toString('latin1'), encode), 'latin1'))
}

/** The lines of a text, each with its own line end; the last may have none. */
export const splitLines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** A line without its line end. */
export const bare = (line: string): string => line.replace(/\r?\n$/, '')
