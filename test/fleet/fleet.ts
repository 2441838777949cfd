#!/usr/bin/env tsx
import { claims, isDead } from './claim.ts'
import { bootHosts, type Suite } from './hosts/index.ts'
import { whyNotHosts } from './hosts/possible.ts'
import { postgresOf } from './hosts/roots.ts'
import { fleetFolder, removeFleet, sweepHosts } from './hosts/sweep.ts'
import { processFolder, removeProcesses, startProcesses, sweepProcesses, whyNotProcesses } from './processes/index.ts'

const usage = `usage: fleet hosts up [RELEASE…]     boot Debian hosts, one a release: ${Object.keys(postgresOf).join(' ')}
       fleet processes up [COUNT]    boot hosts on loopback, without root
       fleet hosts|processes list    show the fleets that run
       fleet hosts|processes down ID remove one
       fleet hosts|processes sweep   remove those whose owners are dead
       fleet hosts|processes check   say why such a fleet cannot be booted here, if so`

const kinds = {
  hosts: { folder: fleetFolder, remove: removeFleet, sweep: sweepHosts, up: upHosts, whyNot: whyNotHosts },
  processes: {
    folder: processFolder,
    remove: removeProcesses,
    sweep: sweepProcesses,
    up: upProcesses,
    whyNot: whyNotProcesses,
  },
}

const [kindName, command, ...args] = process.argv.slice(2)
try {
  process.exitCode = await run(kindName, command, args)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function run(name: string | undefined, command: string | undefined, args: string[]): Promise<number> {
  const kind = name === 'hosts' || name === 'processes' ? kinds[name] : undefined
  if (kind === undefined) return misused()
  switch (command) {
    case 'up':
      print(await kind.up(args))
      return 0
    case 'list':
      for (const [directory, claim] of claims(kind.folder)) {
        const owner = claim.owner === null ? 'left running' : `of process ${claim.owner.pid}`
        print(`${claim.number}  ${isDead(claim) ? 'dead' : owner}  ${claim.hosts.join(' ')}  ${directory}`)
      }
      return 0
    case 'down': {
      const found = claims(kind.folder).find(([, { number }]) => String(number) === args[0])
      if (found === undefined) throw new Error(`no fleet ${args[0] ?? ''}, see: fleet ${name} list`)
      await kind.remove(...found)
      return 0
    }
    case 'sweep':
      print(`swept: ${(await kind.sweep()).join(' ') || 'nothing'}`)
      return 0
    case 'check': {
      const reason = await kind.whyNot()
      print(reason ?? `a fleet of ${name} can be booted here`)
      return reason === undefined ? 0 : 1
    }
    default:
      return misused()
  }
}

async function upHosts(releases: string[]): Promise<string> {
  const unknown = releases.find((release) => !(release in postgresOf))
  if (unknown !== undefined) throw new Error(`no release ${unknown}, only ${Object.keys(postgresOf).join(', ')}`)
  const suites = (releases.length === 0 ? Object.keys(postgresOf) : releases) as Suite[]
  const specs = suites.map((suite, index) => ({ name: `db${index + 1}`, suite }))
  return describeFleet(await bootHosts(specs, { detached: true }), 'hosts')
}

async function upProcesses([count = '3']: string[]): Promise<string> {
  return describeFleet(await startProcesses({ hosts: Number(count), detached: true }), 'processes')
}

function describeFleet(fleet: { id: string; inventoryFile: string }, kind: string): string {
  return `fleet ${fleet.id} runs\n  inventory: ${fleet.inventoryFile}\n  remove:    npm run fleet ${kind} down ${fleet.id}`
}

function misused(): number {
  console.error(usage)
  return 5
}

function print(line: string): void {
  console.log(line)
}
