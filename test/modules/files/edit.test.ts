import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PlainValue } from '../../../src/base/value.ts'
import blockinfile from '../../../src/modules/files/blockinfile.ts'
import lineinfile from '../../../src/modules/files/lineinfile.ts'
import replace from '../../../src/modules/files/replace.ts'
import { converge, predict } from '../harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'lb-edit-'))
let number = 0

type Edit = typeof lineinfile | typeof blockinfile | typeof replace

/** Edits a new file with some content, and gives its content afterwards. */
const edit = async (module: Edit, content: string | Buffer, params: Record<string, PlainValue>): Promise<string> => {
  const path = join(folder, `file${number++}`)
  writeFileSync(path, content)
  await converge(module as typeof lineinfile, { path, ...params })
  return readFileSync(path, 'latin1')
}

const CONF = '# first\nport = 5432\n#wal_level = minimal\nport = 5433\nlast'

describe('lineinfile', () => {
  it.each<[string, Record<string, PlainValue>, string]>([
    ['replaces the last line that is found', { regexp: '^port', line: 'port = 1' }, CONF.replace('5433', '1')],
    [
      'replaces the first with firstmatch',
      { regexp: '^port', line: 'port = 1', firstmatch: true },
      CONF.replace('5432', '1'),
    ],
    ['finds plain text', { search_string: '5433', line: 'port = 2' }, CONF.replace('5433', '2')],
    ['appends, ending the last line first', { line: 'new' }, `${CONF}\nnew\n`],
    ['leaves a line that is there', { line: 'last' }, CONF],
    ['leaves a line that is there although the pattern is not', { regexp: '^nothing', line: 'port = 5432' }, CONF],
    ['inserts behind the last match', { line: 'x', insertafter: '^port' }, CONF.replace('5433\n', '5433\nx\n')],
    [
      'inserts before the first match',
      { line: 'x', insertbefore: '^port', firstmatch: true },
      CONF.replace('port', 'x\nport'),
    ],
    ['inserts at the beginning', { line: 'x', insertbefore: 'BOF' }, `x\n${CONF}`],
    ['appends where the place is not found', { line: 'x', insertafter: '^nowhere' }, `${CONF}\nx\n`],
    [
      'keeps groups with backrefs',
      { regexp: '^#(?P<name>wal\\w+)(.*)$', line: '\\g<name> = replica # was\\2', backrefs: true },
      CONF.replace('#wal_level = minimal', 'wal_level = replica # was = minimal'),
    ],
    ['does nothing with backrefs and no match', { regexp: '^no(thing)', line: '\\1', backrefs: true }, CONF],
    ['removes all matches', { regexp: '^port', state: 'absent' }, '# first\n#wal_level = minimal\nlast'],
    ['removes a line by its text', { line: 'last', state: 'absent' }, CONF.replace(/last$/, '')],
    [
      'knows patterns of Python',
      { regexp: '(?i)^PORT\\Z|^PORT = 5433\\Z', line: 'x' },
      CONF.replace('port = 5433', 'x'),
    ],
    ['takes a trailing newline off the line', { regexp: '^last', line: 'end\n' }, CONF.replace(/last$/, 'end\n')],
  ])('%s', async (_, params, expected) => {
    expect(await edit(lineinfile, CONF, params)).toBe(expected)
  })

  it('keeps line ends and bytes that are not UTF-8', async () => {
    const bytes = Buffer.from('a\r\nb=\xff\r\n', 'latin1')
    expect(await edit(lineinfile, bytes, { regexp: '^a$', line: 'ü' })).toBe('\xc3\xbc\r\nb=\xff\r\n')
  })

  it('makes the file with create, and only then', async () => {
    const path = join(folder, 'new', 'deep', 'file')
    await expect(converge(lineinfile, { path, line: 'x' })).rejects.toThrow(`${path} does not exist on the host`)
    const { changes, fields } = await converge(lineinfile, { path, line: 'x', create: true, mode: '0600' })
    expect(changes.map(({ subject }) => subject)).toEqual(['state', 'content', 'mode'])
    expect(fields).toMatchObject({ msg: 'line added', mode: '0600' })
    expect(readFileSync(path, 'utf8')).toBe('x\n')
  })

  it('has nothing to remove from a file that does not exist', async () => {
    await converge(lineinfile, { path: join(folder, 'no'), line: 'x', state: 'absent', create: true }, { ok: true })
    expect(existsSync(join(folder, 'no'))).toBe(false)
  })

  it('edits what a link points to, and keeps mode and backup', async () => {
    const path = join(folder, 'real')
    writeFileSync(path, 'a\n')
    chmodSync(path, 0o640)
    symlinkSync('real', join(folder, 'link'))
    const { fields } = await converge(lineinfile, { path: join(folder, 'link'), line: 'b', backup: true })
    expect([readFileSync(path, 'utf8'), (statSync(path).mode & 0o777).toString(8)]).toEqual(['a\nb\n', '640'])
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true)
    expect(readFileSync(String(fields.backup_file), 'utf8')).toBe('a\n')
  })

  it.each<[Record<string, PlainValue>, string]>([
    [{}, 'lineinfile: "line" is needed where the state is present'],
    [{ line: 'a\nb' }, '"line" of lineinfile must be a single line; blockinfile takes several, not "a\\nb"'],
    [{ line: 'x', backrefs: true }, 'lineinfile: "backrefs" needs "regexp"'],
    [{ line: 'x', regexp: '(' }, /"regexp" of lineinfile "\(" is not a regular expression/ as never],
  ])('refuses %j', async (params, message) => {
    await expect(predict(lineinfile, { path: '/x', ...params }, { name: 'lineinfile' })).rejects.toThrow(message)
  })
})

describe('blockinfile', () => {
  const BEGIN = '# BEGIN ANSIBLE MANAGED BLOCK\n'
  const END = '# END ANSIBLE MANAGED BLOCK\n'

  it('puts a block in, changes it, removes it', async () => {
    expect(await edit(blockinfile, 'a\nb', { block: 'x\ny\n' })).toBe(`a\nb\n${BEGIN}x\ny\n${END}`)
    expect(await edit(blockinfile, `a\n${BEGIN}old\n${END}b\n`, { block: 'new' })).toBe(`a\n${BEGIN}new\n${END}b\n`)
    expect(await edit(blockinfile, `a\n${BEGIN}old\n${END}b\n`, { state: 'absent' })).toBe('a\nb\n')
    expect(await edit(blockinfile, `a\n${BEGIN}old\n${END}b\n`, { block: '' })).toBe('a\nb\n')
  })

  it('puts a new block in its place, with its own markers', async () => {
    const params = { block: 'x', marker: '; {mark} hba', insertbefore: '^b' }
    expect(await edit(blockinfile, 'a\nb\n', params)).toBe('a\n; BEGIN hba\nx\n; END hba\nb\n')
  })
})

describe('replace', () => {
  it('replaces every match, with groups', async () => {
    expect(await edit(replace, 'a=1\nb=1\n', { regexp: '^(\\w)=1$', replace: '\\1 = 2' })).toBe('a = 2\nb = 2\n')
  })

  it('looks only between after and before', async () => {
    const content = 'x\n[a]\nx\n[b]\nx\n'
    expect(await edit(replace, content, { regexp: 'x', replace: 'y', after: '\\[a\\]', before: '\\[b\\]' })).toBe(
      'x\n[a]\ny\n[b]\nx\n',
    )
    expect(await edit(replace, content, { regexp: 'x', replace: 'y', after: '\\[c\\]' })).toBe(content)
  })

  it('is found out where it would go on for ever', async () => {
    await expect(edit(replace, 'a', { regexp: 'a', replace: 'aa' })).rejects.toThrow('nothing is left after the change')
  })
})
