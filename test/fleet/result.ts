import type { ProcessOutput } from 'zx/core'

/** How a script on a host ended. */
export interface ExecResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export interface ExecOptions {
  /** The OS user on the host; its home is the working directory. */
  readonly user?: string
  readonly stdin?: string
}

export function resultOf(output: ProcessOutput): ExecResult {
  // A shell's own way of saying that a signal ended it.
  return { status: output.exitCode ?? 128, stdout: output.stdout, stderr: output.stderr }
}
