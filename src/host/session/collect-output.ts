import type { RunOptions, RunResult } from '../connection.ts'
import type { Sink } from './keeper.ts'

export interface CollectedOutput extends Sink {
  result(status: number): RunResult
}

/** Keeps both streams of a script whole and hands the pieces on as they come. */
export const collectOutput = (options: Pick<RunOptions, 'onStdout' | 'onStderr'>): CollectedOutput => {
  const out: Buffer[] = []
  const err: Buffer[] = []
  return {
    stdout(chunk) {
      out.push(chunk)
      options.onStdout?.(chunk)
    },
    stderr(chunk) {
      err.push(chunk)
      options.onStderr?.(chunk)
    },
    result(status) {
      const stdoutBytes = Buffer.concat(out)
      let text: string | undefined
      return {
        status,
        stderr: Buffer.concat(err).toString(),
        stdoutBytes,
        // Decoded when asked for: bulk output is often wanted as bytes only.
        get stdout() {
          text ??= stdoutBytes.toString()
          return text
        },
      }
    },
  }
}
