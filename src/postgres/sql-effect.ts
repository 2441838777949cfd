import { firstKeyword, scanSql } from './sql-scan.ts'

// Functions that act at once, outside any transaction, and that a read-only transaction lets through.
const ACTING = new Set([
  'dblink',
  'dblink_exec',
  'lo_export',
  'pg_backup_start',
  'pg_backup_stop',
  'pg_cancel_backend',
  'pg_create_restore_point',
  'pg_log_backend_memory_contexts',
  'pg_promote',
  'pg_reload_conf',
  'pg_rotate_logfile',
  'pg_start_backup',
  'pg_stop_backup',
  'pg_switch_wal',
  'pg_terminate_backend',
  'pg_wal_replay_pause',
  'pg_wal_replay_resume',
])
const ACTING_PREFIX = /^(pg_(advisory_(?!unlock)|file_|replication_|logical_|stat_reset|create_|drop_)|pg_copy_)/

const READING = new Set(['SELECT', 'TABLE', 'VALUES', 'WITH', 'SHOW', 'EXPLAIN'])

/**
 * What a statement would do in a read-only transaction. `reads`: it can be run there, and is refused if it writes after
 * all; `acts`: it calls a function that would act all the same; `writes`: it is no query.
 */
export const effectOf = (statement: string): 'reads' | 'acts' | 'writes' => {
  if (!READING.has(firstKeyword(statement))) return 'writes'
  const acts = scanSql(statement).some((token) => {
    const word = token.text.toLowerCase()
    return token.kind === 'word' && (ACTING.has(word) || ACTING_PREFIX.test(word))
  })
  return acts ? 'acts' : 'reads'
}

/**
 * Whether a command tag tells of a change, when nothing better is known: rows written, or anything but a query and
 * what only concerns the session.
 */
export const tagTellsChange = (tag: string): boolean => {
  const [word = ''] = tag.split(' ')
  if (/^(INSERT|UPDATE|DELETE|MERGE|COPY)$/.test(word)) return !/ 0$/.test(tag)
  return !/^(SELECT|TABLE|VALUES|WITH|SHOW|EXPLAIN|FETCH|MOVE|SET|RESET|BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|LISTEN|UNLISTEN|DISCARD|DECLARE|CLOSE|PREPARE|DEALLOCATE|EXECUTE|LOCK|)$/.test(
    word,
  )
}
