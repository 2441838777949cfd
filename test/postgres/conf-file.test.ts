import fc from 'fast-check'
import { expect, test } from 'vitest'
import { confValues, parseConf, removeConfValue, setConfValue } from '../../src/postgres/conf-file.ts'
import { quoteConfValue, unquoteConfValue } from '../../src/postgres/conf-value.ts'

const text = `# comment
listen_addresses = 'localhost'		# what IP
port 5433
shared_buffers=128MB#x
archive_command = 'cp "%p" ''/a b''/%f # no comment'
plpgsql.extra_warnings = 'all'
work_mem = 4MB
Work_Mem = 8MB
include_dir = 'conf.d'
include_if_exists 'x.conf'
log_line_prefix = '%m [%p] '
x.y = 'a\\tb\\101\\''
`

test('a configuration file, line by line', () => {
  const lines = parseConf(text)
  expect(lines.map(({ name, value, line }) => [line, name, value])).toEqual([
    [2, 'listen_addresses', 'localhost'],
    [3, 'port', '5433'],
    [4, 'shared_buffers', '128MB'],
    [5, 'archive_command', `cp "%p" '/a b'/%f # no comment`],
    [6, 'plpgsql.extra_warnings', 'all'],
    [7, 'work_mem', '4MB'],
    [8, 'Work_Mem', '8MB'],
    [9, 'include_dir', 'conf.d'],
    [10, 'include_if_exists', 'x.conf'],
    [11, 'log_line_prefix', '%m [%p] '],
    [12, 'x.y', "a\tbA'"],
  ])
  expect(lines.filter((line) => line.kind !== 'setting').map((line) => line.kind)).toEqual([
    'include_dir',
    'include_if_exists',
  ])
  expect(confValues(lines).get('work_mem')).toBe('8MB')
})

test('a line that PostgreSQL could not read is named', () => {
  expect(() => parseConf("a = 1\nb = 'x\n", '/etc/x.conf')).toThrow("/etc/x.conf line 2 is not a setting: b = 'x")
  expect(() => parseConf('port = 1 2')).toThrow('postgresql.conf line 1 is not a setting: port = 1 2')
})

test('setting a value changes the line that counts and leaves all else', () => {
  expect(setConfValue(text, 'work_mem', '1GB')).toBe(text.replace('Work_Mem = 8MB', "work_mem = '1GB'"))
  expect(setConfValue(text, 'listen_addresses', '*')).toBe(
    text.replace("listen_addresses = 'localhost'		# what IP", "listen_addresses = '*'\t# what IP"),
  )
  expect(setConfValue('a = 1', 'b', "it's")).toBe("a = 1\nb = 'it''s'\n")
})

test('removing takes out every line of that name', () => {
  expect(confValues(parseConf(removeConfValue(text, 'work_mem'))).has('work_mem')).toBe(false)
  expect(removeConfValue(text, 'nothing')).toBe(text)
})

test('A6: any value survives the quotes of a configuration file', () => {
  const value = fc.string().filter((string) => !string.includes('\0'))
  fc.assert(fc.property(value, (string) => unquoteConfValue(quoteConfValue(string)) === string))
  fc.assert(
    fc.property(value, (string) => confValues(parseConf(setConfValue('x = 1 # y\n', 'x', string))).get('x') === string),
  )
})
