import type { RunOptions, RunResult } from '../connection.ts'
import type { Output } from '../output.ts'
import type { Sink } from './keeper.ts'
import { Spool } from './spool.ts'

export interface CollectedOutput extends Sink {
  result(status: number): RunResult
}

/** Keeps both streams of a script whole and hands the pieces on as they come. */
export const collectOutput = (options: Pick<RunOptions, 'onStdout' | 'onStderr'>): CollectedOutput => {
  const out = new Spool()
  const err = new Spool()
  return {
    stdout(chunk) {
      out.push(chunk)
      options.onStdout?.(chunk)
    },
    stderr(chunk) {
      err.push(chunk)
      options.onStderr?.(chunk)
    },
    result: (status) => runResult(status, out, err),
  }
}

/** A result that reads and decodes its output when it is asked for: much of it is often wanted in part only, or as bytes. */
export const runResult = (status: number, out: Output, err: Output): RunResult => {
  let bytes: Buffer | undefined
  let text: string | undefined
  let errors: string | undefined
  return {
    status,
    output: { stdout: out, stderr: err },
    get stdoutBytes() {
      bytes ??= out.bytes()
      return bytes
    },
    get stdout() {
      text ??= this.stdoutBytes.toString()
      return text
    },
    get stderr() {
      errors ??= err.bytes().toString()
      return errors
    },
  }
}
