import { posix } from 'node:path'
import type { Change } from '../../base/change.ts'
import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { parseConf, removeConfValue, setConfValue } from '../../postgres/conf-file.ts'
import { isQuotedList, splitList } from '../../postgres/settings.ts'
import { quoteIdentifier, quoteLiteral } from '../../postgres/sql-literal.ts'
import type { Sql } from '../sql.ts'
import type { SettingsWish } from './plan.ts'

/** Writes the changed settings to the one place of the wish, without loading them. */
export const writeSettings = async (
  session: Session,
  db: Sql,
  wish: SettingsWish,
  changes: readonly Change[],
): Promise<void> => {
  const values = changes.map((change): [string, string | null] => [change.subject, wishedValue(wish, change.subject)])
  if (values.length === 0) return
  if (wish.destination === 'auto') await db.queries(values.map(([name, value]) => alterSystem(name, value)))
  else await writeFile(session, wish.destination, values)
}

/** The statement that writes a setting to postgresql.auto.conf. Items of a list of names are given one by one. */
export const alterSystem = (name: string, value: string | null): string => {
  const target = name.split('.').map(quoteIdentifier).join('.')
  const items = isQuotedList(name) && value !== null ? splitList(value) : [value]
  if (value === null || items.length === 0) return `ALTER SYSTEM RESET ${target}`
  return `ALTER SYSTEM SET ${target} = ${items.map(quoteLiteral).join(', ')}`
}

/**
 * The folder that the configuration file includes with `include_dir`, where a file of our own can stand.
 *
 * @throws postgres/no-include-dir
 */
export const includeDirectory = async (session: Session, configFile: string): Promise<string> => {
  const text = await readText(session, configFile)
  const line = parseConf(text, configFile)
    .filter((candidate) => candidate.kind === 'include_dir')
    .at(-1)
  if (line) return posix.resolve(posix.dirname(configFile), line.value)
  throw new LifeboatError('postgres/no-include-dir', `${configFile} includes no folder`, {
    hints: ["add the line include_dir = 'conf.d' to it, or leave destination at auto"],
  })
}

const wishedValue = (wish: SettingsWish, name: string): string | null => {
  const key = Object.keys(wish.values).find((candidate) => candidate.toLowerCase() === name.toLowerCase())
  return key === undefined ? null : (wish.values[key] ?? null)
}

const readText = async (session: Session, path: string): Promise<string> => {
  const result = await session.run(sh`if [ -e ${path} ]; then cat ${path}; fi`.text)
  if (result.status === 0) return result.stdout
  throw new LifeboatError('postgres/settings-file', `cannot read ${path}: ${result.stderr.trim()}`)
}

const HEADER = '# Written by Lifeboat (postgresql_set).\n'

const writeFile = async (
  session: Session,
  path: string,
  values: readonly (readonly [string, string | null])[],
): Promise<void> => {
  let text = (await readText(session, path)) || HEADER
  for (const [name, value] of values) {
    text = value === null ? removeConfValue(text, name, path) : setConfValue(text, name, value, path)
  }
  const script = sh`
umask 027
file=${path}
new="$file.lifeboat-new"
if [ -e "$file" ]; then cp -p "$file" "$new"; else : >"$new"; fi &&
cat >"$new" &&
{ sync "$new" 2>/dev/null || sync; } &&
mv "$new" "$file" &&
{ sync "\${file%/*}" 2>/dev/null || sync; }`.text
  const result = await session.run(script, { stdin: text })
  if (result.status === 0) return
  throw new LifeboatError('postgres/settings-file', `cannot write ${path}: ${result.stderr.trim()}`)
}
