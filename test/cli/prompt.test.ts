import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { quote } from '../../src/base/quote.ts'

const prompt = fileURLToPath(new URL('../../src/cli/prompt.ts', import.meta.url))

/** Asks twice on a terminal of its own and types these texts, each when its question is there; gives what is shown. */
const ask = async (...typed: readonly string[]): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-prompt-'))
  try {
    const program = `import { askPassword } from ${JSON.stringify(prompt)}
const answers = [await askPassword('First'), await askPassword('Second')]
console.log('answers ' + JSON.stringify(answers))
`
    writeFileSync(join(folder, 'ask.mts'), program)
    const command = [process.execPath, '--import', import.meta.resolve('tsx'), join(folder, 'ask.mts')].map(quote)
    const child = spawn('script', ['-qec', command.join(' '), '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const left = [...typed]
    let shown = ''
    let questions = 0
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text
      const asked = shown.match(/(First|Second): /g)?.length ?? 0
      for (; questions < asked; questions++) child.stdin.write(left.shift() ?? '')
    })
    await once(child, 'close')
    return shown
  } finally {
    rmSync(folder, { recursive: true })
  }
}

// A terminal is made by script(1) of util-linux.
test.skipIf(process.platform !== 'linux')('passwords are asked one after the other, and not shown', async () => {
  const shown = await ask('hunter2\r', '数据 wrong\u0015x\u007f\u007f数据\r')
  expect(shown).toContain('answers ["hunter2","数据"]')
  expect(shown.replace(/answers.*/, '')).not.toMatch(/hunter2|数据/)
  expect(await ask('one\u0003')).toContain('interrupted')
})
