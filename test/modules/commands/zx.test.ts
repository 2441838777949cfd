import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import zx from '../../../src/modules/commands/zx.ts'
import { run } from '../harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'lb-zx-'))
const script = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return name
}
const options = { directory: folder }

it("runs a script with $ bound to the task's session", async () => {
  const path = script(
    'one.mjs',
    `export default async ({ $, host, args, log }) => {
      const said = await $\`printf %s \${args.word}\`
      log('asked')
      return { changed: false, said: said.stdout, host, facts: { answer: 42 } }
    }`,
  )
  expect(await run(zx, { path, args: { word: "it's $HOME" } }, options)).toEqual({
    changed: false,
    fields: { said: "it's $HOME", host: 'localhost', log: ['asked'], ansible_facts: { answer: 42 } },
  })
})

it('fails as the script says', async () => {
  const path = script('fails.mjs', "export default () => ({ changed: false, failed: true, msg: 'too few' })")
  expect(await run(zx, { path }, options)).toMatchObject({ failed: true, msg: 'too few' })
  const throws = script('throws.mjs', "export default async ({ $ }) => { await $`sh -c 'echo no >&2; exit 4'` }")
  await expect(run(zx, { path: throws }, options)).rejects.toMatchObject({
    code: 'host/script-failed',
    data: { rc: 4 },
  })
})

it('is not run where creates exists or removes does not', async () => {
  const path = script('never.mjs', "export default () => { throw new Error('it ran') }")
  expect(await run(zx, { path, creates: `${folder}/*.mjs` }, options)).toEqual({
    changed: false,
    msg: `did not run since ${folder}/*.mjs exists`,
  })
  expect(await run(zx, { path, removes: `${folder}/gone` }, options)).toMatchObject({ changed: false })
  await expect(run(zx, { path, creates: `${folder}/gone` }, options)).rejects.toThrow('it ran')
})

it('is skipped in check mode unless it says that it only checks', async () => {
  const path = script('acts.mjs', "export default () => { throw new Error('it ran') }")
  expect(await run(zx, { path }, { ...options, checkMode: true })).toMatchObject({ skipped: true })
  const checks = script('checks.mjs', 'export const check = true\nexport default () => ({ changed: false, ok: 1 })')
  expect(await run(zx, { path: checks }, { ...options, checkMode: true })).toMatchObject({
    changed: false,
    fields: { ok: 1 },
  })
})
