import { existsSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HelperBench, SHELLS } from './helper-bench.ts'

const names = [1, 2, 3, 4, 5].map((number) => `00000001000000000000000${number}`)
const [first = '', second = '', third = '', fourth = '', fifth = ''] = names

describe.each(SHELLS)('A17: push looks ahead under %s', (shell) => {
  let bench: HelperBench
  const push = (name: string, parallel = '3') =>
    bench.run('push', '-j', parallel, bench.store, 'gzip', `pg_wal/${name}`, name)
  const start = (name: string) => bench.start('push', '-j', '3', bench.store, 'gzip', `pg_wal/${name}`, name)
  const stored = (): string[] => bench.stored('wal/00000001')
  const notes = (): string[] => readdirSync(join(bench.data, 'pg_wal/.lifeboat-push')).sort()

  beforeEach(() => {
    bench = new HelperBench(shell)
  })
  afterEach(() => bench.remove())

  test('what waits behind the asked segment is archived along with it, whole', () => {
    const segments = names.map((name, fill) => bench.makeReady(name, { fill }))
    expect(push(first)).toEqual({ status: 0, signal: null, stderr: '' })
    expect(stored()).toEqual(names.map((name) => `${name}.gz`))
    expect(bench.stored('wal/.push')).toEqual([])
    expect(notes()).toEqual(names.slice(1))
    for (const [index, name] of names.entries()) {
      expect(bench.get(name, 'fetched').status).toBe(0)
      expect(bench.read('fetched').equals(segments[index] ?? Buffer.alloc(0))).toBe(true)
    }
  })

  test.each([
    ['none', ''],
    ['zstd', '.zst'],
  ])('with %s too every one has the ending of what it is', (compression, ending) => {
    const segments = names.map((name, fill) => bench.makeReady(name, { fill }))
    expect(bench.run('push', '-j', '3', bench.store, compression, `pg_wal/${first}`, first).status).toBe(0)
    expect(stored()).toEqual(names.map((name) => `${name}${ending}`))
    for (const [index, name] of names.entries()) {
      expect(bench.get(name, 'fetched').status).toBe(0)
      expect(bench.read('fetched').equals(segments[index] ?? Buffer.alloc(0))).toBe(true)
    }
  })

  test('a segment that was archived ahead is acknowledged without being packed or read again', () => {
    for (const name of names) bench.makeReady(name)
    expect(push(first).status).toBe(0)
    bench.replaceProgram('gzip', 'exit 1')
    for (const name of names.slice(1)) expect(push(name)).toEqual({ status: 0, signal: null, stderr: '' })
  })

  test('the answer is about the asked one alone', () => {
    for (const name of names) bench.makeReady(name)
    bench.writeSegment(third, { systemIdentifier: '7300000000000000002' })
    expect(push(first)).toEqual({ status: 0, signal: null, stderr: '' })
    expect(push(second).status).toBe(0)
    const refused = push(third)
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain('is refused: it is of the cluster with system identifier 7300000000000000002')
    expect(stored()).not.toContain(`${third}.gz`)
    bench.writeSegment(third)
    for (const name of [third, fourth, fifth]) expect(push(name).status).toBe(0)
    expect(stored()).toEqual(names.map((name) => `${name}.gz`))
  })

  test('a note is not believed for other bytes, for another repository, or when the stored file is gone', () => {
    for (const name of names) bench.makeReady(name)
    expect(push(first).status).toBe(0)
    bench.writeSegment(second, { fill: 9 })
    // Busybox knows no parts of a second.
    utimesSync(join(bench.data, 'pg_wal', second), 1e9, 1e9)
    expect(push(second)).toMatchObject({ status: 1, stderr: expect.stringContaining('is there with other content') })
    const other = new HelperBench(shell)
    expect(bench.run('push', '-j', '1', other.store, 'none', `pg_wal/${third}`, third).status).toBe(0)
    expect(other.stored('wal/00000001')).toEqual([third])
    other.remove()
    rmSync(join(bench.store, 'wal/00000001', `${fourth}.gz`))
    expect(push(fourth).status).toBe(0)
    expect(stored()).toContain(`${fourth}.gz`)
  })

  test('only segments of the same timeline that PostgreSQL says are ready go along, and none with -j 1', () => {
    bench.makeReady(first)
    bench.makeReady('000000020000000000000003')
    bench.makeReady(`${second}.partial`)
    bench.writeSegment(fourth)
    expect(push(first).status).toBe(0)
    expect(bench.stored()).toEqual(['.push', '00000001'])
    expect(stored()).toEqual([`${first}.gz`])
    for (const name of [second, third]) bench.makeReady(name)
    expect(push(second, '1').status).toBe(0)
    expect(stored()).toEqual([`${first}.gz`, `${second}.gz`])
  })

  test('notes of what PostgreSQL has its answer for are swept', () => {
    for (const name of [first, second, third]) bench.makeReady(name)
    expect(push(first).status).toBe(0)
    expect(notes()).toEqual([second, third])
    bench.markDone(first)
    bench.markDone(second)
    for (const name of [fourth, fifth]) bench.makeReady(name)
    expect(push(third).status).toBe(0)
    bench.markDone(third)
    expect(push(fourth).status).toBe(0)
    expect(notes()).toEqual([fifth])
  })

  test('two pushes of one cluster at the same time pack every segment once', async () => {
    for (const name of names) bench.makeReady(name)
    const log = join(bench.root, 'packed')
    bench.replaceProgram('gzip', `echo "$*" >> '${log}'; sleep 0.3; PATH=/usr/bin:/bin exec gzip "$@"`)
    const one = start(first)
    await expect.poll(() => existsSync(log)).toBe(true)
    const other = start(second)
    expect(await Promise.all([one.status, other.status])).toEqual([0, 0])
    expect(readFileSync(log, 'utf8').trim().split('\n')).toHaveLength(5)
    expect(stored()).toEqual(names.map((name) => `${name}.gz`))
    expect(notes()).not.toContain('lock')
  })

  test('the lock of a push that was killed is taken over', async () => {
    for (const name of names) bench.makeReady(name)
    bench.replaceProgram('gzip', 'exec sleep 60')
    const { child, status } = start(first)
    await expect.poll(() => existsSync(join(bench.data, 'pg_wal/.lifeboat-push/lock/holder'))).toBe(true)
    process.kill(-(child.pid ?? 0), 'SIGKILL')
    await status
    bench.replaceProgram('gzip', 'PATH=/usr/bin:/bin exec gzip "$@"')
    expect(push(first).status).toBe(0)
    expect(stored()).toEqual(names.map((name) => `${name}.gz`))
    expect(bench.stored('wal/.push')).toEqual([])
  })

  test('a push that is told to stop ends its lanes and leaves nothing half done', async () => {
    for (const name of names) bench.makeReady(name)
    bench.replaceProgram('gzip', 'sleep 0.2; exit 1')
    const { child, status } = start(first)
    await expect.poll(() => existsSync(join(bench.store, 'wal/.push')) && bench.stored('wal/.push').length).toBe(3)
    process.kill(child.pid ?? 0, 'SIGTERM')
    expect(await status).toBe(1)
    expect(bench.stored('wal/.push')).toEqual([])
    expect(stored()).toEqual([])
    expect(notes()).toEqual([])
  })
})
