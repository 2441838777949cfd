import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FIRST, HelperBench, has, SHELLS } from './helper-bench.ts'

const SECOND = '000000010000000000000002'

describe.each(SHELLS)('push under %s', (shell) => {
  let bench: HelperBench
  beforeEach(() => {
    bench = new HelperBench(shell)
  })
  afterEach(() => bench.remove())

  test.each(['none', 'gzip', 'zstd', 'lz4'].filter((name) => name === 'none' || has(name)))(
    'stores a segment with %s, readable by its owner alone',
    (compression) => {
      const segment = bench.writeSegment(FIRST)
      expect(bench.push(FIRST, compression)).toEqual({ status: 0, signal: null, stderr: '' })
      const ending = { none: '', gzip: '.gz', zstd: '.zst', lz4: '.lz4' }[compression]
      expect(bench.stored('wal/00000001')).toEqual([`${FIRST}${ending}`])
      expect(statSync(join(bench.store, `wal/00000001/${FIRST}${ending}`)).mode & 0o777).toBe(0o600)
      expect(bench.stored('wal/.push')).toEqual([])
      expect(bench.get(FIRST).status).toBe(0)
      expect(bench.read('pg_wal/RECOVERYXLOG').equals(segment)).toBe(true)
    },
  )

  test.each(['none', 'gzip', 'zstd', 'lz4'].filter((name) => name === 'none' || has(name)))(
    'A1: a segment that is archived already with the same bytes is a success, with others never overwritten (%s)',
    (compression) => {
      bench.writeSegment(FIRST)
      expect(bench.push(FIRST, compression).status).toBe(0)
      const [name = ''] = bench.stored('wal/00000001')
      const stored = readFileSync(join(bench.store, 'wal/00000001', name))
      expect(bench.push(FIRST, compression)).toEqual({ status: 0, signal: null, stderr: '' })
      expect(bench.push(FIRST, compression === 'none' ? 'gzip' : 'none').status).toBe(0)
      bench.writeSegment(FIRST, { fill: 8 })
      const refused = bench.push(FIRST, compression)
      expect(refused.status).toBe(1)
      expect(refused.stderr).toBe(
        `lifeboat push: ${bench.store}/wal/00000001/${name} is there with other content than pg_wal/${FIRST}; it is not overwritten\n`,
      )
      expect(bench.stored('wal/00000001')).toEqual([name])
      expect(readFileSync(join(bench.store, 'wal/00000001', name)).equals(stored)).toBe(true)
    },
  )

  test('A1: a stored file that was cut short is not taken for the same', () => {
    bench.writeSegment(FIRST)
    expect(bench.push(FIRST, 'gzip').status).toBe(0)
    const path = join(bench.store, `wal/00000001/${FIRST}.gz`)
    writeFileSync(path, readFileSync(path).subarray(0, -4))
    expect(bench.push(FIRST, 'gzip').status).toBe(1)
  })

  test('A2: a push that is killed leaves nothing under the final name, and the next one sweeps its remains', async () => {
    const segment = bench.writeSegment(FIRST)
    // A compressor that writes a part and then hangs, as on a share that stopped answering.
    const slow = join(bench.root, 'slow')
    mkdirSync(slow)
    writeFileSync(join(slow, 'gzip'), '#!/bin/sh\nhead -c 1000\nexec sleep 60\n', { mode: 0o755 })
    const child = spawn(join(bench.helpers, 'push'), [bench.store, 'gzip', `pg_wal/${FIRST}`, FIRST], {
      cwd: bench.data,
      env: { ...bench.environment, PATH: `${slow}:${bench.environment.PATH}` },
      detached: true,
    })
    await expect.poll(() => existsSync(join(bench.store, 'wal/.push')) && bench.stored('wal/.push').length).toBe(1)
    process.kill(-(child.pid ?? 0), 'SIGKILL')
    await new Promise((resolve) => child.on('close', resolve))
    expect(bench.stored('wal/00000001')).toEqual([])
    expect(bench.stored('wal/.push')).toHaveLength(1)
    expect(bench.push(FIRST, 'none').status).toBe(0)
    expect(bench.stored('wal/.push')).toEqual([])
    expect(readFileSync(join(bench.store, 'wal/00000001', FIRST)).equals(segment)).toBe(true)
  })

  test('A2: what another push is at work with stays, whatever stands behind its process in the name', () => {
    bench.writeSegment(FIRST)
    mkdirSync(join(bench.store, 'wal/.push'))
    const node = hostname()
    const left = (pid: number | undefined): string[] => [`lane1.${node}.${pid}`, `lane1.${node}.${pid}.came.zst`]
    const alive = left(process.pid)
    for (const name of [...alive, ...left(spawnSync('true').pid)])
      writeFileSync(join(bench.store, 'wal/.push', name), '')
    expect(bench.push(FIRST, 'none').status).toBe(0)
    expect(bench.stored('wal/.push')).toEqual(alive)
  })

  test('A3: no failure exits above 125, not even a signal, and a compressor that dies by one is a plain failure', async () => {
    bench.writeSegment(FIRST)
    const odd = join(bench.root, 'odd')
    mkdirSync(odd)
    writeFileSync(join(odd, 'gzip'), '#!/bin/sh\nkill -KILL $$\n', { mode: 0o755 })
    bench.environment.PATH = `${odd}:${bench.environment.PATH}`
    expect(bench.push(FIRST, 'gzip').status).toBe(1)
    writeFileSync(join(odd, 'gzip'), '#!/bin/sh\nexit 255\n', { mode: 0o755 })
    expect(bench.push(FIRST, 'gzip').status).toBe(1)
    writeFileSync(join(odd, 'gzip'), '#!/bin/sh\nsleep 60\n')
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const) {
      const child = spawn(join(bench.helpers, 'push'), [bench.store, 'gzip', `pg_wal/${FIRST}`, FIRST], {
        cwd: bench.data,
        env: bench.environment,
        detached: true,
      })
      await expect.poll(() => bench.stored('wal/.push').length).toBe(1)
      process.kill(-(child.pid ?? 0), signal)
      expect(await new Promise((resolve) => child.on('close', (status) => resolve(status)))).toBe(1)
      expect(bench.stored('wal/.push')).toEqual([])
    }
  })

  test('A4: history files and backup labels are taken as they are, every other name is refused', () => {
    const label = `${FIRST}.00000028.backup`
    for (const name of ['00000002.history', label]) {
      writeFileSync(join(bench.data, 'pg_wal', name), `${name}\n`)
      expect(bench.push(name, 'gzip')).toEqual({ status: 0, signal: null, stderr: '' })
    }
    expect(readFileSync(join(bench.store, 'wal/00000002.history')).toString()).toBe('00000002.history\n')
    expect(bench.stored('wal/00000001')).toEqual([label])
    const bad = [
      'postgresql.conf',
      '00000001000000000000000g',
      '00000001000000000000000a',
      `${FIRST}0`,
      `${FIRST}.tmp`,
      `${FIRST}.partial.backup`,
      '0000002.history',
      '../00000002.history',
      '',
    ]
    for (const name of bad) {
      const { status, stderr } = bench.run('push', bench.store, 'none', 'global/pg_control', name)
      expect([status, stderr]).toEqual([
        1,
        `lifeboat push: "${name}" is not the name of a file that PostgreSQL archives\n`,
      ])
    }
  })

  test('A5: the last, partial segment of a timeline that was left is kept beside the others', () => {
    const segment = bench.writeSegment(`${FIRST}.partial`)
    expect(bench.push(`${FIRST}.partial`, 'gzip').status).toBe(0)
    expect(bench.stored('wal/00000001')).toEqual([`${FIRST}.partial.gz`])
    expect(bench.get(FIRST).status).toBe(1)
    expect(bench.get(`${FIRST}.partial`, 'tail').status).toBe(0)
    expect(bench.read('tail').equals(segment)).toBe(true)
  })

  test('A9: a segment of another cluster is refused by its header, a history file by pg_control', () => {
    bench.writeSegment(FIRST, { systemIdentifier: '7300000000000000002' })
    expect(bench.push(FIRST)).toEqual({
      status: 1,
      signal: null,
      stderr: `lifeboat push: pg_wal/${FIRST} is refused: it is of the cluster with system identifier 7300000000000000002, the repository's folder of 7300000000000000001\n`,
    })
    bench.writeIdentity('7300000000000000002')
    writeFileSync(join(bench.data, 'pg_wal/00000002.history'), '1\t0/3000000\tno recovery target specified\n')
    expect(bench.push('00000002.history').stderr).toContain('is refused: it is of the cluster with system identifier')
    expect(bench.stored()).toEqual([])
  })

  test('a segment under the name of another, one that is too short and one that is not there are refused', () => {
    bench.writeSegment(FIRST, { start: 0x500000 })
    expect(bench.push(FIRST).stderr).toContain('its content begins at WAL byte 5242880, its name says 1048576')
    writeFileSync(join(bench.data, 'pg_wal', FIRST), 'short')
    expect(bench.push(FIRST).stderr).toContain('it has 5 bytes and a segment has 1048576')
    expect(bench.push(SECOND)).toMatchObject({ status: 1, stderr: `lifeboat push: pg_wal/${SECOND} cannot be read\n` })
  })

  test('A10: nothing is written where the identity is missing, as on a share that is not mounted', () => {
    bench.writeSegment(FIRST)
    rmSync(join(bench.store, 'identity.json'))
    expect(bench.push(FIRST)).toMatchObject({ status: 1, stderr: expect.stringContaining('the share is not mounted') })
    rmSync(bench.store, { recursive: true })
    expect(bench.push(FIRST).status).toBe(1)
    expect(existsSync(bench.store)).toBe(false)
  })

  test('a compressor that was removed does not stop archiving', () => {
    bench.writeSegment(FIRST)
    const tools = join(bench.root, 'tools')
    const needed = 'sh od wc cat cmp ln rm mkdir sync uname dd ls'.split(' ')
    for (const tool of needed) {
      if (!existsSync(join(tools, tool)))
        writeFileSync(join(tools, tool), `#!/bin/sh\nPATH=/usr/bin:/bin exec ${tool} "$@"\n`, { mode: 0o755 })
    }
    // The helper adds the usual folders to PATH, so the missing program is one that no host has.
    const push = join(bench.helpers, 'push')
    writeFileSync(push, readFileSync(push, 'utf8').replaceAll('zstd', 'zstd-of-no-host'))
    chmodSync(push, 0o755)
    const outcome = bench.push(FIRST, 'zstd-of-no-host')
    expect(outcome).toEqual({
      status: 0,
      signal: null,
      stderr: `lifeboat push: zstd-of-no-host is not installed, ${FIRST} is stored as it is\n`,
    })
    expect(bench.stored('wal/00000001')).toEqual([FIRST])
  })
})

test('push works in folders with spaces, quotes, dollars, percent signs and UTF-8', () => {
  const bench = new HelperBench('dash', `it's 50% of $HOME "x" \\ 数据`)
  bench.writeSegment(FIRST)
  expect(bench.push(FIRST)).toEqual({ status: 0, signal: null, stderr: '' })
  expect(bench.push(FIRST).status).toBe(0)
  expect(bench.get(FIRST).status).toBe(0)
  expect(bench.run('probe', bench.store, 'none')).toEqual({ status: 0, signal: null, stderr: '' })
  bench.remove()
})
