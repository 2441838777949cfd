import type { Output } from '../report/reporter.ts'

/** Standard output as reporters see it. Colour honours NO_COLOR and FORCE_COLOR, and is off in a pipe. */
export const terminalOutput = (): Output => {
  const { stdout, env } = process
  const isTTY = stdout.isTTY === true && env.TERM !== 'dumb'
  const colour = env.NO_COLOR ? false : env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : isTTY
  return { write: (text) => stdout.write(text), isTTY, columns: stdout.columns ?? 120, colour }
}
