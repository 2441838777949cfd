import type { FleetHost } from '../../test/fleet/hosts/index.ts'
import type { ExecOptions } from '../../test/fleet/result.ts'

/** Runs a script on a host and gives its output; an error with all that it said where it fails. */
export const shell = async (host: FleetHost, script: string, options?: ExecOptions): Promise<string> => {
  const { status, stdout, stderr } = await host.exec(script, options)
  if (status === 0) return stdout.trim()
  throw new Error(`on ${host.name}, status ${status}: ${script}\n${stdout}${stderr}`)
}

/** The same as the owner of the cluster. */
export const asPostgres = (host: FleetHost, script: string): Promise<string> =>
  shell(host, script, { user: 'postgres' })

/** Runs SQL as the owner of the cluster and gives its output: rows by line, columns by `|`. */
export const sql = (host: FleetHost, text: string, database = 'postgres'): Promise<string> =>
  shell(host, `psql -X -q -A -t -v ON_ERROR_STOP=1 ${database}`, { user: 'postgres', stdin: text })
