import { execFileSync } from 'node:child_process'
import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

export interface PostgresBinaries {
  readonly folder: string
  readonly major: number
}

/** A program that the process fleet cannot do without is not installed. */
export class MissingPrograms extends Error {
  override readonly name = 'MissingPrograms'
  readonly packages: readonly string[]

  constructor(what: string, packages: readonly string[]) {
    super(`${what}; on Debian and Ubuntu: apt-get install ${packages.join(' ')}`)
    this.packages = packages
  }
}

const debianFolder = '/usr/lib/postgresql'

/** Finds PostgreSQL's server programs: the newest of Debian's, or the asked major version, else those in PATH. */
export function findPostgres(major?: number): PostgresBinaries {
  const found = installed()
    .filter((version) => major === undefined || version === major)
    .map((version) => ({ folder: join(debianFolder, String(version), 'bin'), major: version }))
    .filter(({ folder }) => isProgram(join(folder, 'initdb')))
  if (found[0] !== undefined) return found[0]
  const inPath = findInPath('initdb')
  if (inPath !== undefined) {
    const version = Number(/ (\d+)/.exec(execFileSync(inPath, ['--version'], { encoding: 'utf8' }))?.[1])
    if (major === undefined || version === major) return { folder: dirname(inPath), major: version }
  }
  const what = major === undefined ? 'no PostgreSQL server programs' : `no PostgreSQL ${major}`
  const wanted = major === undefined ? 'postgresql' : `postgresql-${major}`
  throw new MissingPrograms(`${what} in ${debianFolder} or PATH`, [wanted])
}

/** The path of OpenSSH's server: it refuses to start without a full path. */
export function findSshd(): string {
  const found = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find(isProgram) ?? findInPath('sshd')
  if (found === undefined) throw new MissingPrograms('no OpenSSH server (sshd)', ['openssh-server'])
  return found
}

function findInPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isProgram)
}

function installed(): number[] {
  try {
    return readdirSync(debianFolder)
      .map(Number)
      .filter(Number.isInteger)
      .sort((a, b) => b - a)
  } catch {
    return []
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
