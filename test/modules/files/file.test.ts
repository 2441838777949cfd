import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import file from '../../../src/modules/files/file.ts'
import { converge, predict } from '../harness.ts'

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'lb-file-')))
})
const at = (...names: string[]): string => join(folder, ...names)
const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8)

describe('directory', () => {
  it('is made with all that is missing above it, and the mode', async () => {
    const { changes, fields } = await converge(file, { path: at('a', 'b c/'), state: 'directory', mode: '0750' })
    expect(changes).toEqual([
      { subject: 'state', before: 'absent', after: 'directory' },
      { subject: 'mode', before: null, after: '0750' },
    ])
    expect([mode(at('a')), mode(at('a', 'b c'))]).toEqual(['750', '750'])
    expect(fields).toMatchObject({ path: at('a', 'b c'), state: 'directory', mode: '0750', owner: 'root' })
  })

  it('is made where several tasks at once make the folder above it', async () => {
    const names = ['b', 'c', 'd', 'e', 'f', 'g']
    await Promise.all(names.map((name) => converge(file, { path: at('a', name), state: 'directory' })))
    expect(readdirSync(at('a'))).toEqual(names)
  })

  it('keeps its set-id bits unless the mode says otherwise', async () => {
    mkdirSync(at('d'))
    chmodSync(at('d'), 0o2755)
    await converge(file, { path: at('d'), state: 'directory', mode: 'g+w' })
    expect(mode(at('d'))).toBe('2775')
  })

  it('gives its mode to everything below with recurse', async () => {
    mkdirSync(at('d', 'sub'), { recursive: true })
    writeFileSync(at('d', 'sub', 'f\nn'), '', { mode: 0o644 })
    writeFileSync(at('d', 'run'), '', { mode: 0o755 })
    symlinkSync('/etc/passwd', at('d', 'link'))
    const before = mode('/etc/passwd')
    const { changes } = await converge(file, { path: at('d'), state: 'directory', mode: 'u=rwX,go=', recurse: true })
    expect(changes.map(({ subject, after }) => `${subject} ${after}`).sort()).toEqual([
      'mode 0700',
      'mode of run 0700',
      'mode of sub 0700',
      'mode of sub/f\nn 0600',
    ])
    expect(mode('/etc/passwd')).toBe(before)
  })

  it('counts what it changes below where that is much', async () => {
    mkdirSync(at('d'))
    for (let index = 0; index < 30; index++) writeFileSync(at('d', `f${index}`), '', { mode: 0o644 })
    const { changes } = await converge(file, { path: at('d'), mode: 'go-r', recurse: true })
    expect(changes.map(({ subject }) => subject)).toEqual(['mode', 'attributes of 30 files below'])
  })

  it('does not take the place of a file', async () => {
    writeFileSync(at('f'), '')
    await expect(converge(file, { path: at('f'), state: 'directory' })).rejects.toThrow(
      `${at('f')} is a file, not a directory`,
    )
  })
})

describe('file', () => {
  it('sets attributes of what is there', async () => {
    writeFileSync(at('f'), '', { mode: 0o644 })
    await converge(file, { path: at('f'), mode: 'u+x,g-r' })
    expect(mode(at('f'))).toBe('704')
    await converge(file, { path: at('f'), mode: '0704', state: 'file' }, { ok: true })
  })

  it('sets the attributes of what a link points to', async () => {
    writeFileSync(at('f'), '', { mode: 0o644 })
    symlinkSync('f', at('l'))
    await converge(file, { path: at('l'), mode: '0600' })
    expect([mode(at('f')), lstatSync(at('l')).isSymbolicLink()]).toEqual(['600', true])
  })

  it('changes owner and group by name and by number', async () => {
    writeFileSync(at('f'), '')
    const { changes } = await converge(file, { path: at('f'), owner: 'daemon', group: 'sys' })
    expect(changes).toEqual([
      { subject: 'owner', before: 'root', after: 'daemon' },
      { subject: 'group', before: 'root', after: 'sys' },
    ])
    await converge(
      file,
      { path: at('f'), owner: statSync(at('f')).uid, group: String(statSync(at('f')).gid) },
      { ok: true },
    )
    await converge(file, { path: at('f'), owner: 60123 })
    expect(statSync(at('f')).uid).toBe(60123)
  })

  it('is not made: absent is an error in a run and a prediction in check mode', async () => {
    await expect(converge(file, { path: at('f'), mode: '0600', state: 'file' }, { checkMode: false })).rejects.toThrow(
      `${at('f')} does not exist on the host`,
    )
    expect(await predict(file, { path: at('f'), mode: '0600' })).toEqual([
      { subject: 'mode', before: null, after: '0600' },
    ])
  })
})

describe('touch', () => {
  it('makes an empty file', async () => {
    await converge(file, { path: at('f'), state: 'touch', mode: '0640' }, { event: true })
    expect([statSync(at('f')).size, mode(at('f'))]).toEqual([0, '640'])
  })

  it('renews the times each time, unless they are to be preserved', async () => {
    writeFileSync(at('f'), 'x')
    utimesSync(at('f'), 1000, 1000)
    const { changes } = await converge(file, { path: at('f'), state: 'touch' }, { event: true })
    expect(changes.map(({ subject }) => subject)).toEqual(['access time', 'modification time'])
    expect(statSync(at('f')).mtimeMs).toBeGreaterThan(1_000_000_000)
    const preserve = { access_time: 'preserve', modification_time: 'preserve' }
    await converge(file, { path: at('f'), state: 'touch', ...preserve }, { ok: true })
  })

  it('sets the times given', async () => {
    writeFileSync(at('f'), 'x')
    await converge(file, {
      path: at('f'),
      state: 'touch',
      access_time: 'preserve',
      modification_time: '202001020304.05',
    })
    expect(statSync(at('f')).mtime).toEqual(new Date(2020, 0, 2, 3, 4, 5))
  })
})

describe('link', () => {
  it('is made, and led elsewhere at once', async () => {
    mkdirSync(at('one'))
    mkdirSync(at('two'))
    await converge(file, { path: at('l'), src: at('one'), state: 'link' })
    const { changes } = await converge(file, { path: at('l'), src: 'two', state: 'link' })
    expect(changes).toEqual([{ subject: 'state', before: `link to ${at('one')}`, after: 'link to two' }])
    expect(readlinkSync(at('l'))).toBe('two')
    expect(readdirSync(at('one'))).toEqual([])
  })

  it('needs what it points to, unless forced', async () => {
    const params = { path: at('l'), src: at('no'), state: 'link' }
    await expect(converge(file, params)).rejects.toThrow(
      `${at('no')}, which is to be linked, does not exist on the host`,
    )
    await converge(file, { ...params, force: true })
    expect(readlinkSync(at('l'))).toBe(at('no'))
  })

  it('takes the place of a file or an empty folder only when forced', async () => {
    writeFileSync(at('f'), '')
    mkdirSync(at('d'))
    const params = { path: at('d'), src: at('f'), state: 'link' }
    await expect(converge(file, params)).rejects.toThrow(`${at('d')} is a directory; a link does not take its place`)
    await converge(file, { ...params, force: true })
    mkdirSync(at('e', 'full'), { recursive: true })
    await expect(converge(file, { ...params, path: at('e'), force: true })).rejects.toThrow('with something in it')
    expect(existsSync(at('e', 'full'))).toBe(true)
  })

  it('may be hard', async () => {
    writeFileSync(at('f'), 'x')
    await converge(file, { path: at('h'), src: at('f'), state: 'hard' })
    expect(statSync(at('h')).ino).toBe(statSync(at('f')).ino)
    linkSync(at('f'), at('g'))
    await converge(file, { path: at('g'), src: at('f'), state: 'hard' }, { ok: true })
  })

  it('needs src', async () => {
    await expect(predict(file, { path: '/x', state: 'link' }, { name: 'file' })).rejects.toThrow(
      'file: "src" is needed for a link',
    )
  })
})

describe('absent', () => {
  it('removes a folder with everything in it', async () => {
    mkdirSync(at('d', 'sub'), { recursive: true })
    writeFileSync(at('d', 'sub', 'f'), '')
    const { changes } = await converge(file, { path: at('d'), state: 'absent' })
    expect(changes).toEqual([{ subject: 'state', before: 'directory', after: 'absent' }])
    expect(existsSync(at('d'))).toBe(false)
  })

  it('removes a link, never what it points to', async () => {
    mkdirSync(at('d'))
    symlinkSync(at('d'), at('l'))
    await converge(file, { path: `${at('l')}/`, state: 'absent' })
    expect(readdirSync(folder)).toEqual(['d'])
  })

  it.each(['/', '//', '/etc', '/var/lib', '/usr/bin/../../var', '/home/', '/proc'])('refuses %s', async (path) => {
    await expect(predict(file, { path, state: 'absent' })).rejects.toMatchObject({ code: 'module/refused' })
  })

  it('refuses the empty path', async () => {
    await expect(predict(file, { path: '', state: 'absent' })).rejects.toThrow('the path is empty')
    await expect(
      predict(file, { path: '$NOT_SET', state: 'absent' }, { environment: { NOT_SET: '' } }),
    ).rejects.toThrow('the path is empty')
  })
})
