import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { formatMode, resolveMode } from '../../../src/modules/shared/file-mode.ts'

const folder = mkdtempSync(join(tmpdir(), 'lb-mode-'))
const file = join(folder, 'file')
const directory = join(folder, 'directory')
writeFileSync(file, '')
mkdirSync(directory)

const MODES = [
  'u+x',
  'go-rwx',
  'a=r',
  '+w',
  '=rw',
  'u=rwX,g=rX,o=',
  '-w',
  'g=u',
  'o=g',
  'u+s',
  'g+s',
  '+t',
  'a+t',
  'u-s,g-s',
]
const MORE = ['ug=rw,o=r', 'a+X', 'u=rwx,g=u-w', 'g+s,o+t', 'u=g', 'a=', 'u+rw-x', 'o=u+x', 'g=s', 'u=', '=', 'a+st']

// What chmod(1) of this machine makes of the same mode is the answer.
it.each([...MODES, ...MORE])('applies %s as chmod does', (mode) => {
  for (const before of [0o644, 0o755, 0o4750, 0o2711, 0o1777, 0o600, 0o6071]) {
    for (const path of [file, directory]) {
      chmodSync(path, before)
      execFileSync('sh', ['-c', 'umask 027; chmod -- "$1" "$2"', 'sh', mode, path])
      const expected = formatMode(statSync(path).mode & 0o7777)
      const base = { mode: before, isDirectory: path === directory, umask: 0o027 }
      expect(formatMode(resolveMode(mode, base)), `${formatMode(before)} ${mode} ${path}`).toBe(expected)
    }
  }
})

it('takes an octal mode as it is', () => {
  expect(resolveMode('2750', { mode: 0o644, isDirectory: false, umask: 0o022 })).toBe(0o2750)
})
