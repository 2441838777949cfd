import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printfFormat } from '../../../src/host/session/program.ts'

describe.each(['dash', 'busybox sh', 'bash'])('printfFormat in %s', (shell) => {
  const [command = '', ...words] = shell.split(' ')

  it('carries what looks like an option or a format', () => {
    for (const text of ['-n', '--', '-', '%s %d', "it's", '\\n', '']) {
      const output = execFileSync(command, [...words], { input: `printf ${printfFormat(Buffer.from(text))}\n` })
      expect(output.toString()).toBe(text)
    }
  })

  it('carries any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const content = Buffer.from(bytes)
        const output = execFileSync(command, [...words], { input: `printf ${printfFormat(content)}\n` })
        expect(output.equals(content)).toBe(true)
      }),
      { numRuns: 20 },
    )
  })
})
