import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { LifeboatError } from '../../../src/base/errors.ts'
import copy from '../../../src/modules/files/copy.ts'
import { converge, predict } from '../harness.ts'

let folder: string
let source: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'lb-copy-')))
  source = join(folder, 'source')
  mkdirSync(source)
})
const at = (...names: string[]): string => join(folder, ...names)
const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8)

describe('copy of a text', () => {
  it('writes it, and shows the difference to the old one', async () => {
    writeFileSync(at('motd'), 'old\n')
    const { changes, fields } = await converge(copy, { content: "new 'text'\n", dest: at('motd') })
    expect(readFileSync(at('motd'), 'utf8')).toBe("new 'text'\n")
    expect(changes).toEqual([{ subject: 'content', before: 'old\n', after: "new 'text'\n" }])
    expect(fields).toMatchObject({
      dest: at('motd'),
      state: 'file',
      size: 11,
      checksum: createHash('sha1').update("new 'text'\n").digest('hex'),
    })
    expect(readdirSync(folder).sort()).toEqual(['motd', 'source'])
  })

  it('makes a file with the mode, follows the umask without', async () => {
    const { changes } = await converge(copy, { content: 'x', dest: at('a'), mode: '0600' })
    expect(changes).toEqual([
      { subject: 'state', before: 'absent', after: 'file' },
      { subject: 'content', before: null, after: 'x' },
      { subject: 'mode', before: null, after: '0600' },
    ])
    expect(mode(at('a'))).toBe('600')
    await converge(copy, { content: 'x', dest: at('b') })
    expect(mode(at('b'))).toBe((0o666 & ~process.umask()).toString(8))
  })

  it('keeps the mode of a file that exists', async () => {
    writeFileSync(at('a'), 'old')
    chmodSync(at('a'), 0o4711)
    await converge(copy, { content: 'new', dest: at('a') })
    expect(mode(at('a'))).toBe('4711')
  })

  it('changes attributes alone where the content is right', async () => {
    writeFileSync(at('a'), 'same')
    chmodSync(at('a'), 0o644)
    const inode = statSync(at('a')).ino
    const { changes } = await converge(copy, { content: 'same', dest: at('a'), mode: 'u=rw,go=' })
    expect(changes).toEqual([{ subject: 'mode', before: '0644', after: '0600' }])
    expect(statSync(at('a')).ino).toBe(inode)
  })

  it('writes mappings as JSON and numbers as text', async () => {
    await converge(copy, { content: { a: [1, true] }, dest: at('a') })
    expect(readFileSync(at('a'), 'utf8')).toBe('{"a":[1,true]}')
    await converge(copy, { content: 5, dest: at('a') })
    expect(readFileSync(at('a'), 'utf8')).toBe('5')
  })

  it('leaves a file alone with force: false', async () => {
    writeFileSync(at('a'), 'mine')
    await converge(copy, { content: 'yours', dest: at('a'), mode: '0600', force: false }, { ok: true })
    expect(readFileSync(at('a'), 'utf8')).toBe('mine')
  })

  it('keeps the old file with backup', async () => {
    writeFileSync(at('a'), 'old')
    const { fields } = await converge(copy, { content: 'new', dest: at('a'), backup: true })
    expect(fields.backup_file).toMatch(/\/a\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~$/)
    expect(readFileSync(String(fields.backup_file), 'utf8')).toBe('old')
  })

  it('replaces a link, or writes through it with follow', async () => {
    writeFileSync(at('real'), 'old')
    symlinkSync('real', at('link'))
    await converge(copy, { content: 'through', dest: at('link'), follow: true })
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true)
    expect(readFileSync(at('real'), 'utf8')).toBe('through')
    const { changes } = await converge(copy, { content: 'instead', dest: at('link') })
    expect(changes[0]).toEqual({ subject: 'state', before: 'link to real', after: 'file' })
    expect(lstatSync(at('link')).isFile()).toBe(true)
    expect(readFileSync(at('real'), 'utf8')).toBe('through')
  })

  it('puts nothing in place that its validation refuses', async () => {
    writeFileSync(at('a'), 'good')
    await expect(converge(copy, { content: 'bad', dest: at('a'), validate: 'grep -q good %s' })).rejects.toMatchObject({
      code: 'module/invalid-content',
      data: { rc: 1 },
    })
    expect(readFileSync(at('a'), 'utf8')).toBe('good')
    expect(readdirSync(folder).sort()).toEqual(['a', 'source'])
    await converge(copy, { content: 'very good', dest: at('a'), validate: 'sh -c \'grep -q good "$1"\' sh %s' })
    await expect(predict(copy, { content: 'x', dest: '/x', validate: 'true' }, { name: 'copy' })).rejects.toThrow(
      '"validate" of copy must be a command with %s for the file, not "true"',
    )
  })

  it('survives odd names and bytes', async () => {
    const dest = at('it\'s $(id) $ `x`\n"y"')
    await converge(copy, { content: 'ü\0\n', dest })
    expect(readFileSync(dest, 'utf8')).toBe('ü\0\n')
    await converge(copy, { content: 'home', dest: '~/in-home' }, { environment: { HOME: folder } })
    expect(readFileSync(at('in-home'), 'utf8')).toBe('home')
    await converge(copy, { content: 'variable', dest: '$WHERE/v' }, { environment: { WHERE: folder } })
    expect(readFileSync(at('v'), 'utf8')).toBe('variable')
  })

  it('says that the folder is missing; check mode warns, since an earlier task may make it', async () => {
    const params = { content: 'x', dest: at('no', 'file') }
    await expect(converge(copy, params)).rejects.toThrow(`the folder of ${at('no', 'file')} does not exist on the host`)
    expect(await predict(copy, params)).toHaveLength(2)
  })

  it('names an account that the host does not have', async () => {
    const params = { content: 'x', dest: at('a'), owner: 'nobody-like-this' }
    await expect(converge(copy, params)).rejects.toThrow('there is no user "nobody-like-this" on the host')
    expect(await predict(copy, params)).toContainEqual({ subject: 'owner', before: null, after: 'nobody-like-this' })
  })

  it('refuses a folder in the place', async () => {
    await expect(converge(copy, { content: 'x', dest: source })).rejects.toThrow(`${source} is a directory, not a file`)
  })
})

describe('copy of a file', () => {
  it('goes into a folder under its own name, made where dest ends in a slash', async () => {
    writeFileSync(at('source', 'f.bin'), Buffer.from([0, 255, 10]))
    await converge(copy, { src: at('source', 'f.bin'), dest: `${folder}` })
    const { changes } = await converge(copy, { src: at('source', 'f.bin'), dest: at('new', 'deep/') })
    expect(readFileSync(at('new', 'deep', 'f.bin'))).toEqual(Buffer.from([0, 255, 10]))
    expect(changes[1]?.after).toMatch(/^\(binary, 3 bytes, sha1 [0-9a-f]{12}\)$/)
  })

  it('keeps the mode of the source with preserve', async () => {
    writeFileSync(at('source', 'tool'), '#!/bin/sh\n')
    chmodSync(at('source', 'tool'), 0o750)
    await converge(copy, { src: at('source', 'tool'), dest: at('tool'), mode: 'preserve' })
    expect(mode(at('tool'))).toBe('750')
  })

  it('copies more than can be shown', async () => {
    const bytes = Buffer.alloc(300_000, 'lifeboat\n')
    writeFileSync(at('source', 'large'), bytes)
    await converge(copy, { src: at('source', 'large'), dest: at('large') })
    expect(readFileSync(at('large')).equals(bytes)).toBe(true)
  })

  it('demands the checksum', async () => {
    writeFileSync(at('source', 'f'), 'x')
    const params = { src: at('source', 'f'), dest: at('f'), checksum: '0'.repeat(40) }
    await expect(converge(copy, params)).rejects.toThrow(
      /has the checksum 11f6ad8ec52a2984abaafd7c3b516503785c2072, not 0000/,
    )
  })

  it('copies on the host itself', async () => {
    writeFileSync(at('f'), 'there')
    chmodSync(at('f'), 0o640)
    await converge(copy, { src: at('f'), dest: at('g'), remote_src: true, mode: 'preserve' })
    expect([readFileSync(at('g'), 'utf8'), mode(at('g'))]).toEqual(['there', '640'])
    await converge(copy, { src: at('f'), dest: source, remote_src: true })
    expect(readdirSync(source)).toEqual(['f'])
    await expect(converge(copy, { src: at('no'), dest: at('h'), remote_src: true })).rejects.toThrow(LifeboatError)
    expect(await predict(copy, { src: at('no'), dest: at('h'), remote_src: true })).toHaveLength(2)
  })
})

describe('copy of a folder', () => {
  beforeEach(() => {
    mkdirSync(at('source', 'sub', 'empty'), { recursive: true })
    writeFileSync(at('source', 'a'), 'A')
    writeFileSync(at('source', 'sub', 'b c'), 'B')
    symlinkSync('a', at('source', 'link'))
  })

  it('copies all of it, once', async () => {
    const { changes } = await converge(copy, { src: source, dest: at('to'), directory_mode: '0750', mode: '0640' })
    expect(changes.map(({ subject }) => subject)).toEqual([
      'state',
      'mode',
      'state of a',
      'content of a',
      'mode of a',
      'state of link',
      'content of link',
      'mode of link',
      'state of sub',
      'mode of sub',
      'state of sub/b c',
      'content of sub/b c',
      'mode of sub/b c',
      'state of sub/empty',
      'mode of sub/empty',
    ])
    expect(readFileSync(at('to', 'source', 'sub', 'b c'), 'utf8')).toBe('B')
    expect([mode(at('to', 'source', 'sub')), mode(at('to', 'source', 'a'))]).toEqual(['750', '640'])
  })

  it('copies what is in it with a slash behind, and only what differs', async () => {
    mkdirSync(at('to'))
    writeFileSync(at('to', 'a'), 'A')
    writeFileSync(at('to', 'own'), 'mine')
    const { changes } = await converge(copy, { src: `${source}/`, dest: at('to'), local_follow: false })
    expect(changes.map(({ subject }) => subject)).toEqual([
      'state of link',
      'state of sub',
      'state of sub/b c',
      'content of sub/b c',
      'state of sub/empty',
    ])
    expect(readlinkSync(at('to', 'link'))).toBe('a')
    expect(readFileSync(at('to', 'own'), 'utf8')).toBe('mine')
  })

  it('changes attributes of files that are there', async () => {
    mkdirSync(at('to'))
    writeFileSync(at('to', 'a'), 'A', { mode: 0o644 })
    const { changes } = await converge(copy, { src: `${source}/`, dest: at('to'), mode: '0600' })
    expect(changes).toContainEqual({ subject: 'mode of a', before: '0644', after: '0600' })
  })
})
