import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { formatError } from '../../src/base/errors.ts'
import { positionAt, type Source } from '../../src/base/position.ts'
import { type PlainValue, Template, type Value } from '../../src/base/value.ts'
import { collectArguments, parseArguments, validateArguments } from '../../src/modules/arguments.ts'
import { defineAction } from '../../src/modules/contract.ts'
import { mode } from '../../src/modules/shared/mode-param.ts'
import { bool, integer, list, path, text } from '../../src/modules/shared/params.ts'
import type { Placed } from '../../src/playbook/types.ts'

const sail = defineAction({
  kind: 'action',
  summary: 'Sails.',
  examples: [],
  params: z.strictObject({
    path,
    mode: mode.optional(),
    force: bool.default(true),
    count: integer.optional(),
    groups: list(text).optional(),
    state: z.enum(['present', 'absent']).default('present'),
    line: text.optional(),
    password: text.optional(),
  }),
  aliases: { dest: 'path' },
  freeForm: 'line',
  sensitive: ['password'],
  act: async () => ({ changed: false }),
})

const source: Source = { path: 'site.yml', text: '- sail:\n    path: /x\n    mode: 644\n    mode: 0644\n' }
const at = (needle: string): ReturnType<typeof positionAt> => positionAt(source, source.text.indexOf(needle))
const placed = (value: Value, needle = '/x'): Placed<Value> => ({ value, position: at(needle) })
const check = (args: Record<string, Value>): string[] =>
  validateArguments(
    'sail',
    sail,
    Object.fromEntries(Object.entries(args).map(([key, value]) => [key, placed(value)])),
  ).map((error) => [`${error.code}: ${error.message}`, ...error.hints].join(' | '))
const parse = (values: Record<string, PlainValue>): unknown => parseArguments('sail', sail, values)
const failure = (values: Record<string, PlainValue>): string => {
  try {
    parse(values)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the arguments were accepted')
}

describe('arguments before the run', () => {
  it('names an unknown parameter and the nearest one', () => {
    expect(check({ path: '/x', stat: 'present' })).toEqual([
      'module/unknown-parameter: sail has no parameter "stat" | did you mean "state"?',
    ])
    expect(check({ path: '/x', destt: new Template('{{ a }}', at('/x')) })).toEqual([
      'module/unknown-parameter: sail has no parameter "destt" | did you mean "dest"?',
    ])
  })

  it('names what is missing', () => {
    expect(check({})).toEqual(['module/missing-parameter: sail needs "path"'])
    expect(validateArguments('sail', sail, {}, { incomplete: true })).toEqual([])
  })

  it('checks plain values and leaves templates to the run', () => {
    expect(check({ path: '/x', state: 'presnt', force: 'maybe', count: new Template('{{ n }}', at('/x')) })).toEqual([
      'module/bad-parameter: "force" of sail must be true or false, not "maybe"',
      'module/bad-parameter: "state" of sail must be one of present, absent, not "presnt" | did you mean "present"?',
    ])
  })

  it('knows aliases, and refuses both names at once', () => {
    expect(check({ dest: '/x' })).toEqual([])
    expect(check({ dest: '/x', path: '/y' })).toEqual([
      'module/duplicate-parameter: "dest" and "path" of sail are the same parameter | leave one of them out',
    ])
  })

  it('tells the decimal 644 from the octal 0644 by the text of the file', () => {
    const [error] = validateArguments('sail', sail, { path: placed('/x'), mode: placed(644, '644') })
    expect(error && formatError(error).split('\n')).toEqual([
      'error[module/bad-parameter]: "mode" of sail is the decimal number 644, not a file mode',
      '  --> site.yml:3:11',
      '  2 |     path: /x',
      '> 3 |     mode: 644',
      '    |           ^',
      '  4 |     mode: 0644',
      '  hint: write it in quotes: "0644"',
    ])
    expect(validateArguments('sail', sail, { path: placed('/x'), mode: placed(420, '0644') })).toEqual([])
  })
})

describe('arguments at run time', () => {
  it.each<[string, PlainValue, unknown]>([
    ['force', 'no', false],
    ['force', 'On', true],
    ['force', 1, true],
    ['count', '12', 12],
    ['groups', 'a, b', ['a', 'b']],
    ['groups', 'a', ['a']],
    ['groups', [1, 'b'], ['1', 'b']],
    ['line', 5, '5'],
    ['line', true, 'True'],
    ['mode', '644', '0644'],
    ['mode', 420, '0644'],
    ['mode', 0o1777, '1777'],
    ['mode', 'u=rwX,g-w', 'u=rwX,g-w'],
    ['mode', null, undefined],
  ])('takes %s: %j as %j', (key, value, expected) => {
    expect((parse({ path: '/x', [key]: value }) as Record<string, unknown>)[key]).toEqual(expected)
  })

  it.each<[string, PlainValue, string]>([
    ['count', '1.5', '"count" of sail must be a whole number, not "1.5"'],
    ['line', ['a'], '"line" of sail must be text, not a list'],
    ['mode', 755, '"mode" of sail must be a file mode such as "0640" (in quotes) or "u=rw,g=r", not 755'],
    ['mode', 'u+q', '"mode" of sail must be a file mode such as "0640" (in quotes) or "u=rw,g=r", not "u+q"'],
    ['groups', [['a']], '"groups[0]" of sail must be text, not a list'],
    ['password', ['secret'], '"password" of sail must be text'],
    ['path', 'a\0b', '"path" of sail must be a path, not "a\\u0000b"'],
  ])('refuses %s: %j', (key, value, message) => {
    expect(failure({ path: '/x', [key]: value })).toBe(message)
  })
})

describe('free form', () => {
  const collect = (value: Value): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(collectArguments('sail', sail, { freeForm: placed(value), values: {} })).map(
        ([key, { value }]) => [key, value instanceof Template ? `template ${value.text}` : value],
      ),
    )

  it('becomes the parameter that takes it, without the parameters inside', () => {
    expect(collect('north a=b "path=/no" state=absent  -x')).toEqual({
      line: 'north a=b "path=/no" -x',
      state: 'absent',
    })
    expect(collect('north dest="/a b"')).toEqual({ line: 'north', dest: '/a b' })
    expect(collect('keeps  its   spaces')).toEqual({ line: 'keeps  its   spaces' })
  })

  it('is taken apart before templates are evaluated', () => {
    expect(collect(new Template('go {{ a ~ " path=/b" }} path={{ c }}', at('/x')))).toEqual({
      line: 'template go {{ a ~ " path=/b" }}',
      path: 'template {{ c }}',
    })
  })

  it('is refused by a module that has named parameters only', () => {
    const { freeForm: _, ...named } = sail
    expect(() => collectArguments('sail', named, { freeForm: placed('x'), values: {} })).toThrow(
      'sail takes named parameters, not a text',
    )
  })
})
