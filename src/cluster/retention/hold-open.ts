import type { HostProcess, Session } from '../../host/connection.ts'

/** Milliseconds between signs of life. */
const SIGN_OF_LIFE = 5000

/** Something that a script on the host holds for as long as the controller lives. */
export interface Hold {
  readonly held: true
  /** Lets go of it. */
  release(): Promise<void>
}

/** The script ended without having taken hold. */
export interface NotHeld {
  readonly held: false
  readonly status: number
  readonly stderr: string
}

/**
 * Starts a script that takes hold of something, prints `held`, and holds it until its standard input ends: when it is
 * released, or when the controller is gone. Each line on its input is a sign of life.
 */
export const holdOpen = async (session: Session, script: string, signal?: AbortSignal): Promise<Hold | NotHeld> => {
  const process = await session.start(script, { signal })
  process.stdin.on('error', () => {})
  const output = collect(process)
  if (!(await output.held)) {
    const { status } = await process.ended
    return { held: false, status, stderr: output.stderr() }
  }
  const life = setInterval(() => process.stdin.write('\n'), SIGN_OF_LIFE)
  return {
    held: true,
    release: async () => {
      clearInterval(life)
      process.stdin.end()
      // A connection that broke has let go of it too, and says so itself.
      await process.ended.catch(() => {})
    },
  }
}

const collect = (process: HostProcess): { readonly held: Promise<boolean>; readonly stderr: () => string } => {
  let out = ''
  let err = ''
  process.stderr.on('data', (chunk: Buffer) => {
    err = `${err}${chunk.toString()}`.slice(-4096)
  })
  const held = new Promise<boolean>((resolve, reject) => {
    process.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      if (/^held$/m.test(out)) resolve(true)
    })
    process.ended.then(() => resolve(false), reject)
  })
  return { held, stderr: () => err.trim() }
}
