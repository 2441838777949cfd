import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lookAround } from '../../../src/cluster/catalogue/look.ts'
import { layoutOf } from '../../../src/cluster/repository/layout.ts'
import { startSshd, type TestSshd } from '../../host/ssh/sshd.ts'
import { localSession } from '../../modules/local-session.ts'
import { disconnect, moveFar } from './far-bench.ts'
import { FIRST, HelperBench, PATIENCE, SHELLS } from './helper-bench.ts'

const names = [1, 2, 3, 4, 5].map((number) => `00000001000000000000000${number}`)
const [first = '', second = '', third = ''] = names

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

let sshd: TestSshd
beforeAll(async () => {
  sshd = await startSshd()
})
afterAll(() => sshd?.stop())

describe.each(SHELLS)('a repository host, both ends under %s', (shell) => {
  let bench: HelperBench
  let link: string
  const stored = (): string[] => bench.stored('wal/00000001')
  /** Says something to the repository host with the key of the database host. */
  const ask = (call: string, input: string | Buffer = '') => {
    const { status, stdout, stderr } = spawnSync('ssh', ['-F', 'config', 'repository', call], {
      input,
      cwd: link,
      timeout: PATIENCE,
    })
    return { status, stdout: stdout.toString(), stderr: stderr.toString() }
  }

  beforeEach(() => {
    bench = new HelperBench(shell)
    link = moveFar(bench, sshd)
  })
  afterEach(() => disconnect(bench, link))

  test.each(['none', 'gzip', 'zstd', 'lz4'])('a segment goes there and back with %s', (compression) => {
    const segment = bench.writeSegment(FIRST)
    expect(bench.push(FIRST, compression)).toEqual({ status: 0, signal: null, stderr: '' })
    const ending = { none: '', gzip: '.gz', zstd: '.zst', lz4: '.lz4' }[compression]
    expect(stored()).toEqual([`${FIRST}${ending}`])
    expect(bench.stored('wal/.push')).toEqual([])
    expect(bench.get(FIRST)).toEqual({ status: 0, signal: null, stderr: '' })
    expect(bench.read('pg_wal/RECOVERYXLOG').equals(segment)).toBe(true)
  })

  test('the probe passes, and leaves nothing behind', () => {
    expect(bench.run('probe', bench.place, 'gzip')).toEqual({ status: 0, signal: null, stderr: '' })
    expect(bench.stored('wal/.push')).toEqual([])
  })

  test('A1: the same bytes again are right, whichever way they are packed; others are refused', () => {
    bench.writeSegment(FIRST)
    for (const compression of ['gzip', 'gzip', 'none', 'zstd']) expect(bench.push(FIRST, compression).status).toBe(0)
    expect(stored()).toEqual([`${FIRST}.gz`])
    bench.writeSegment(FIRST, { fill: 8 })
    const before = readFileSync(join(bench.store, `wal/00000001/${FIRST}.gz`))
    for (const compression of ['gzip', 'none']) {
      const refused = bench.push(FIRST, compression)
      expect(refused.status).toBe(1)
      expect(refused.stderr).toContain(
        `lifeboat push: ${bench.place} refuses ${FIRST}: ${bench.store}/wal/00000001/${FIRST}.gz is there with other content; it is not overwritten\n`,
      )
    }
    expect(readFileSync(join(bench.store, `wal/00000001/${FIRST}.gz`)).equals(before)).toBe(true)
  })

  test('A4: history files and backup labels go there as they are', () => {
    for (const name of ['00000002.history', `${FIRST}.00000028.backup`]) {
      writeFileSync(join(bench.data, 'pg_wal', name), `${name}\n`)
      expect(bench.push(name, 'gzip')).toEqual({ status: 0, signal: null, stderr: '' })
      expect(bench.get(name, 'fetched').status).toBe(0)
      expect(bench.read('fetched').toString()).toBe(`${name}\n`)
    }
    expect(readFileSync(join(bench.store, 'wal/00000002.history')).toString()).toBe('00000002.history\n')
  })

  test('A9: the repository host looks at identity and header itself', () => {
    bench.writeSegment(FIRST)
    bench.writeIdentity('7300000000000000002')
    expect(bench.push(FIRST).stderr).toContain(
      'belongs to the cluster with system identifier 7300000000000000002, this is 7300000000000000001',
    )
    expect(bench.get(FIRST).status).toBe(200)
    bench.writeIdentity()
    const foreign = bench.writeSegment(FIRST, { systemIdentifier: '7300000000000000002' })
    const answer = ask(
      'push 7300000000000000001',
      Buffer.concat([Buffer.from(`${FIRST} - ${foreign.length}\n`), foreign]),
    )
    expect(answer.stdout).toBe(
      `no ${FIRST} it is refused: it is of the cluster with system identifier 7300000000000000002, the repository's folder of 7300000000000000001\n`,
    )
    expect(existsSync(join(bench.store, 'wal/00000001'))).toBe(false)
  })

  test('A2: what breaks off on the way is not stored', () => {
    const segment = bench.writeSegment(FIRST)
    const begun = Buffer.concat([Buffer.from(`${FIRST} - ${segment.length}\n`), segment.subarray(0, 500_000)])
    expect(ask('push 7300000000000000001', begun)).toMatchObject({ stdout: '' })
    expect(existsSync(join(bench.store, 'wal/00000001'))).toBe(false)
    expect(bench.stored('wal/.push')).toEqual([])
  })

  test('A2: what a push that was killed has left is swept, and nothing of one that is at work beside it', () => {
    bench.writeSegment(FIRST)
    mkdirSync(join(bench.store, 'wal/.push'))
    const dead = spawnSync('true').pid
    const [ours, left] = [process.pid, dead].map((pid) =>
      ['', '.came.zst', '.raw'].map((ending) => `lane1.${hostname()}.${pid}${ending}`),
    )
    for (const name of [...(ours ?? []), ...(left ?? [])]) writeFileSync(join(bench.store, 'wal/.push', name), 'x')
    expect(bench.push(FIRST, 'zstd').status).toBe(0)
    expect(bench.stored('wal/.push')).toEqual(ours)
  })

  test('A17: what waits behind the asked one goes along through the one connection, and is answered for at once', () => {
    const segments = names.map((name, fill) => bench.makeReady(name, { fill }))
    expect(bench.run('push', '-j', '3', bench.place, 'gzip', `pg_wal/${first}`, first)).toMatchObject({ status: 0 })
    expect(stored()).toEqual(names.map((name) => `${name}.gz`))
    expect(readdirSync(join(bench.data, 'pg_wal/.lifeboat-push')).sort()).toEqual(names)
    for (const [index, name] of names.entries()) {
      expect(bench.get(name, 'fetched').status).toBe(0)
      expect(bench.read('fetched').equals(segments[index] ?? Buffer.alloc(0))).toBe(true)
    }
    bench.replaceProgram('ssh', 'exit 255')
    for (const name of names) expect(bench.push(name, 'gzip')).toMatchObject({ status: 0, stderr: '' })
  })

  test('get fetches ahead from there too', async () => {
    for (const name of names) {
      bench.writeSegment(name)
      expect(bench.push(name, 'gzip').status).toBe(0)
    }
    mkdirSync(join(bench.data, 'pg_wal/archive_status'))
    expect(bench.get(first).status).toBe(0)
    await expect
      .poll(() => readdirSync(join(bench.data, 'pg_wal/.lifeboat-get')).sort(), { timeout: 5000 })
      .toEqual([...names.slice(1), 'origin'])
    bench.replaceProgram('ssh', 'exit 255')
    expect(bench.get(second)).toEqual({ status: 0, signal: null, stderr: '' })
  })

  test('R2: absent is 1; damage, another cluster, a folder that is gone and a host that cannot be reached are 200', () => {
    bench.writeSegment(FIRST)
    expect(bench.push(FIRST, 'gzip').status).toBe(0)
    for (const name of [third, '000000020000000000000001', '00000002.history']) {
      expect(bench.get(name)).toEqual({ status: 1, signal: null, stderr: '' })
    }
    expect(bench.get(FIRST, 'target', '7300000000000000002').status).toBe(200)
    const file = join(bench.store, `wal/00000001/${FIRST}.gz`)
    writeFileSync(file, readFileSync(file).subarray(0, 300))
    expect(bench.get(FIRST).status).toBe(200)
    rmSync(join(bench.store, 'identity.json'))
    expect(bench.get(third).status).toBe(200)
    bench.writeIdentity()
    expect(bench.get(third).status).toBe(1)
    bench.replaceProgram('ssh', 'echo "ssh: connect to host backup1 port 22: Connection refused" >&2; exit 255')
    expect(bench.get(third).status).toBe(200)
    expect(bench.get('00000002.history').status).toBe(200)
    bench.replaceProgram('ssh', 'exit 0')
    expect(bench.get(third).status).toBe(200)
    rmSync(`${link}/config`)
    expect(bench.get(third)).toEqual({
      status: 200,
      signal: null,
      stderr: `lifeboat get: this host has no key for ${bench.place}\n`,
    })
  })

  test('A3: a host that cannot be reached is a plain failure of push', () => {
    bench.writeSegment(FIRST)
    bench.replaceProgram('ssh', 'exit 255')
    expect(bench.push(FIRST).status).toBe(1)
    bench.replaceProgram('ssh', 'kill -KILL $$')
    expect(bench.push(FIRST).status).toBe(1)
  })

  test('A18: where there is no space to pack a segment, it is sent as it is', () => {
    const segment = bench.makeReady(FIRST)
    bench.replaceProgram('gzip', 'head -c 1000; echo "no space left on device" >&2; exit 1')
    expect(bench.push(FIRST, 'gzip')).toEqual({ status: 0, signal: null, stderr: '' })
    expect(readFileSync(join(bench.store, 'wal/00000001', FIRST)).equals(segment)).toBe(true)
  })

  test('the key can do nothing else', () => {
    writeFileSync(join(bench.root, 'secret'), 'secret')
    for (const call of [
      '',
      'sh',
      'sh -c id',
      'cat /etc/passwd',
      'state; id',
      'read ../../secret',
      'read /etc/passwd',
    ]) {
      const { status, stdout } = ask(call)
      expect([call, status, stdout]).toEqual([call, 77, ''])
    }
    for (const call of [
      'read wal/../../../secret',
      'read backup/$(id)',
      'write wal/00000001/x',
      'write backup/20261122T013000Z-full/base.tar',
      'write backup/../identity.json',
      'begin ../x',
      'discard .',
      'in ../../x state',
      'in probe.x/../.. remove',
      'in probe. state',
      'lock a b',
      'hold run',
      'hold run ../wal',
      'hold run *',
      'hold $(id) 20261122T013000Z-full',
    ]) {
      expect([call, ask(call).status === 0]).toEqual([call, false])
    }
    const forward = spawnSync(
      'ssh',
      ['-F', 'config', '-o', 'ControlPath=none', '-o', 'ClearAllForwardings=no', '-W', '127.0.0.1:22', 'repository'],
      { cwd: link, timeout: PATIENCE },
    )
    expect(forward.status).toBe(255)
    expect(forward.stderr.toString()).toMatch(/forwarding failed|prohibited/)
    const terminal = spawnSync(
      'ssh',
      ['-F', 'config', '-o', 'ControlPath=none', '-o', 'RequestTTY=force', 'repository', 'tty'],
      { cwd: link, timeout: PATIENCE },
    )
    expect(terminal.stdout.toString()).toBe('')
  })

  test('a backup comes into being under an incomplete name, file by file, and cannot be touched afterwards', () => {
    const id = '20261122T013000Z-full'
    expect(ask(`write backup/${id}.incomplete/base.tar`, 'x').status).toBe(1)
    expect(ask(`begin ${id}`).status).toBe(0)
    const content = Buffer.alloc(300_000, 'data')
    expect(ask(`write backup/${id}.incomplete/base.tar`, content)).toMatchObject({
      status: 0,
      stdout: `300000 ${sha256(content)}\n`,
    })
    expect(ask(`write backup/${id}.incomplete/base.tar`, 'again').status).toBe(1)
    expect(ask(`write backup/${id}.incomplete/config/it's 100%.conf`, 'a = 1').stdout).toBe(`5 ${sha256('a = 1')}\n`)
    expect(ask(`sum backup/${id}.incomplete/base.tar`).stdout).toBe(`${sha256(content)}\n`)
    expect(ask(`finish ${id}`).status).toBe(1)
    ask(`write backup/${id}.incomplete/backup.json`, '{}')
    expect(ask(`finish ${id}`).status).toBe(0)
    expect(ask(`read backup/${id}/config/it's 100%.conf`).stdout).toBe('a = 1')
    expect(ask(`write backup/${id}/base.tar`, 'x').status).toBe(77)
    expect(ask(`begin ${id}`).status).toBe(1)
    ask(`discard ${id}`)
    expect(bench.stored(`backup/${id}`)).toEqual(['backup.json', 'base.tar', 'config'])
    ask('begin 20261123T013000Z-full')
    expect(ask('discard 20261123T013000Z-full').status).toBe(0)
    expect(bench.stored('backup')).toEqual([id])
  })

  test('one backup at a time: the lock goes with the line, and a silent holder loses it to the next', async () => {
    const hold = async (run: string) => {
      const holder = spawn('ssh', ['-F', 'config', 'repository', `lock ${run}`], { cwd: link })
      const ended = new Promise((resolve) => holder.once('exit', resolve))
      const said = await new Promise((resolve) => holder.stdout.once('data', (data) => resolve(data.toString())))
      return { said, ended, stdin: holder.stdin }
    }
    mkdirSync(join(bench.store, 'backup/20261122T013000Z-full.incomplete'))
    const first = await hold('run-1')
    expect(first.said).toMatch(/^swept 20261122T013000Z-full.incomplete\n/)
    expect(ask('locked').stdout).toMatch(/^alive \d+ \S+ run-1\n$/)
    expect(ask('lock run-2')).toMatchObject({ status: 75, stdout: '' })
    utimesSync(join(bench.store, 'backup/.lock/beat'), 1e9, 1e9)
    const second = await hold('run-2')
    expect(second.said).toBe('locked\n')
    await first.ended
    expect(ask('locked').stdout).toMatch(/^alive \d+ \S+ run-2\n$/)
    second.stdin.end()
    await second.ended
    expect([ask('locked').stdout, bench.stored('backup')]).toEqual(['', []])
  })

  test('backups are held while somebody reads them from far, with signs of life, and let go when the line is cut', async () => {
    const ids = ['20261122T013000Z-full', '20261123T013000Z-incr']
    for (const id of ids) {
      mkdirSync(join(bench.store, 'backup', id))
      writeFileSync(join(bench.store, 'backup', id, 'backup.json'), '{}')
    }
    const layout = layoutOf({ kind: 'path', path: join(bench.root, 'repository') }, 'db1')
    const readers = async () => Object.fromEntries((await lookAround(localSession(), layout)).readers)
    for (const end of ['stdin', 'kill'] as const) {
      const reader = spawn('ssh', ['-F', 'config', 'repository', `hold run-1 ${ids.join(' ')}`], { cwd: link })
      expect(await new Promise((resolve) => reader.stdout.once('data', resolve))).toEqual(Buffer.from('held\n'))
      expect(await readers()).toEqual({ [ids[0] ?? '']: '127.0.0.1 run-1', [ids[1] ?? '']: '127.0.0.1 run-1' })
      const [mark = ''] = bench.stored(`backup/${ids[1]}`)
      utimesSync(join(bench.store, 'backup', ids[1] ?? '', mark), 1e9, 1e9)
      expect(Object.keys(await readers())).toEqual([ids[0]])
      reader.stdin.write('\n')
      await expect.poll(async () => Object.keys(await readers()).sort(), { timeout: 5000 }).toEqual(ids)
      if (end === 'stdin') reader.stdin.end()
      else reader.kill('SIGKILL')
      await expect
        .poll(() => ids.flatMap((id) => bench.stored(`backup/${id}`)), { timeout: 5000 })
        .toEqual(['backup.json', 'backup.json'])
    }
    expect(ask(`hold run-1 ${ids[0]} 20261124T013000Z-full`)).toMatchObject({ status: 76, stdout: '' })
    expect(bench.stored(`backup/${ids[0]}`)).toEqual(['backup.json'])
  })
})

test('a key that may only read reads, and writes nothing', () => {
  const bench = new HelperBench('dash')
  bench.writeSegment(FIRST)
  expect(bench.run('push', bench.store, 'gzip', `pg_wal/${FIRST}`, FIRST).status).toBe(0)
  const link = moveFar(bench, sshd, { readOnly: true })
  expect(bench.get(FIRST).status).toBe(0)
  expect(bench.push(FIRST)).toMatchObject({ status: 1, stderr: expect.stringContaining('this key may only read') })
  for (const call of ['begin x', 'lock x', 'discard x', 'identify', 'in probe.x make']) {
    expect(spawnSync('ssh', ['-F', 'config', 'repository', call], { cwd: link, timeout: PATIENCE }).status).toBe(77)
  }
  mkdirSync(join(bench.store, 'backup/20261122T013000Z-full'), { recursive: true })
  writeFileSync(join(bench.store, 'backup/20261122T013000Z-full/backup.json'), '{}')
  const held = spawnSync('ssh', ['-F', 'config', 'repository', 'hold run 20261122T013000Z-full'], {
    cwd: link,
    timeout: PATIENCE,
  })
  expect([held.status, held.stdout.toString()]).toEqual([0, 'held\n'])
  disconnect(bench, link)
})

test('a repository host with another host key than the pinned one is not believed', () => {
  const bench = new HelperBench('dash')
  bench.writeSegment(FIRST)
  const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO5u1Zj4bYl9rVv6D0rY0w8G1G0dTn2mB3d2rQ9fZk2P'
  const link = moveFar(bench, sshd, { hostKeys: [other] })
  expect(bench.push(FIRST)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('Host key verification failed'),
  })
  expect(bench.get(FIRST)).toMatchObject({ status: 200 })
  disconnect(bench, link)
})

test('paths with spaces, quotes, dollars, percent signs and UTF-8 reach the forced command as they are', () => {
  const bench = new HelperBench('dash')
  const odd = new HelperBench('dash', `it's 50% of $HOME "x" 数据`)
  bench.writeSegment(FIRST)
  const link = moveFar(bench, sshd, { store: odd.store })
  expect(bench.push(FIRST)).toEqual({ status: 0, signal: null, stderr: '' })
  expect(odd.stored('wal/00000001')).toEqual([FIRST])
  expect(bench.get(FIRST).status).toBe(0)
  odd.remove()
  disconnect(bench, link)
})
