import { LifeboatError } from '../../base/errors.ts'
import type { SettingType } from '../../postgres/settings.ts'
import type { Sql } from '../sql.ts'

/** When a change of a setting comes into force (pg_settings.context). */
export type SettingContext =
  | 'internal'
  | 'postmaster'
  | 'sighup'
  | 'superuser-backend'
  | 'backend'
  | 'superuser'
  | 'user'

/** A setting as the running server has it. */
export interface Setting extends SettingType {
  /** In force in this session, in base units. */
  readonly value: string
  readonly context: SettingContext
  /** `default`, `configuration file`, `command line`, `override`, … */
  readonly source: string
  readonly sourceFile: string | null
  readonly sourceLine: number | null
  readonly pendingRestart: boolean
  readonly resetValue: string | null
  /** What it is when nobody sets it. */
  readonly bootValue: string | null
}

/** An active line of a configuration file, as the server reads the files now, loaded or not (pg_file_settings). */
export interface FileLine {
  readonly file: string
  readonly line: number
  /** Later ones beat earlier ones. */
  readonly order: number
  /** Null where the line cannot be read at all. */
  readonly name: string | null
  readonly value: string | null
  readonly applied: boolean
  readonly error: string | null
  /** The file was changed after the server last read it, or in that same second. */
  readonly unread: boolean
}

/** Settings of a cluster and where they come from. */
export interface SettingsReading {
  readonly majorVersion: number
  /** By lower-case name. */
  readonly settings: ReadonlyMap<string, Setting>
  /** Lines of the settings asked for, and every line with an error; in order. */
  readonly lines: readonly FileLine[]
  readonly configFile: string
  readonly autoFile: string
  /** Every setting, asked for or not, that waits for a restart. */
  readonly pendingRestart: readonly string[]
  /** False where `allow_alter_system` is off (PostgreSQL 17). */
  readonly alterSystem: boolean
}

/** Reads settings, where they come from, and what the files say; one round trip. Names in any case. */
export const readSettings = async (db: Sql, names: readonly string[]): Promise<SettingsReading> => {
  const lower = names.map((name) => name.toLowerCase())
  const [server, settings, lines] = await db.queries<[ServerRow, Setting, FileLine]>([
    SERVER,
    { text: SETTINGS, params: [lower] },
    { text: LINES, params: [lower] },
  ])
  const [about] = server.rows
  if (about === undefined) throw new LifeboatError('lifeboat/bug', 'the server said nothing of itself')
  return {
    majorVersion: about.major,
    settings: new Map(settings.rows.map((row) => [row.name.toLowerCase(), row])),
    lines: lines.rows,
    configFile: about.configFile,
    autoFile: `${about.dataDirectory}/postgresql.auto.conf`,
    pendingRestart: about.pending ?? [],
    alterSystem: about.alterSystem !== 'off',
  }
}

interface ServerRow {
  readonly major: number
  readonly configFile: string
  readonly dataDirectory: string
  readonly alterSystem: string | null
  readonly pending: readonly string[] | null
}

const SERVER = `
SELECT current_setting('server_version_num')::int / 10000 AS major,
       current_setting('config_file') AS "configFile",
       current_setting('data_directory') AS "dataDirectory",
       current_setting('allow_alter_system', true) AS "alterSystem",
       (SELECT array_agg(name::text ORDER BY name) FROM pg_settings WHERE pending_restart) AS pending`

const SETTINGS = `
SELECT name, setting AS value, unit, vartype, enumvals, min_val AS min, max_val AS max, context, source,
       sourcefile AS "sourceFile", sourceline AS "sourceLine", pending_restart AS "pendingRestart",
       reset_val AS "resetValue", boot_val AS "bootValue"
  FROM pg_settings WHERE lower(name) = ANY ($1)`

// pg_stat_file() counts whole seconds.
const LINES = `
SELECT sourcefile AS file, sourceline AS line, seqno AS "order", name, setting AS value, coalesce(applied, false) AS applied,
       error, (pg_stat_file(sourcefile, true)).modification >= date_trunc('second', pg_conf_load_time()) AS unread
  FROM pg_file_settings WHERE error IS NOT NULL OR lower(name) = ANY ($1) ORDER BY seqno`
