import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { behind, excerpt, type Output } from '../../src/host/output.ts'
import { Spool } from '../../src/host/session/spool.ts'

const spool = (...chunks: Buffer[]): Output => {
  const output = new Spool()
  for (const chunk of chunks) output.push(chunk)
  return output
}

describe('Spool', () => {
  it.each([0, 10, 2 * 1024 * 1024, 2 * 1024 * 1024 + 1, 9_000_000])('keeps %i bytes whole, in order', (size) => {
    const content = randomBytes(size)
    const chunks: Buffer[] = []
    for (let at = 0; at < size; at += 70_001) chunks.push(content.subarray(at, at + 70_001))
    const output = spool(...chunks)
    expect(output.size).toBe(size)
    expect(output.bytes().equals(content)).toBe(true)
    expect(output.bytes(3, 7).equals(content.subarray(3, 7))).toBe(true)
    expect(output.bytes(size - 5, size + 5).equals(content.subarray(size - 5))).toBe(true)
    if (size > 3) expect(behind(output, 3).bytes(1).equals(content.subarray(4))).toBe(true)
  })

  it('says where there is no place for it', () => {
    const before = process.env.TMPDIR
    process.env.TMPDIR = '/nowhere/at/all'
    try {
      const output = spool(Buffer.alloc(3_000_000), Buffer.alloc(10))
      expect(() => output.bytes()).toThrow(/^the output of a script cannot be kept in \/nowhere\/at\/all: ENOENT/)
    } finally {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    }
  })
})

describe('excerpt', () => {
  it('is all of it where that is not too much', () => {
    expect(excerpt(spool(Buffer.from('añb')), 4)).toEqual({ text: 'añb', leftOut: 0 })
    expect(excerpt(spool(Buffer.from([0x61, 0xff])), 4)).toEqual({ text: 'a\ufffd', leftOut: 0 })
  })

  it('cuts between lines', () => {
    expect(excerpt(spool(Buffer.from('one\ntwo\nthree\nfour\nfive\n')), 16)).toEqual({
      text: 'one\ntwo\n[… 11 bytes left out …]\nfive\n',
      leftOut: 11,
    })
  })

  it('cuts no character where there are no lines', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀') }),
        fc.integer({ min: 10, max: 60 }),
        (text, most) => {
          const bytes = Buffer.from(text)
          const cut = excerpt(spool(bytes), most)
          expect(cut.text).not.toContain('\ufffd')
          const [head = '', tail = ''] = cut.text.split(/\n\[… \d+ bytes left out …\]\n/)
          expect(text.startsWith(head)).toBe(true)
          expect(text.endsWith(tail)).toBe(true)
          expect(Buffer.byteLength(head) + Buffer.byteLength(tail) + cut.leftOut).toBe(bytes.length)
        },
      ),
    )
  })
})
