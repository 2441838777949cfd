import { codeFrame } from './code-frame.ts'
import { LifeboatError, LifeboatErrors } from './errors.ts'
import { formatPosition } from './position.ts'
import type { ErrorReport } from './result.ts'

/** Turns anything that was thrown into plain data; what is not an error of ours is a bug of ours and says so. */
export const reportError = (error: unknown): ErrorReport => {
  if (error instanceof LifeboatError) {
    const frame = error.where ? codeFrame(error.where) : ''
    return {
      code: error.code,
      message: error.message,
      hints: error.hints,
      ...(error.where ? { where: formatPosition(error.where) } : {}),
      ...(frame ? { frame } : {}),
    }
  }
  if (error instanceof LifeboatErrors && error.errors[0]) {
    const first = reportError(error.errors[0])
    const hints = error.errors.flatMap((each) => each.hints)
    return { ...first, message: error.message, hints: [...new Set(hints)] }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: 'lifeboat/bug', message, hints: ['this is a bug of Lifeboat; please report it with this text'] }
}
