import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bootOfMachine, isAlive, type Owner, thisProcess } from './owner.ts'

/** What stands in `fleet.json` of a fleet's directory, enough for any other process to judge and remove it. */
export interface Claim {
  readonly number: number
  /** Unlike the number, never used twice. */
  readonly token: string
  /** Nobody: started from the command line and left running. */
  readonly owner: Owner | null
  readonly machineBoot: string
  readonly hosts: readonly string[]
}

export interface ClaimOptions {
  readonly hosts: readonly string[]
  readonly detached: boolean
  /** Says no to a number whose ports or addresses somebody outside uses. */
  readonly usable?: (number: number) => Promise<boolean>
}

/**
 * Takes the lowest free number below a folder. The directory is made whole under another name and renamed:
 * at no moment does a fleet stand there without its owner, and only one process can win the number.
 */
export async function claim(folder: string, limit: number, options: ClaimOptions): Promise<[string, Claim]> {
  mkdirSync(folder, { recursive: true })
  const token = randomBytes(8).toString('hex')
  const owner = options.detached ? null : thisProcess()
  const draft = join(folder, `.claim-${token}`)
  mkdirSync(draft)
  // The login of a host may be another user than the one who boots the fleet.
  chmodSync(draft, 0o755)
  for (let number = 0; number < limit; number++) {
    if (options.usable !== undefined && !(await options.usable(number))) continue
    const taken: Claim = { number, token, owner, machineBoot: bootOfMachine(), hosts: options.hosts }
    writeFileSync(join(draft, 'fleet.json'), `${JSON.stringify(taken, null, 2)}\n`)
    writeFileSync(join(draft, 'token'), token)
    const directory = join(folder, String(number))
    try {
      renameSync(draft, directory)
      return [directory, taken]
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
    }
  }
  rmSync(draft, { recursive: true })
  throw new Error(`all ${limit} fleets below ${folder} are taken`)
}

/** The fleets that stand below a folder, with their directories. */
export function claims(folder: string): [string, Claim][] {
  return entries(folder)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => join(folder, name))
    .flatMap((directory) => {
      const found = readClaim(directory)
      return found === undefined ? [] : [[directory, found] satisfies [string, Claim]]
    })
}

export function isDead({ owner, machineBoot }: Claim): boolean {
  return machineBoot !== bootOfMachine() || (owner !== null && !isAlive(owner))
}

function readClaim(directory: string): Claim | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, 'fleet.json'), 'utf8')) as Claim
  } catch {
    // Removed by its owner between the listing and now.
    return undefined
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}
