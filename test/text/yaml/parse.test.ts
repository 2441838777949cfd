import { describe, expect, it } from 'vitest'
import { formatError, LifeboatError } from '../../../src/base/errors.ts'
import { Template } from '../../../src/base/value.ts'
import type { MappingNode } from '../../../src/text/yaml/node.ts'
import { parseYaml, parseYamlDocuments } from '../../../src/text/yaml/parse.ts'
import { toValue } from '../../../src/text/yaml/value.ts'

const parse = (text: string) => parseYaml({ path: 'vars.yml', text })

const failure = (text: string, read: (text: string) => unknown = parse): string => {
  try {
    read(text)
  } catch (error) {
    if (error instanceof LifeboatError) return formatError(error)
    throw error
  }
  throw new Error('no error was thrown')
}

const lines = (...all: string[]): string => all.join('\n')

describe('parseYaml', () => {
  it('asks for quotes around a template', () => {
    expect(failure('a: 1\nb: {{ x }}/y\n')).toBe(
      lines(
        'error[yaml/unquoted-template]: a template must be in quotes, else YAML takes it for a mapping',
        '  --> vars.yml:2:4',
        '  1 | a: 1',
        '> 2 | b: {{ x }}/y',
        '    |    ^^^^^^^^^',
        '  hint: quote the template: "{{ x }}/y"',
      ),
    )
    expect(failure('b: {{ x["y"] }}\n')).toContain('hint: quote the template: \'{{ x["y"] }}\'')
    expect(failure('- {{ x }}\n')).toContain('vars.yml:1:3')
  })

  it('refuses a key that stands twice, and says where the first is', () => {
    expect(failure('a: 1\nb: 2\na: 3\n')).toBe(
      lines(
        'error[yaml/duplicate-key]: the key "a" stands twice in one mapping',
        '  --> vars.yml:3:1',
        '  2 | b: 2',
        '> 3 | a: 3',
        '    | ^',
        '  hint: the first stands at vars.yml:1:1; remove one of the two',
      ),
    )
  })

  it('says plainly what a tab is', () => {
    expect(failure('a:\n\tb: 1\n')).toContain('error[yaml/tab]: a tab stands where only spaces may\n  --> vars.yml:2:1')
  })

  it('refuses a second document, and tags and aliases that it does not know', () => {
    expect(failure('a: 1\n---\nb: 1\n')).toContain('[yaml/several-documents]')
    expect(failure('a: !vaul x\n')).toContain('unknown tag !vaul')
    expect(failure('a: !vaul x\n')).toContain('did you mean "!vault"?')
    expect(failure('a: *b\n')).toContain('the alias *b has no anchor before it')
    expect(failure('a: !!int x\n')).toContain('"x" is not of the type !!int')
    expect(failure('<<: 1\n')).toContain('the merge key << needs a mapping')
    expect(failure('? [a]\n: 1\n')).toContain('a key must be a text')
  })

  it('gives every key of a merged mapping once, its own value before those merged', () => {
    const node = parse('a: &x {p: 1, q: 2}\nb:\n  q: 3\n  <<: *x\n') as MappingNode
    const merged = node.entries[1]?.value as MappingNode
    expect(merged.entries.map((entry) => entry.key)).toEqual(['p', 'q'])
    expect(toValue(merged)).toEqual({ p: 1, q: 3 })
  })

  it('stops at aliases that expand without end', () => {
    const level = (n: number) => `l${n}: &l${n} [${Array.from({ length: 10 }, () => `*l${n - 1}`).join(', ')}]`
    const bomb = ['l0: &l0 [x, x, x]', ...Array.from({ length: 8 }, (_, n) => level(n + 1))].join('\n')
    expect(failure(bomb)).toContain('[yaml/too-many-aliases]: aliases expand to more than 100000 nodes')
  })

  it('reads nothing as nothing', () => {
    expect(parse('')).toBeUndefined()
    expect(parse('# only a comment\n---\n')).toBeUndefined()
    expect(parseYamlDocuments({ path: 'x', text: 'a: 1\n---\n---\nb: 2\n' })).toHaveLength(2)
  })

  it('knows what was written: text, quotes, place', () => {
    const node = parse('mode: 0644\ntext: "0644"\n') as MappingNode
    expect(node.entries.map((entry) => entry.value)).toMatchObject([
      { kind: 'scalar', value: 420, source: '0644', quoted: false, position: { line: 1, column: 7, length: 4 } },
      { kind: 'scalar', value: '0644', source: '0644', quoted: true, position: { line: 2, column: 8, length: 4 } },
    ])
  })
})

describe('toValue', () => {
  const value = (text: string, decrypt?: (text: string) => string) => toValue(parse(text) as never, { decrypt })

  it('makes a template of a text with template syntax, and never of !unsafe', () => {
    expect(value('a: "{{ x }}"\nb: {c: ["{% if x %}{% endif %}", plain]}\n')).toEqual({
      a: expect.any(Template),
      b: { c: [expect.any(Template), 'plain'] },
    })
    expect(value('a: !unsafe "{{ x }}"\n')).toEqual({ a: '{{ x }}' })
  })

  it('opens !vault texts, whose content is never a template', () => {
    const text = 'a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n'
    expect(value(text, (sealed) => `{{ opened }} ${sealed.split('\n')[1]}`)).toEqual({ a: '{{ opened }} 6162' })
    expect(failure(text, value)).toContain('error[vault/no-password]: this text is encrypted')
    expect(failure(text, value)).toContain('--> vars.yml:2:3')
  })

  it('keeps __proto__ an ordinary key', () => {
    expect(JSON.stringify(value('__proto__: {polluted: 1}\n'))).toBe('{"__proto__":{"polluted":1}}')
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})
