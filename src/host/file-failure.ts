import { LifeboatError } from '../base/errors.ts'
import type { Session } from './connection.ts'

/** That a file on a host cannot be written or read, and why. */
export const fileFailure = (
  verb: 'write' | 'read',
  path: string,
  session: Session,
  why: string,
  data: Readonly<Record<string, unknown>> = {},
): LifeboatError =>
  new LifeboatError('host/file', `cannot ${verb} ${path} as ${session.user}: ${why.trim() || 'no reason was given'}`, {
    data,
  })
