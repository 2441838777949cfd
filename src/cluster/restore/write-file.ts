import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'

/** Shell that writes a file whole or not at all: beside it, synced, renamed. Mode 0600. */
export const writeFileScript = (path: string, content: string): string => {
  const file = quote(path)
  const temporary = quote(`${path}.lifeboat-new`)
  return `{ umask 077; printf '%s' ${quote(content)} > ${temporary} && { sync ${temporary} 2>/dev/null || sync; } && mv -f ${temporary} ${file}; }`
}

/**
 * Runs a step of a restore that has to succeed.
 *
 * @param what the step did not do, for the message
 * @throws restore/step-failed with the last lines of what the host said
 */
export const runStep = async (
  session: Session,
  what: string,
  script: string,
  signal?: AbortSignal,
): Promise<string> => {
  const result = await session.run(`LC_ALL=C; export LC_ALL\n${script}`, { signal })
  if (result.status === 0) return result.stdout
  throw new LifeboatError('restore/step-failed', `${what} failed with status ${result.status}`, {
    hints: result.stderr.trim().split('\n').slice(-10),
  })
}
