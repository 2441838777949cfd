import { LifeboatError } from '../../base/errors.ts'
import type { Sql } from '../sql.ts'

/** What the server says of a line that is right and only waits for a restart: no error for us (trap A11). */
const WAITS = 'setting could not be applied'

/** Of a line that was taken out and is missed at a restart only it says so too, and names no file. */
const WRONG = `error <> '${WAITS}' AND sourcefile IS NOT NULL`

interface BrokenLine {
  readonly sourcefile: string
  readonly sourceline: number
  readonly name: string | null
  readonly error: string
}

/**
 * Makes the server read its configuration files again and waits until it has: only then do new connections see the
 * values. Looks for errors in the files first, for with one the server would go on with the old values in silence
 * (trap A11).
 *
 * @throws postgres/broken-configuration, with file and line
 */
export const reloadConfiguration = async (db: Sql): Promise<void> => {
  const [errors, asked] = await db.queries<[BrokenLine, { sent: boolean; before: string }]>([
    `SELECT sourcefile, sourceline, name, setting, error FROM pg_file_settings WHERE ${WRONG} ORDER BY seqno`,
    `SELECT CASE WHEN EXISTS (SELECT FROM pg_file_settings WHERE ${WRONG}) THEN false ELSE pg_reload_conf() END
       AS sent, pg_conf_load_time()::text AS before`,
  ])
  const [error] = errors.rows
  if (error) {
    throw new LifeboatError(
      'postgres/broken-configuration',
      `${error.sourcefile} line ${error.sourceline}: ${error.error}`,
      {
        hints: [
          ...(error.name === null ? [] : [`the line sets ${error.name}`]),
          'the server was not told to read its files: it would have ignored them',
        ],
        data: { file: error.sourcefile, line: error.sourceline },
      },
    )
  }
  const before = asked.rows[0]?.before ?? ''
  // A session reads the files between two statements, after the postmaster did.
  for (let wait = 0.02; wait < 15; wait *= 2) {
    const [, now] = await db.queries<[unknown, { loaded: boolean }]>([
      { text: 'SELECT pg_sleep($1)', params: [wait] },
      { text: 'SELECT pg_conf_load_time() > $1::timestamptz AS loaded', params: [before] },
    ])
    if (now.rows[0]?.loaded) return
  }
  throw new LifeboatError(
    'postgres/broken-configuration',
    'the server did not read its configuration files within 30 s',
    {
      hints: ['look at its log'],
    },
  )
}
