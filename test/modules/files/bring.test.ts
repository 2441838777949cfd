import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import fetch from '../../../src/modules/files/fetch.ts'
import slurp from '../../../src/modules/files/slurp.ts'
import tempfile from '../../../src/modules/files/tempfile.ts'
import { converge, predict, run } from '../harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'lb-bring-'))
const source = join(folder, 'a file')
writeFileSync(source, Buffer.from([0, 255, 10]))

describe('slurp', () => {
  it('reads any bytes', async () => {
    expect((await run(slurp, { src: source })).fields).toEqual({ content: 'AP8K', encoding: 'base64', source })
    const home = await run(slurp, { path: '~/a file' }, { environment: { HOME: folder } })
    expect(home.fields).toMatchObject({ content: 'AP8K', source })
    await expect(run(slurp, { src: join(folder, 'no') })).rejects.toThrow('there is no such file')
  })
})

describe('fetch', () => {
  it('puts the file below the name of its host, once', async () => {
    const dest = join(folder, 'to')
    const { fields, changes } = await converge(fetch, { src: source, dest })
    expect(fields.dest).toBe(join(dest, 'localhost', source))
    expect(changes).toHaveLength(1)
    expect(readFileSync(String(fields.dest))).toEqual(Buffer.from([0, 255, 10]))
  })

  it('or flat', async () => {
    await converge(fetch, { src: source, dest: `${folder}/flat/`, flat: true })
    expect(statSync(join(folder, 'flat', 'a file')).size).toBe(3)
  })

  it('wants a file', async () => {
    await expect(converge(fetch, { src: join(folder, 'no'), dest: folder })).rejects.toThrow(
      'does not exist on the host',
    )
    expect(await predict(fetch, { src: join(folder, 'no'), dest: folder, fail_on_missing: false })).toEqual([])
    mkdirSync(join(folder, 'sub'))
    await expect(converge(fetch, { src: join(folder, 'sub'), dest: folder })).rejects.toThrow(
      'is a directory; only files',
    )
  })
})

describe('tempfile', () => {
  it('makes a new one each time', async () => {
    const first = await run(tempfile, { path: folder, suffix: '.x' })
    const second = await run(tempfile, { path: folder, suffix: '.x' })
    expect(first.fields?.path).toMatch(/\/ansible\.\w{8}\.x$/)
    expect(first.fields).toMatchObject({ mode: '0600', state: 'file' })
    expect(second.fields?.path).not.toBe(first.fields?.path)
    const made = await run(tempfile, { state: 'directory', path: folder, prefix: "it's " })
    expect(statSync(String(made.fields?.path)).mode & 0o777).toBe(0o700)
  })
})
