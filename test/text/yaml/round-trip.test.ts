import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LifeboatError } from '../../../src/base/errors.ts'
import type { PlainValue } from '../../../src/base/value.ts'
import type { YamlNode } from '../../../src/text/yaml/node.ts'
import { parseYaml } from '../../../src/text/yaml/parse.ts'
import { toYaml } from '../../../src/text/yaml/stringify.ts'

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[-\w:#'"{}[\],&*!|>%@` \n.~=?]{0,12}$/),
)
const leaf = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.double({ noNaN: true }))
const { value } = fc.letrec<{ value: PlainValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf as fc.Arbitrary<PlainValue>,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }) as fc.Arbitrary<PlainValue>,
  ),
}))

const plain = (node: YamlNode | undefined): unknown => {
  if (node === undefined) return null
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'sequence') return node.items.map(plain)
  return Object.fromEntries(node.entries.map((entry) => [entry.key, plain(entry.value)]))
}

describe('toYaml', () => {
  it('writes what parseYaml reads back as the same value', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(2, 4), (given, indent) => {
        const written = toYaml(given, { indent })
        expect(plain(parseYaml({ path: 'written', text: written }))).toEqual(given === undefined ? null : given)
      }),
      { numRuns: 500 },
    )
  })
})

describe('parseYaml', () => {
  it('gives a value or an error with a place for any text', () => {
    fc.assert(
      fc.property(text, (given) => {
        try {
          parseYaml({ path: 'any', text: given })
        } catch (error) {
          if (!(error instanceof LifeboatError)) throw error
          expect(error.where).toBeDefined()
        }
      }),
      { numRuns: 500 },
    )
  })
})
