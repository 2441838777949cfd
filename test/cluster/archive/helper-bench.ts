import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HELPERS, type HelperName, SERVE_HELPER } from '../../../src/cluster/archive/helpers/index.ts'
import { formatIdentity } from '../../../src/cluster/repository/identity.ts'

export const SYSTEM_IDENTIFIER = '7300000000000000001'
export const SEGMENT_SIZE = 1 << 20
export const FIRST = '000000010000000000000001'

/** The shells that a database host may have as /bin/sh, with their own tools where they bring them along. */
export const SHELLS = ['dash', 'busybox'].filter((shell) => spawnSync(shell, ['-c', 'true']).error === undefined)

/** Milliseconds after which a program that is waited for, with all else of the test standing still, has failed. */
export const PATIENCE = 120_000

export const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined

export interface Outcome {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

/** A folder of a repository, a data directory and the helpers, run by one shell. */
export class HelperBench {
  readonly root: string
  /** The cluster's folder in the repository. */
  readonly store: string
  /** What the helpers are told of it. */
  place: string
  readonly data: string
  readonly helpers: string
  readonly environment: Record<string, string>

  constructor(shell: string, name = 'db1') {
    this.root = mkdtempSync(join(tmpdir(), 'lb-helpers-'))
    this.store = join(this.root, 'repository', name)
    this.place = this.store
    this.data = join(this.root, 'data')
    this.helpers = join(this.root, 'helpers')
    const tools = join(this.root, 'tools')
    for (const folder of [`${this.store}/wal`, `${this.data}/pg_wal`, `${this.data}/global`, this.helpers, tools]) {
      mkdirSync(folder, { recursive: true })
    }
    let interpreter = `/usr/bin/${shell}`
    if (shell === 'busybox') {
      const busybox = execFileSync('sh', ['-c', 'command -v busybox']).toString().trim()
      for (const applet of execFileSync(busybox, ['--list']).toString().trim().split('\n')) {
        symlinkSync(busybox, join(tools, applet))
      }
      interpreter = join(tools, 'sh')
    }
    this.environment = { PATH: `${tools}:${process.env.PATH}`, HOME: this.root }
    for (const { name: helper, text } of [...HELPERS, SERVE_HELPER]) {
      writeFileSync(join(this.helpers, helper), text.replace('#!/bin/sh', `#!${interpreter}`), { mode: 0o755 })
    }
    this.writeIdentity()
    writeFileSync(`${this.data}/global/pg_control`, bytes(SYSTEM_IDENTIFIER))
  }

  writeIdentity(systemIdentifier = SYSTEM_IDENTIFIER): void {
    const text = formatIdentity({
      version: 1,
      system_identifier: systemIdentifier,
      major_version: 15,
      wal_segment_size: SEGMENT_SIZE,
      created_by: 'db1',
      created: '2026-11-22T01:30:00Z',
    })
    writeFileSync(`${this.store}/identity.json`, text)
  }

  /** Writes a segment into pg_wal as PostgreSQL lays it out: long page header, then bytes of `fill`. */
  writeSegment(name: string, options: { fill?: number; systemIdentifier?: string; start?: number } = {}): Buffer {
    const segment = Buffer.alloc(SEGMENT_SIZE, options.fill ?? 7)
    segment.writeUInt16LE(0xd110, 0)
    segment.writeUInt16LE(2, 2)
    segment.writeUInt32LE(Number.parseInt(name.slice(0, 8), 16), 4)
    const number = Number.parseInt(name.slice(8, 16), 16) * 4096 + Number.parseInt(name.slice(16, 24), 16)
    segment.writeBigUInt64LE(BigInt(options.start ?? number * SEGMENT_SIZE), 8)
    bytes(options.systemIdentifier ?? SYSTEM_IDENTIFIER).copy(segment, 24)
    segment.writeUInt32LE(SEGMENT_SIZE, 32)
    segment.writeUInt32LE(8192, 36)
    writeFileSync(`${this.data}/pg_wal/${name}`, segment)
    return segment
  }

  push(name: string, compression = 'none'): Outcome {
    return this.run('push', this.place, compression, `pg_wal/${name}`, name)
  }

  get(name: string, target = 'pg_wal/RECOVERYXLOG', ...more: string[]): Outcome {
    return this.run('get', this.place, name, target, ...more)
  }

  /** Writes a segment and says, as PostgreSQL does, that it waits to be archived. */
  makeReady(name: string, options: Parameters<HelperBench['writeSegment']>[1] = {}): Buffer {
    mkdirSync(`${this.data}/pg_wal/archive_status`, { recursive: true })
    writeFileSync(`${this.data}/pg_wal/archive_status/${name}.ready`, '')
    return this.writeSegment(name, options)
  }

  /** Has PostgreSQL's answer: the segment is archived. */
  markDone(name: string): void {
    rmSync(`${this.data}/pg_wal/archive_status/${name}.ready`)
  }

  /** Puts a program in front of PATH. */
  replaceProgram(name: string, script: string): void {
    const folder = join(this.root, 'replaced')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    if (!this.environment.PATH?.startsWith(folder)) this.environment.PATH = `${folder}:${this.environment.PATH}`
  }

  /** Starts a helper in a process group of its own. */
  start(helper: HelperName, ...args: string[]): { child: ChildProcess; status: Promise<number | null> } {
    const options = { cwd: this.data, env: this.environment, detached: true, stdio: 'ignore' } as const
    const child = spawn(join(this.helpers, helper), args, options)
    return { child, status: new Promise((resolve) => child.on('close', resolve)) }
  }

  run(helper: HelperName, ...args: string[]): Outcome {
    const { status, signal, stderr } = spawnSync(join(this.helpers, helper), args, {
      cwd: this.data,
      env: this.environment,
      timeout: PATIENCE,
    })
    return { status, signal, stderr: stderr.toString() }
  }

  read(path: string): Buffer {
    return readFileSync(join(this.data, path))
  }

  stored(folder = 'wal'): string[] {
    return readdirSync(join(this.store, folder)).sort()
  }

  /** Removes all of it, after ending what fetches ahead in the background: it would go on writing there. */
  remove(): void {
    for (let pids = workingIn(this.root); pids.length > 0; pids = workingIn(this.root)) pids.forEach(kill)
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** Processes whose working directory is below a folder, which a helper and all that it starts inherit. */
const workingIn = (folder: string): number[] => {
  const found = existsSync('/proc') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []
  return found.map(Number).filter((pid) => {
    try {
      return `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`)
    } catch {
      // It has ended, or is another user's.
      return false
    }
  })
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

const bytes = (systemIdentifier: string): Buffer => {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64LE(BigInt(systemIdentifier))
  return buffer
}
