import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { putFile } from '../../src/host/files.ts'
import { getFile, getFileInto } from '../../src/host/get-file.ts'
import { localConnection } from '../../src/host/local.ts'

const connection = localConnection({ name: 'here' })
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lb-files-'))
  return () => rmSync(folder, { recursive: true, force: true })
})
afterAll(() => connection.close())

const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8)

describe('putFile', () => {
  it.each([0, 1, 1000, 200_000, 3_000_000])('writes %i bytes', async (size) => {
    const session = await connection.session()
    const content = randomBytes(size)
    const path = join(folder, `it's a "file" $x`)
    const written = await putFile(session, path, content, { mode: '0640' })
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(mode(path)).toBe('640')
    expect(written.size).toBe(size)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  it('writes a stream', async () => {
    const session = await connection.session()
    const pieces = [randomBytes(100_000), randomBytes(100_000)]
    const path = join(folder, 'file')
    const { sha256, size } = await putFile(session, path, Readable.from(pieces))
    expect(readFileSync(path).equals(Buffer.concat(pieces))).toBe(true)
    expect(size).toBe(200_000)
    expect(execFileSync('sha256sum', [path]).toString().slice(0, 64)).toBe(sha256)
  })

  it('gives a new file what the umask leaves, and keeps the mode of one that it replaces', async () => {
    const session = await connection.session()
    const path = join(folder, 'file')
    await putFile(session, path, Buffer.from('one'))
    expect(mode(path)).toBe('644')
    chmodSync(path, 0o600)
    await putFile(session, path, Buffer.from('two'))
    expect(mode(path)).toBe('600')
    await putFile(session, path, Buffer.from('three'), { mode: 'u=rwx,g=rx,o=' })
    expect(mode(path)).toBe('750')
  })

  it('replaces a symbolic link, not what it points to', async () => {
    const session = await connection.session()
    writeFileSync(join(folder, 'target'), 'old')
    symlinkSync('target', join(folder, 'link'))
    await putFile(session, join(folder, 'link'), Buffer.from('new'))
    expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('old')
    expect(readFileSync(join(folder, 'link'), 'utf8')).toBe('new')
  })

  it.each([10, 400_000])('says why it cannot write %i bytes, and leaves nothing behind', async (size) => {
    const session = await connection.session()
    mkdirSync(join(folder, 'taken'))
    await expect(putFile(session, join(folder, 'taken'), Buffer.alloc(size))).rejects.toMatchObject({
      code: 'host/file',
      message: `cannot write ${folder}/taken as ${session.user}: it is a directory`,
    })
    await expect(putFile(session, join(folder, 'no', 'file'), Buffer.alloc(size))).rejects.toThrow(
      'No such file or directory',
    )
    await expect(putFile(session, join(folder, 'file'), Buffer.alloc(size), { owner: 'no-such-user' })).rejects.toThrow(
      "invalid user: 'no-such-user'",
    )
    await expect(putFile(session, 'file', Buffer.alloc(size))).rejects.toThrow('the path is not absolute')
    expect(readdirSync(folder)).toEqual(['taken'])
  })

  it('leaves the old file where its content cannot be read to the end', async () => {
    const session = await connection.session()
    const path = join(folder, 'file')
    writeFileSync(path, 'old')
    const content = Readable.from(
      (async function* () {
        yield randomBytes(300_000)
        throw new Error('the disk is gone')
      })(),
    )
    await expect(putFile(session, path, content)).rejects.toThrow('its content could not be read: the disk is gone')
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['file'])
  })
})

/** A stream that keeps nothing but the digest of what comes. */
const digesting = (): { sink: Writable; sha256: () => string } => {
  const hash = createHash('sha256')
  const sink = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      hash.update(chunk)
      callback()
    },
  })
  return { sink, sha256: () => hash.digest('hex') }
}

describe('getFileInto', () => {
  it.each([0, 3, 30_000_000])('brings %i bytes', async (bytes) => {
    const content = randomBytes(bytes)
    writeFileSync(join(folder, `it's a file`), content)
    const { sink, sha256 } = digesting()
    const got = await getFileInto(await connection.session(), join(folder, `it's a file`), sink)
    expect(got).toEqual({ size: bytes, sha256: createHash('sha256').update(content).digest('hex') })
    expect(sha256()).toBe(got.sha256)
  })

  it('brings what the kernel makes up while it is read', async () => {
    expect((await getFileInto(await connection.session(), '/proc/self/stat', digesting().sink)).size).toBeGreaterThan(
      50,
    )
  })

  it('brings of a file that grows what was there, and refuses one that changes', async () => {
    const session = await connection.session()
    const path = join(folder, 'file')
    const slowly = (change: () => void): Writable => {
      let done = false
      return new Writable({
        highWaterMark: 1,
        write(_chunk, _encoding, callback) {
          if (!done) change()
          done = true
          setTimeout(callback, 10)
        },
      })
    }
    writeFileSync(path, Buffer.alloc(3_000_000))
    expect(
      (
        await getFileInto(
          session,
          path,
          slowly(() => appendFileSync(path, 'more')),
        )
      ).size,
    ).toBe(3_000_000)
    await expect(
      getFileInto(
        session,
        path,
        slowly(() => writeFileSync(path, Buffer.alloc(3_000_000, 1))),
      ),
    ).rejects.toThrow(`cannot read ${path} as ${session.user}: it changed while it was read`)
  })

  it('says why it cannot', async () => {
    const session = await connection.session()
    await expect(getFileInto(session, join(folder, 'none'), digesting().sink)).rejects.toMatchObject({
      data: { missing: true },
    })
    await expect(getFileInto(session, folder, digesting().sink)).rejects.toThrow('it is no file')
    writeFileSync(join(folder, 'file'), randomBytes(3_000_000))
    const full = new Writable({ write: (_chunk, _encoding, callback) => callback(new Error('the disk is full')) })
    await expect(getFileInto(session, join(folder, 'file'), full)).rejects.toThrow(
      'its content cannot be kept: the disk is full',
    )
    expect((await session.run('echo next')).stdout).toBe('next\n')
  })
})

describe('getFile', () => {
  it('refuses what is too large', async () => {
    writeFileSync(join(folder, 'file'), 'four')
    const session = await connection.session()
    expect((await getFile(session, join(folder, 'file'), { most: 4 })).toString()).toBe('four')
    await expect(getFile(session, join(folder, 'file'), { most: 3 })).rejects.toThrow('it is larger than 3 B')
  })

  it('reads every byte', async () => {
    const content = randomBytes(500_000)
    writeFileSync(join(folder, 'file'), content)
    expect((await getFile(await connection.session(), join(folder, 'file'))).equals(content)).toBe(true)
  })

  it('tells a file that is missing from one that cannot be read', async () => {
    const session = await connection.session()
    await expect(getFile(session, join(folder, 'none'))).rejects.toMatchObject({
      code: 'host/file',
      message: `cannot read ${folder}/none as ${session.user}: there is no such file`,
      data: { missing: true },
    })
    await expect(getFile(session, folder)).rejects.toMatchObject({ code: 'host/file', data: {} })
  })
})
