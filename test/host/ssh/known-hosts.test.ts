import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { formatError } from '../../../src/base/errors.ts'
import { fingerprint, hostKeyError, judgeHostKey } from '../../../src/host/ssh/host-key.ts'
import { knownHostName, matchesName, parseKnownHosts } from '../../../src/host/ssh/known-hosts.ts'
import { addKnownHost, readKnownHosts } from '../../../src/host/ssh/known-hosts-files.ts'
import type { SshOptions } from '../../../src/host/ssh/options.ts'

const folder = mkdtempSync(join(tmpdir(), 'lb-known-'))
afterAll(() => rmSync(folder, { recursive: true }))

const makeKey = (type: string): { line: string; blob: Buffer; print: string } => {
  const file = join(folder, `${type}-${Math.random().toString(36).slice(2)}`)
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file])
  const line = readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
  const print =
    execFileSync('ssh-keygen', ['-lf', `${file}.pub`])
      .toString()
      .split(' ')[1] ?? ''
  return { line, blob: Buffer.from(line.split(' ')[1] ?? '', 'base64'), print }
}
const ed25519 = makeKey('ed25519')
const other = makeKey('ed25519')
const ecdsa = makeKey('ecdsa')

const judge = (text: string, key = ed25519, address = 'db1.example.org', port = 22): unknown => {
  const verdict = judgeHostKey(parseKnownHosts(text, 'known_hosts'), { address, port }, key.blob)
  return 'entry' in verdict ? `${verdict.kind} at line ${verdict.entry.line}` : verdict.kind
}

describe('known_hosts', () => {
  it('finds plain names, lists, patterns and negations', () => {
    expect(judge(`db1.example.org ${ed25519.line} a comment`)).toBe('known')
    expect(judge(`db2,db1.example.org,10.0.0.1 ${ed25519.line}`)).toBe('known')
    expect(judge(`*.example.org ${ed25519.line}`)).toBe('known')
    expect(judge(`db?.example.org ${ed25519.line}`)).toBe('known')
    expect(judge(`*.example.org,!db1.example.org ${ed25519.line}`)).toBe('unknown')
    expect(judge(`dbXexample.org ${ed25519.line}`)).toBe('unknown')
    expect(judge(`DB1.example.ORG ${ed25519.line}`, ed25519, 'Db1.Example.org')).toBe('known')
  })

  it('finds a port of its own, and falls back to the name alone only for the same key', () => {
    expect(judge(`[db1.example.org]:2222 ${ed25519.line}`, ed25519, 'db1.example.org', 2222)).toBe('known')
    expect(judge(`[db1.example.org]:2222 ${ed25519.line}`, ed25519, 'db1.example.org', 22)).toBe('unknown')
    expect(judge(`db1.example.org ${ed25519.line}`, ed25519, 'db1.example.org', 2222)).toBe('known')
    expect(judge(`db1.example.org ${other.line}`, ed25519, 'db1.example.org', 2222)).toBe('unknown')
  })

  it.each([22, 2222])('finds names that ssh-keygen -H has hashed, port %i', (port) => {
    const file = join(folder, `hashed-${port}`)
    writeFileSync(file, `${knownHostName({ address: 'db1.example.org', port })} ${ed25519.line}\n`)
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
    const text = readFileSync(file, 'utf8')
    expect(text).toMatch(/^\|1\|/)
    expect(judge(text, ed25519, 'db1.example.org', port)).toBe('known')
    expect(judge(text, other, 'db1.example.org', port)).toBe('changed at line 1')
    expect(judge(text, ed25519, 'db2.example.org', port)).toBe('unknown')
  })

  it('tells a changed key from one of another type', () => {
    expect(judge(`# comment\n\ndb1.example.org ${other.line}`)).toBe('changed at line 3')
    expect(judge(`db1.example.org ${ecdsa.line}`)).toBe('unknown')
    expect(judge(`db1.example.org ${other.line}\ndb1.example.org ${ed25519.line}`)).toBe('known')
  })

  it('goes by the alias of a host, which has no port', () => {
    const entries = parseKnownHosts(`gate ${ed25519.line}\n[db1]:2222 ${other.line}`, 'known_hosts')
    const host = { address: 'db1', port: 2222, hostKeyAlias: 'Gate' }
    expect(judgeHostKey(entries, host, ed25519.blob).kind).toBe('known')
    expect(judgeHostKey(entries, host, other.blob)).toMatchObject({ kind: 'changed', entry: { line: 1 } })
  })

  it('sees that a file has changed since', async () => {
    const file = join(folder, 'watched')
    const memory = new Map()
    writeFileSync(file, `db1 ${ed25519.line}\n`)
    const first = await readKnownHosts([file], memory)
    expect((await readKnownHosts([file], memory))[0]).toBe(first[0])
    writeFileSync(file, `db1 ${ed25519.line}\ndb2 ${other.line}\n`)
    expect(await readKnownHosts([file], memory)).toHaveLength(2)
    expect(await readKnownHosts([file, join(folder, 'none')], memory)).toHaveLength(2)
  })

  it('knows markers', () => {
    expect(judge(`db1.example.org ${ed25519.line}\n@revoked * ${ed25519.line}`)).toBe('revoked at line 2')
    expect(judge(`@cert-authority *.example.org ${ed25519.line}`)).toBe('unknown')
    expect(judge(`@other db1.example.org ${ed25519.line}`)).toBe('unknown')
  })

  it('passes over lines that are none', () => {
    expect(parseKnownHosts('one\ntwo words\n   \n#', 'f')).toEqual([])
    expect(matchesName({ file: 'f', line: 1, marker: undefined, names: '|1|bad', keyType: 'a', key: 'b' }, 'x')).toBe(
      false,
    )
  })

  it('prints the fingerprint of ssh-keygen', () => {
    expect(fingerprint(ed25519.blob)).toBe(ed25519.print)
  })
})

const options: SshOptions = {
  name: 'db1',
  address: 'db1.example.org',
  port: 2222,
  user: 'admin',
  identityFiles: [],
  knownHostsFiles: [join(folder, 'new', 'known_hosts')],
  strictHostKeyChecking: 'accept-new',
  connectTimeout: 10,
  keepaliveInterval: 15,
}

describe('hostKeyError', () => {
  it('says what to do about a changed key', () => {
    const entries = parseKnownHosts(
      `x ${ed25519.line}\n[db1.example.org]:2222 ${other.line}`,
      '/home/me/.ssh/known_hosts',
    )
    const verdict = judgeHostKey(entries, options, ed25519.blob)
    if (verdict.kind === 'known') throw new Error('the key is not known')
    expect(formatError(hostKeyError(options, ed25519.blob, verdict))).toBe(
      [
        `error[host/changed-host-key]: db1 ([db1.example.org]:2222) shows the ssh-ed25519 key ${ed25519.print}, but /home/me/.ssh/known_hosts:2 has another ssh-ed25519 key for it`,
        '  hint: either the host was set up anew, or somebody stands in between: compare the fingerprint on the host with ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub',
        "  hint: if the new key is right: ssh-keygen -f /home/me/.ssh/known_hosts -R '[db1.example.org]:2222'",
      ].join('\n'),
    )
  })

  it('says that an authority is not enough', () => {
    const entries = parseKnownHosts(`@cert-authority *,[*]:* ${ecdsa.line}`, 'known_hosts')
    const verdict = judgeHostKey(entries, options, ed25519.blob)
    if (verdict.kind === 'known') throw new Error('the key is not known')
    expect(hostKeyError(options, ed25519.blob, verdict).hints[0]).toBe(
      'known_hosts:1 trusts an authority for it, but certificates of hosts are not supported: ' +
        'set ansible_connection: openssh, which verifies them, or add the host key itself',
    )
  })
})

describe('addKnownHost', () => {
  it('adds a key once, where many do it at once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => addKnownHost(options, ed25519.blob)))
    await Promise.all([1, 2, 3].map((port) => addKnownHost({ ...options, port }, other.blob)))
    const file = options.knownHostsFiles[0] ?? ''
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toBe(`[db1.example.org]:2222 ${ed25519.line}`)
    expect(judgeHostKey(await readKnownHosts([file]), options, ed25519.blob)).toEqual({ kind: 'known' })
  })

  it('hashes the name where that is asked for, as ssh-keygen finds it', async () => {
    const file = join(folder, 'hashed')
    await addKnownHost({ ...options, knownHostsFiles: [file], hashKnownHosts: true }, ed25519.blob)
    expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|\S+\|\S+ ssh-ed25519 /)
    expect(execFileSync('ssh-keygen', ['-F', '[db1.example.org]:2222', '-f', file]).toString()).toContain(ed25519.line)
    expect(judgeHostKey(await readKnownHosts([file]), options, ed25519.blob)).toEqual({ kind: 'known' })
  })

  it('believes who was quicker, and adds no second key', async () => {
    const file = join(folder, 'raced')
    const both = await Promise.all(
      [ed25519, other].map(({ blob }) => addKnownHost({ ...options, knownHostsFiles: [file] }, blob)),
    )
    expect(both.map((entry) => entry?.line)).toContain(1)
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(1)
  })

  it('adds nothing where no file may be written', async () => {
    const files = [join(folder, 'global')]
    await addKnownHost({ ...options, knownHostsFiles: files, newHostsFile: 'none' }, ed25519.blob)
    expect(existsSync(files[0] ?? '')).toBe(false)
  })

  it('takes the lock of a process that died', async () => {
    const file = join(folder, 'stale')
    writeFileSync(`${file}.lock`, '')
    utimesSync(`${file}.lock`, new Date(0), new Date(0))
    await addKnownHost({ ...options, knownHostsFiles: [file] }, ed25519.blob)
    expect(readFileSync(file, 'utf8')).toContain(ed25519.line)
    expect(existsSync(`${file}.lock`)).toBe(false)
  })

  it('begins a line of its own', async () => {
    const file = join(folder, 'unfinished')
    writeFileSync(file, `db9 ${other.line}`)
    await addKnownHost({ ...options, knownHostsFiles: [file] }, ed25519.blob)
    expect(readFileSync(file, 'utf8')).toBe(`db9 ${other.line}\n[db1.example.org]:2222 ${ed25519.line}\n`)
  })
})
