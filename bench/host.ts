import { mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { $ } from 'zx/core'
import type { FleetHost } from '../test/fleet/hosts/index.ts'
import { cgroupRoot } from './cgroup.ts'

export interface ExecOptions {
  readonly user?: string
  readonly stdin?: string
}

/**
 * Runs a script on a host and gives its output. Its processes belong to the host's cgroup, so that what they use counts
 * there: those that merely enter a host's namespaces count for whoever sent them.
 *
 * @throws with all that it said where it fails
 */
export const shell = async (
  host: FleetHost,
  script: string,
  { user = 'root', stdin = '' }: ExecOptions = {},
): Promise<string> => {
  const cgroup = join(cgroupOf(host), 'bench')
  mkdirSync(cgroup, { recursive: true })
  const inside = 'echo 0 > "$0/cgroup.procs" && exec nsenter "$@"'
  const enter = ['-t', initOf(host), '-m', '-u', '-i', '-n', '-p', '-C', '-r', '-w']
  const login = ['runuser', '-l', user, '-s', '/bin/sh', '-c', script]
  const result = await $({ quiet: true, nothrow: true, input: stdin })`sh -c ${inside} ${cgroup} ${enter} ${login}`
  if (result.exitCode === 0) return result.stdout.trim()
  throw new Error(`on ${host.name}, status ${result.exitCode}: ${script}\n${result.stdout}${result.stderr}`)
}

/** The same as the owner of the cluster. */
export const asPostgres = (host: FleetHost, script: string): Promise<string> =>
  shell(host, script, { user: 'postgres' })

/** Runs SQL as the owner of the cluster and gives its output: rows by line, columns by `|`. */
export const sql = (host: FleetHost, text: string, database = 'postgres'): Promise<string> =>
  shell(host, `psql -X -q -A -t -v ON_ERROR_STOP=1 ${database}`, { user: 'postgres', stdin: text })

/** The first process of a host, as the controller numbers it. */
export const initOf = (host: FleetHost): string => basename(dirname(host.root))

/** The cgroup in which everything of a host runs, as the controller sees it. */
export const cgroupOf = (host: FleetHost): string => {
  const [, path] = /^0::(\/[^/\n]+)/m.exec(readFileSync(`/proc/${initOf(host)}/cgroup`, 'utf8')) ?? []
  if (path === undefined) throw new Error(`the cgroup of ${host.name} is not found`)
  return join(cgroupRoot(), path)
}
