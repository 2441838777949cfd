import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FIRST, HelperBench, SHELLS } from './helper-bench.ts'

const SECOND = '000000010000000000000002'

describe.each(SHELLS)('get under %s', (shell) => {
  let bench: HelperBench
  const stored = (): string => join(bench.store, `wal/00000001/${FIRST}.gz`)
  beforeEach(() => {
    bench = new HelperBench(shell)
    bench.writeSegment(FIRST)
    expect(bench.push(FIRST, 'gzip').status).toBe(0)
  })
  afterEach(() => {
    expect(readdirSync(join(bench.data, 'pg_wal')).filter((name) => name.includes('.lifeboat.'))).toEqual([])
    bench.remove()
  })

  test('R2: only what is really not there answers 1', () => {
    expect(bench.get(SECOND)).toEqual({ status: 1, signal: null, stderr: '' })
    expect(bench.get('000000020000000000000001')).toEqual({ status: 1, signal: null, stderr: '' })
    expect(bench.get('00000002.history', 'pg_wal/RECOVERYHISTORY')).toEqual({ status: 1, signal: null, stderr: '' })
    expect(existsSync(join(bench.data, 'pg_wal/RECOVERYXLOG'))).toBe(false)
  })

  test('R2: a damaged, a cut and a foreign file answer 200', () => {
    const whole = readFileSync(stored())
    const refuse = (): void => {
      expect(bench.get(FIRST).status).toBe(200)
      expect(existsSync(join(bench.data, 'pg_wal/RECOVERYXLOG'))).toBe(false)
    }
    const flipped = Buffer.from(whole)
    flipped.writeUInt8((flipped[600] ?? 0) ^ 0x10, 600)
    writeFileSync(stored(), flipped)
    refuse()
    writeFileSync(stored(), whole.subarray(0, 500))
    refuse()
    writeFileSync(stored(), '')
    refuse()
    rmSync(stored())
    const plain = stored().replace('.gz', '')
    bench.writeSegment(FIRST, { systemIdentifier: '7300000000000000002' })
    renameSync(join(bench.data, 'pg_wal', FIRST), plain)
    refuse()
    bench.writeSegment(FIRST, { start: 0x500000 })
    renameSync(join(bench.data, 'pg_wal', FIRST), plain)
    refuse()
  })

  test('R2: a repository that is not mounted, not ours or cannot be listed answers 200', () => {
    expect(bench.get(FIRST, 'target', '7300000000000000002')).toEqual({
      status: 200,
      signal: null,
      stderr: `lifeboat get: ${bench.store} belongs to the cluster with system identifier 7300000000000000001, this is 7300000000000000002\n`,
    })
    writeFileSync(join(bench.data, 'global/pg_control'), Buffer.alloc(8, 1))
    expect(bench.get(SECOND).status).toBe(200)
    expect(bench.get(SECOND, 'target', '7300000000000000001').status).toBe(1)
    rmSync(join(bench.data, 'global/pg_control'))
    expect(bench.get(SECOND).status).toBe(1)
    rmSync(join(bench.store, 'wal/00000001'), { recursive: true })
    symlinkSync('/no/such/place', join(bench.store, 'wal/00000001'))
    expect(bench.get(SECOND)).toMatchObject({ status: 200, stderr: expect.stringContaining('cannot be listed') })
    rmSync(join(bench.store, 'identity.json'))
    expect(bench.get(SECOND).status).toBe(200)
    rmSync(bench.store, { recursive: true })
    expect(bench.get(SECOND).status).toBe(200)
  })

  test('R2: a file that is listed and cannot be opened answers 200', () => {
    symlinkSync('/no/such/file', join(bench.store, `wal/00000001/${SECOND}.zst`))
    expect(bench.get(SECOND)).toMatchObject({ status: 200, stderr: expect.stringContaining('cannot be opened') })
    mkdirSync(join(bench.store, 'wal/00000002.history'))
    expect(bench.get('00000002.history', 'target').status).toBe(200)
  })

  test('R2: a name that PostgreSQL never asks for and a wrong call answer 200', () => {
    expect(bench.get('base.tar').status).toBe(200)
    expect(bench.run('get', bench.store, FIRST).status).toBe(200)
    expect(bench.run('get').status).toBe(200)
  })

  test('R14: the file is at its place before 0 is answered, or 200 is', () => {
    expect(bench.get(FIRST, 'no/such/folder/RECOVERYXLOG').status).toBe(200)
    expect(bench.get(FIRST, 'fetched').status).toBe(0)
    expect(bench.read('fetched').equals(bench.read(`pg_wal/${FIRST}`))).toBe(true)
  })

  test('a SIGTERM ends it with 143, which PostgreSQL takes for its own shutdown', async () => {
    const slow = join(bench.root, 'slow')
    mkdirSync(slow)
    writeFileSync(join(slow, 'gzip'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 })
    const child = spawn(join(bench.helpers, 'get'), [bench.store, FIRST, 'pg_wal/RECOVERYXLOG'], {
      cwd: bench.data,
      env: { ...bench.environment, PATH: `${slow}:${bench.environment.PATH}` },
      detached: true,
    })
    const temporary = (): number =>
      readdirSync(join(bench.data, 'pg_wal')).filter((n) => n.includes('.lifeboat.')).length
    await expect.poll(temporary).toBe(1)
    process.kill(-(child.pid ?? 0), 'SIGTERM')
    expect(await new Promise((resolve) => child.on('close', (status) => resolve(status)))).toBe(143)
  })
})

describe.each(SHELLS)('probe under %s', (shell) => {
  test('passes on a good folder, and leaves nothing behind', () => {
    const bench = new HelperBench(shell)
    expect(bench.run('probe', bench.store, 'gzip')).toEqual({ status: 0, signal: null, stderr: '' })
    expect(bench.stored('wal/.push')).toEqual([])
    bench.remove()
  })

  test('finds a push that overwrites, and a missing compressor', () => {
    const bench = new HelperBench(shell)
    expect(bench.run('probe', bench.store, 'zstd-of-no-host').stderr).toBe(
      'lifeboat probe: zstd-of-no-host is not installed\n',
    )
    const careless = '#!/bin/sh\nmkdir -p "$1/wal/00000001" && cp "$3" "$1/wal/00000001/$4"\n'
    writeFileSync(join(bench.helpers, 'push'), careless, { mode: 0o755 })
    expect(bench.run('probe', bench.store, 'none').stderr).toBe(
      'lifeboat probe: push took other content for a name that was archived already\n',
    )
    bench.remove()
  })
})
