import { chmodSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import stat from '../../../src/modules/files/stat.ts'
import { run } from '../harness.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lb-stat-')))
const file = join(folder, "it's a file")
writeFileSync(file, 'abc')
chmodSync(file, 0o4754)
symlinkSync("it's a file", join(folder, 'link'))

const look = async (params: Record<string, string | boolean>): Promise<Record<string, unknown>> =>
  (await run(stat, params as never)).fields?.stat as Record<string, unknown>

it('tells of a file what Ansible tells', async () => {
  expect(await look({ path: file })).toMatchObject({
    exists: true,
    path: file,
    mode: '4754',
    isreg: true,
    isdir: false,
    islnk: false,
    isuid: true,
    xoth: false,
    roth: true,
    size: 3,
    nlink: 1,
    pw_name: 'root',
    gr_name: 'root',
    uid: 0,
    readable: true,
    checksum: 'a9993e364706816aba3e25717850c26c9cd0d89d',
    mtime: expect.closeTo(Date.now() / 1000, -2),
  })
})

it('tells a link from what it points to', async () => {
  expect(await look({ path: join(folder, 'link') })).toMatchObject({
    islnk: true,
    isreg: false,
    lnk_target: "it's a file",
    lnk_source: file,
  })
  expect(await look({ dest: join(folder, 'link'), follow: 'yes' })).toMatchObject({
    islnk: false,
    isreg: true,
    mode: '4754',
  })
})

it('computes the checksum that is asked for, or none', async () => {
  expect((await look({ path: file, checksum_algorithm: 'md5' })).checksum).toBe('900150983cd24fb0d6963f7d28e17f72')
  expect(await look({ path: file, get_checksum: false })).not.toHaveProperty('checksum')
})

it('says that there is nothing', async () => {
  expect(await look({ path: join(folder, 'no') })).toEqual({ exists: false })
  expect(await look({ path: join(file, 'below-a-file') })).toEqual({ exists: false })
})

it('knows folders and devices', async () => {
  expect(await look({ path: folder })).toMatchObject({ isdir: true, isreg: false })
  expect(await look({ path: '/dev/null' })).toMatchObject({ ischr: true, device_type: 0x103 })
})
