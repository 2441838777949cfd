import { LifeboatError } from '../../base/errors.ts'
import type { RunResult } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'

interface ServerMessage {
  readonly sqlstate: string
  readonly message: string
  /** DETAIL, HINT and CONTEXT, and the line with its caret. */
  readonly lines: readonly string[]
}

/**
 * Makes an error of what psql left.
 *
 * @param statement number of the statement that failed, from 1, and how many there are
 * @returns postgres/sql for an error of the server, postgres/not-running, postgres/starting or postgres/connect
 *   where there was no connection
 */
export const psqlError = (result: RunResult, cluster: Cluster, statement: number, total: number): LifeboatError => {
  const failure = parseMessages(result.stderr).at(-1)
  if (failure) {
    const which = total > 1 ? ` in statement ${statement} of ${total}` : ''
    return new LifeboatError('postgres/sql', `${failure.message} (SQLSTATE ${failure.sqlstate})${which}`, {
      hints: failure.lines,
      data: { sqlstate: failure.sqlstate, message: failure.message, statement },
    })
  }
  const text = result.stderr.trim()
  const said = lastLine(text)
  if (result.status === 127 || result.status === 126) {
    return new LifeboatError('postgres/connect', `cannot run ${cluster.binDirectory}/psql: ${said}`)
  }
  if (/No such file or directory|Connection refused/.test(text)) {
    return new LifeboatError('postgres/not-running', `cluster ${cluster.name} is not running`, {
      hints: [`nobody answers at port ${cluster.port} in ${cluster.socketDirectory}`],
    })
  }
  if (
    /the database system is (starting up|shutting down|not (yet )?accepting connections|in recovery mode)/.test(text)
  ) {
    return new LifeboatError('postgres/starting', `cluster ${cluster.name} does not accept connections yet: ${said}`)
  }
  return new LifeboatError(
    'postgres/connect',
    `cannot connect to cluster ${cluster.name}: ${said || `psql ended with status ${result.status}`}`,
    {
      hints: [
        `connected as ${cluster.owner} through ${cluster.socketDirectory}, port ${cluster.port}; see ${cluster.hbaFile}`,
      ],
    },
  )
}

/** Warnings and notices of the server, with their SQLSTATE, that psql printed on the way. */
export const parseMessages = (stderr: string): ServerMessage[] => {
  const messages: { sqlstate: string; message: string; lines: string[] }[] = []
  for (const line of stderr.split('\n')) {
    // "ERROR:  42P01: relation …"; the first word comes in the server's language. Every SQLSTATE has a digit, unlike
    // the second word of "psql: error: FATAL:  the database system is starting up".
    const head = /^(?:psql:[^ ]+ )?\p{L}+:\s+(?=\w*\d)([0-9A-Z]{5}): (.*)$/u.exec(line)
    const last = messages.at(-1)
    if (head) messages.push({ sqlstate: head[1] ?? '', message: head[2] ?? '', lines: [] })
    else if (last && line.trim() !== '' && !line.startsWith('LOCATION:'))
      last.lines.push(line.replace(/^(DETAIL|HINT):\s+/, '$1: '))
  }
  return messages
}

const lastLine = (text: string): string =>
  (text.split('\n').at(-1) ?? '').replace(/^psql: (error: )?/, '').replace(/^.*(FATAL|failed):\s+/, '')
