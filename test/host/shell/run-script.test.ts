import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { formatError, type LifeboatError } from '../../../src/base/errors.ts'
import { localConnection } from '../../../src/host/local.ts'
import { runZxScript, type ScriptOptions, type ScriptResult } from '../../../src/host/shell/run-script.ts'

const connection = localConnection({ name: 'db1' })
const folder = mkdtempSync(join(tmpdir(), 'lb-script-'))
afterAll(async () => {
  await connection.close()
  rmSync(folder, { recursive: true })
})

let count = 0
const write = (text: string): string => {
  const path = join(folder, `script-${++count}.mjs`)
  writeFileSync(path, text)
  return path
}

const run = async (path: string, options: Partial<ScriptOptions> = {}): Promise<ScriptResult> =>
  await runZxScript(path, {
    session: await connection.session(),
    host: 'db1',
    vars: { limit: 3 },
    args: { table: 'orders' },
    signal: new AbortController().signal,
    log: () => {},
    ...options,
  })

describe('runZxScript', () => {
  it('gives the script its host, variables, arguments and log, and takes what it returns', async () => {
    const said: string[] = []
    const path = write(`export default async ({ $, host, vars, args, log }) => {
      log('looking at ' + args.table)
      const count = Number(await $\`echo \${vars.limit}\`.text())
      return { changed: false, facts: { count }, host, environment: (await $\`echo $PLACE\`.text()).trim() }
    }`)
    const result = await run(path, { log: (line) => said.push(line), environment: { PLACE: 'here' } })
    expect(result).toEqual({ changed: false, facts: { count: 3 }, fields: { host: 'db1', environment: 'here' } })
    expect(said).toEqual(['looking at orders'])
  })

  it('counts as changed where the script says nothing', async () => {
    expect(await run(write('export default async () => {}'))).toEqual({ changed: true, facts: {}, fields: {} })
  })

  it('shows the line of a command that failed', async () => {
    const path = write(
      `export default async ({ $ }) => {\n  await $\`true\`\n  await $\`echo no table >&2; exit 2\`\n}`,
    )
    const error = (await run(path).catch((caught: unknown) => caught)) as LifeboatError
    expect(formatError(error)).toBe(
      [
        `error[host/script-failed]: a command of ${path} ended with status 2: no table`,
        `  --> ${path}:3:10`,
        '  2 |   await $`true`',
        '> 3 |   await $`echo no table >&2; exit 2`',
        '    |          ^',
        '  4 | }',
      ].join('\n'),
    )
    expect(error.data).toEqual({ rc: 2, stdout: '', stderr: 'no table\n' })
  })

  it('shows the line of an error', async () => {
    const path = write(`export default async () => {\n  throw new Error('the count is off')\n}`)
    await expect(run(path)).rejects.toMatchObject({
      code: 'host/script-failed',
      message: `${path} failed: the count is off`,
      where: { line: 2, column: 9 },
    })
  })

  it('refuses what is no script', async () => {
    await expect(run(write('export const x = 1'))).rejects.toThrow('has no function as its default export')
    await expect(run(write('export default ('))).rejects.toThrow('cannot be loaded')
    await expect(run(join(folder, 'none.mjs'))).rejects.toMatchObject({ code: 'host/script-bad' })
    await expect(run(write('export default () => 5'))).rejects.toThrow('returned a number, not { changed, facts }')
    await expect(run(write('export default () => ({ changed: 1 })'))).rejects.toThrow('returned "changed" as number')
    await expect(run(write('export default () => ({ facts: [] })'))).rejects.toThrow(
      'returned "facts" that are no mapping',
    )
  })

  it('stops with its signal', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 150)
    const path = write('export default async ({ $ }) => { await $`sleep 43.25` }')
    await expect(run(path, { signal: controller.signal })).rejects.toMatchObject({ code: 'lifeboat/interrupted' })
  })
})
