import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HelperBench, SHELLS } from './helper-bench.ts'

const names = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `00000001000000000000000${number}`)
const [first = '', second = '', third = ''] = names

describe.each(SHELLS)('get fetches ahead under %s', (shell) => {
  let bench: HelperBench
  const segments = new Map<string, Buffer>()
  const get = (name: string, ...more: string[]) =>
    bench.run('get', '-j', '2', bench.store, name, 'pg_wal/RECOVERYXLOG', ...more)
  const spool = (): string => join(bench.data, 'pg_wal/.lifeboat-get')
  const spooled = (): string[] => (existsSync(spool()) ? readdirSync(spool()).sort() : [])
  const settled = (...wanted: readonly string[]) =>
    expect.poll(spooled, { timeout: 5000 }).toEqual([...wanted, 'origin'])
  const fetched = (name: string): boolean =>
    bench.read('pg_wal/RECOVERYXLOG').equals(segments.get(name) ?? Buffer.alloc(0))

  beforeEach(() => {
    bench = new HelperBench(shell)
    mkdirSync(join(bench.data, 'pg_wal/archive_status'))
    for (const [fill, name] of names.entries()) {
      segments.set(name, bench.writeSegment(name, { fill }))
      expect(bench.push(name, 'gzip').status).toBe(0)
      rmSync(join(bench.data, 'pg_wal', name))
    }
  })
  afterEach(() => bench.remove())

  test('the segments behind the asked one come into the spool, and are taken from there', async () => {
    expect(get(first)).toEqual({ status: 0, signal: null, stderr: '' })
    expect(fetched(first)).toBe(true)
    await settled(...names.slice(1, 5))
    bench.replaceProgram('gzip', 'exit 1')
    for (const name of names.slice(1, 5)) {
      expect(get(name)).toEqual({ status: 0, signal: null, stderr: '' })
      expect(fetched(name)).toBe(true)
    }
  })

  test('the window goes on with recovery, and ends where the archive ends', async () => {
    for (const name of names) {
      expect(get(name).status).toBe(0)
      expect(fetched(name)).toBe(true)
    }
    expect(get('000000010000000000000009')).toEqual({ status: 1, signal: null, stderr: '' })
    expect(bench.get('00000002.history', 'pg_wal/RECOVERYHISTORY').status).toBe(1)
    expect(existsSync(spool())).toBe(false)
  })

  test('what recovery has passed by is swept from the spool', async () => {
    expect(get(first).status).toBe(0)
    await settled(...names.slice(1, 5))
    writeFileSync(join(spool(), first), segments.get(first) ?? '')
    expect(get(second).status).toBe(0)
    await settled(...names.slice(2, 5))
  })

  test('R2: a file that is damaged, foreign or gone is no answer before it is asked for, and then the right one', async () => {
    const stored = (name: string): string => join(bench.store, `wal/00000001/${name}.gz`)
    writeFileSync(stored(second), 'damaged')
    bench.writeSegment(third, { systemIdentifier: '7300000000000000002' })
    renameSync(join(bench.data, 'pg_wal', third), stored(third).replace('.gz', ''))
    rmSync(stored(third))
    expect(get(first).status).toBe(0)
    await settled()
    expect(get(second).status).toBe(200)
    expect(get(third).status).toBe(200)
    rmSync(stored(third).replace('.gz', ''))
    expect(get(third).status).toBe(1)
  })

  test('R2: a spooled file that was cut, and one of another boot, cluster or repository, are not given out', async () => {
    expect(get(first).status).toBe(0)
    await settled(...names.slice(1, 5))
    writeFileSync(join(spool(), second), readFileSync(join(spool(), second)).subarray(0, 4096))
    expect(get(second).status).toBe(0)
    expect(fetched(second)).toBe(true)
    await settled(...names.slice(2, 5))
    const origin = readFileSync(join(spool(), 'origin'), 'utf8')
    writeFileSync(join(spool(), third), segments.get(first) ?? '')
    writeFileSync(join(spool(), 'origin'), origin.replace(/^\S+/, 'another-boot'))
    expect(get(third).status).toBe(0)
    expect(fetched(third)).toBe(true)
    expect(readFileSync(join(spool(), 'origin'), 'utf8')).toBe(origin)
  })

  test('a segment that is on its way is waited for, not fetched twice', async () => {
    const log = join(bench.root, 'unpacked')
    bench.replaceProgram('gzip', `readlink /proc/self/fd/0 >> '${log}'; sleep 0.3; PATH=/usr/bin:/bin exec gzip "$@"`)
    expect(get(first).status).toBe(0)
    await expect.poll(() => existsSync(join(spool(), `${second}.claim/holder`))).toBe(true)
    expect(get(second).status).toBe(0)
    expect(fetched(second)).toBe(true)
    const seconds = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes(second))
    expect(seconds).toHaveLength(1)
    bench.replaceProgram('gzip', 'PATH=/usr/bin:/bin exec gzip "$@"')
    await expect.poll(() => spooled().filter((name) => name.includes('.'))).toEqual([])
  })

  test('what a fetch that was killed had claimed is fetched all the same', () => {
    mkdirSync(join(spool(), `${second}.claim`), { recursive: true })
    writeFileSync(join(spool(), `${second}.claim/holder`), '999999 1\n')
    expect(get(first).status).toBe(0)
    expect(get(second).status).toBe(0)
    expect(fetched(second)).toBe(true)
  })

  test('the end of recovery leaves no spool', async () => {
    expect(get(first).status).toBe(0)
    await settled(...names.slice(1, 5))
    expect(bench.get('00000002.history', 'pg_wal/RECOVERYHISTORY').status).toBe(1)
    expect(readdirSync(join(bench.data, 'pg_wal')).filter((name) => name.includes('get'))).toEqual([])
  })

  test('nothing is fetched ahead for a file that recovery did not ask for, nor with -j 0', () => {
    expect(bench.get(first, 'fetched').status).toBe(0)
    expect(bench.get(first, 'pg_wal/copy').status).toBe(0)
    expect(bench.run('get', '-j', '0', bench.store, first, 'pg_wal/RECOVERYXLOG').status).toBe(0)
    expect(existsSync(spool())).toBe(false)
  })

  test('the name behind the last one of a log file, and a timeline beyond 9', async () => {
    const [last, next] = ['0000000A00000002FFFFFFFF', '0000000A0000000300000000'].map((name) =>
      name.replace('FFFFFFFF', '00000FFF'),
    ) as [string, string]
    for (const name of [last, next]) {
      bench.writeSegment(name)
      expect(bench.push(name).status).toBe(0)
    }
    expect(get(last).status).toBe(0)
    await settled(next)
  })
})
