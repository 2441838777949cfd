import { existsSync } from 'node:fs'
import { $ } from 'zx/core'
import { findPostgres, findSshd, MissingPrograms, whyNotProcesses } from '../processes/index.ts'

/** Debian's packages that the demo needs and this machine lacks. */
const missingPackages = (): readonly string[] => {
  const packages = new Set<string>()
  for (const find of [findPostgres, findSshd]) {
    try {
      find()
    } catch (error) {
      if (!(error instanceof MissingPrograms)) throw error
      for (const name of error.packages) packages.add(name)
    }
  }
  return [...packages]
}

const privilege = async (): Promise<readonly string[] | undefined> => {
  if (process.getuid?.() === 0) return []
  const sudo = await $({ nothrow: true, quiet: true })`sudo -n true`
  return sudo.exitCode === 0 ? ['sudo', '-n'] : undefined
}

/**
 * Makes sure that PostgreSQL's and OpenSSH's servers are here: says what is missing, and installs it from the
 * distribution on Debian and Ubuntu where it may.
 *
 * @returns false when something is still missing, after saying so
 */
export const ensurePrograms = async (say: (line: string) => void): Promise<boolean> => {
  const packages = missingPackages()
  if (packages.length > 0) {
    say(`not installed here: ${packages.join(', ')}`)
    const prefix = existsSync('/usr/bin/apt-get') ? await privilege() : undefined
    if (prefix === undefined) {
      say('install PostgreSQL 13 or newer (server and client) and the OpenSSH server, then run this again')
      say(`on Debian and Ubuntu: sudo apt-get install ${packages.join(' ')}`)
      return false
    }
    say('installing them from the distribution')
    const environment = ['env', 'DEBIAN_FRONTEND=noninteractive']
    await $({ quiet: true })`${[...prefix, ...environment, 'apt-get', '-q', 'update']}`
    await $({
      quiet: true,
    })`${[...prefix, ...environment, 'apt-get', '-q', '-y', 'install', '--no-install-recommends', ...packages]}`
  }
  const reason = await whyNotProcesses()
  if (reason !== undefined) say(reason)
  return reason === undefined
}
