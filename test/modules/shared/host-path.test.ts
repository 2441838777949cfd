import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sh } from '../../../src/base/quote.ts'
import { hostGlob, hostPath } from '../../../src/modules/shared/host-path.ts'
import { context } from '../harness.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lb-path-')))
for (const name of ['a.x', 'b.x', "it's.y"]) writeFileSync(join(folder, name), '')
const { run } = context({ environment: { HOME: '/home of/me', NAME: 'a b', EMPTY: '' } })

it.each([
  ['~', '/home of/me'],
  ['~/', '/home of/me/'],
  ['~/a b', '/home of/me/a b'],
  ["~root/it's", "/root/it's"],
  ['a~/b', 'a~/b'],
  ['/x/$NAME/y', '/x/a b/y'],
  ['/x/${NAME}y', '/x/a by'],
  ['$EMPTY/x', '/x'],
  ['$NOT_SET/x', '$NOT_SET/x'],
  ['`id` $(id) * \\ "', '`id` $(id) * \\ "'],
  ['', ''],
])('expands %j', async (text, expected) => {
  expect((await run(sh`printf '[%s]' ${hostPath(text)}`.text)).stdout).toBe(`[${expected}]`)
  expect((await run(sh`path=${hostPath(text)}; printf '[%s]' "$path"`.text)).stdout).toBe(`[${expected}]`)
})

it.each([
  [`${folder}/*.x`, 'a.x b.x'],
  [`${folder}/?.x`, 'a.x b.x'],
  [`${folder}/[!b].x`, 'a.x'],
  [`${folder}/[^b].x`, 'a.x'],
  [`${folder}/it's.*`, "it's.y"],
])('matches %s', async (pattern, expected) => {
  const { stdout } = await run(sh`for path in ${hostGlob(pattern)}; do printf '%s ' "\${path##*/}"; done`.text)
  expect(stdout.trim()).toBe(expected)
})
