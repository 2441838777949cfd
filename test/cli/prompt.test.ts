import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const hasScript = ((): boolean => {
  try {
    execFileSync('sh', ['-c', 'command -v script'])
    return process.platform === 'linux'
  } catch {
    return false
  }
})()

/** Answers questions on a terminal as they come; gives all that stood there in the end. */
const answer = (answers: Readonly<Record<string, string>>): Promise<string> =>
  new Promise((resolve) => {
    const program = `"${process.execPath}" --import tsx ${join(import.meta.dirname, 'ask-twice.ts')}`
    const terminal = spawn('script', ['-qfec', program, '/dev/null'])
    const left = new Map(Object.entries(answers))
    let shown = ''
    terminal.stdout.on('data', (chunk: Buffer) => {
      shown += chunk
      for (const [question, text] of left) {
        if (!shown.includes(question)) continue
        left.delete(question)
        terminal.stdin.write(text)
      }
    })
    terminal.on('close', () => resolve(shown))
  })

it.skipIf(!hasScript)('asks one question after the other, and shows no answer', async () => {
  const shown = await answer({ 'First: ': 'one x\u007f\r', 'Second: ': 'two\r' })
  expect(shown.replaceAll('\r', '')).toBe('First: \nSecond: \n[one ] [two]\n')
})

it.skipIf(!hasScript)('ends with Ctrl-C', async () => {
  const shown = await answer({ 'First: ': 'one\u0003' })
  expect(shown).not.toContain('one')
  expect(shown).toContain('interrupted')
})
