import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameScanner } from '../../../src/host/session/frame-scanner.ts'

const scan = (chunks: readonly Buffer[], marker = 'MARK'): { output: string; frames: string[] } => {
  let output = ''
  const frames: string[] = []
  const scanner = new FrameScanner(
    marker,
    (chunk) => {
      output += chunk.toString('latin1')
    },
    (text) => frames.push(text),
  )
  for (const chunk of chunks) scanner.push(chunk)
  return { output, frames }
}

describe('FrameScanner', () => {
  it('cuts frames out of output without newlines', () => {
    expect(scan([Buffer.from('oneMARKe 0 0\ntwoMARKr 12\n')])).toEqual({ output: 'onetwo', frames: ['e 0 0', 'r 12'] })
  })

  it('passes output on that only began like a marker', () => {
    expect(scan([Buffer.from('MAR'), Buffer.from('x')])).toEqual({ output: 'MARx', frames: [] })
    expect(scan([Buffer.from('MMARK a\n')])).toEqual({ output: 'M', frames: [' a'] })
  })

  it('passes output on at once, but for the beginning of a marker', () => {
    expect(scan([Buffer.from('text')]).output).toBe('text')
    expect(scan([Buffer.from('textMA')]).output).toBe('text')
  })

  it('finds the same however the stream is cut', () => {
    const part = fc.oneof(
      fc.constantFrom('MARKe 1\n', 'M', 'MA', 'MAR', '\n', 'K'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    )
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(40)), (parts, cuts) => {
        const whole = Buffer.from(parts.join(''), 'latin1')
        const chunks: Buffer[] = []
        let at = 0
        for (const cut of cuts) {
          chunks.push(whole.subarray(at, at + cut))
          at += cut
        }
        chunks.push(whole.subarray(at))
        expect(scan(chunks)).toEqual(scan([whole]))
      }),
    )
  })
})
