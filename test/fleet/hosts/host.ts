import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx/core'
import { type ExecOptions, type ExecResult, resultOf } from '../result.ts'
import { greetsAsSsh, waitFor } from '../wait.ts'
import type { Suite } from './roots.ts'

/** One host to boot. */
export interface FleetHostSpec {
  readonly name: string
  readonly suite: Suite
  /** A cluster `main` is created and runs; true unless said otherwise. */
  readonly postgres?: boolean
  readonly walSegmentSizeMB?: number
  readonly initdbArgs?: readonly string[]
  /** Mounts a file system of this size at /mnt/small, to be filled. It is empty after each boot. */
  readonly diskLimitMB?: number
  /** The groups in the inventory; `databases` and the name of the release unless said otherwise. */
  readonly groups?: readonly string[]
}

export interface FleetHost {
  readonly name: string
  readonly suite: Suite
  readonly address: string
  /** The major version of the host's PostgreSQL. */
  readonly postgresVersion: number
  /** The host's root as seen from here while it runs. */
  readonly root: string
  /** What the host wrote before its journal took over. */
  readonly consoleFile: string
  /** Runs a shell script on the host without ssh. */
  exec(script: string, options?: ExecOptions): Promise<ExecResult>
  /** Cuts the power: no process gets a signal to handle, no connection is closed. */
  kill(): Promise<void>
  /** Boots again from the same disk and waits until ssh and PostgreSQL answer. */
  start(): Promise<void>
  /** Pulls the network cable. */
  disconnect(): Promise<void>
  /** Puts it back and waits until ssh answers. */
  reconnect(): Promise<void>
}

/** What is settled about a host before it first boots. */
export interface HostPlace {
  readonly spec: FleetHostSpec
  readonly fleet: number
  readonly index: number
  readonly address: string
  readonly directory: string
  readonly base: string
  readonly postgresVersion: number
}

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const quiet = $({ quiet: true, nothrow: true })

export function hostAt(place: HostPlace): FleetHost {
  const { spec, fleet, index, address, directory } = place
  const consoleFile = join(directory, 'console.log')
  const initPid = () => {
    if (!existsSync(join(directory, 'init.pid'))) throw new Error(`${spec.name} is off`)
    return readFileSync(join(directory, 'init.pid'), 'utf8').trim()
  }
  const link = (state: 'up' | 'down') => $({ quiet: true })`ip link set lbf${fleet}h${index} ${state}`

  const exec = async (text: string, { user = 'root', stdin = '' }: ExecOptions = {}) => {
    const enter = ['-t', initPid(), '-m', '-u', '-i', '-n', '-p', '-C', '-r', '-w']
    const login = ['runuser', '-l', user, '-s', '/bin/sh', '-c', text]
    return resultOf(await quiet({ input: stdin })`nsenter ${enter} ${login}`)
  }

  let power = Promise.resolve()
  const start = async () => {
    power = powerOn(place, consoleFile)
    const ended = power.then(() => {
      throw new Error(`${spec.name} went off while it booted:\n${readFileSync(consoleFile, 'utf8')}`)
    })
    const ready = async () => {
      await waitFor(`ssh on ${spec.name}`, 60, () => greetsAsSsh(address, 22))
      if (spec.postgres === false) return
      await waitFor(`PostgreSQL on ${spec.name}`, 60, async () => (await exec('pg_isready -q')).status === 0)
    }
    try {
      await Promise.race([ready(), ended])
    } catch (cause) {
      // Its disk goes with the fleet, so what it has to say is heard now.
      const last = await exec('systemctl --failed --no-legend; journalctl --lines=30 --no-pager').catch(() => undefined)
      throw new Error([(cause as Error).message, last?.stdout ?? ''].join('\n'), { cause })
    }
  }
  const kill = async () => {
    await $({ quiet: true })`sh ${script('power-off.sh')} ${fleet} ${index}`
    await power
  }

  return {
    name: spec.name,
    suite: spec.suite,
    address,
    postgresVersion: place.postgresVersion,
    consoleFile,
    get root() {
      return `/proc/${initPid()}/root`
    },
    exec,
    start,
    kill,
    disconnect: async () => void (await link('down')),
    reconnect: async () => {
      await link('up')
      // Both sides have to find each other again, which takes as long as their last vain attempt is remembered.
      await quiet`ip neighbour flush dev lbf${fleet} to ${address}`
      await waitFor(`ssh on ${spec.name}`, 30, () => greetsAsSsh(address, 22))
    },
  }
}

/** Boots a host that goes on without this process. Resolves when its power is off. */
async function powerOn({ spec, fleet, index, address, directory, base, postgresVersion }: HostPlace, log: string) {
  const segment = spec.walSegmentSizeMB === undefined ? [] : [`--wal-segsize=${spec.walSegmentSizeMB}`]
  const own = [spec.name, spec.diskLimitMB ?? 0, spec.postgres === false ? 0 : postgresVersion]
  const args = [fleet, index, `${address}/24`, directory, base, ...own, ...segment, ...(spec.initdbArgs ?? [])]
  const output = openSync(log, 'a')
  const machine = spawn('sh', [script('power-on.sh'), ...args.map(String)], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  machine.unref()
  await once(machine, 'exit')
  // By now the number may mean another process.
  rmSync(join(directory, 'init.pid'), { force: true })
}
