import { describe, expect, it } from 'vitest'
import { formatError, LifeboatError } from '../../../src/base/errors.ts'
import type { Template, Variables } from '../../../src/base/value.ts'
import { checkTemplate, scopeOf, Templar } from '../../../src/text/template/index.ts'
import { parseYaml } from '../../../src/text/yaml/parse.ts'
import { toValue } from '../../../src/text/yaml/value.ts'

const load = (text: string): Variables => toValue(parseYaml({ path: 'site.yml', text }) as never) as Variables

/** The error, as a person reads it, of evaluating the variable `it` of a YAML text. */
const failure = (text: string): string => {
  const variables = load(text)
  try {
    new Templar(scopeOf(variables)).evaluate(variables.it as never)
  } catch (error) {
    if (error instanceof LifeboatError) return formatError(error)
    throw error
  }
  throw new Error('no error was thrown')
}

const frame = (...lines: string[]): string => lines.join('\n')

describe('an undefined variable', () => {
  it('is shown in the file, with the nearest name', () => {
    expect(failure('wal_dir: /wal\nit: "{{ wal_dri }}/x"\n')).toBe(
      frame(
        'error[template/undefined-variable]: "wal_dri" is not defined',
        '  --> site.yml:2:9',
        '  1 | wal_dir: /wal',
        '> 2 | it: "{{ wal_dri }}/x"',
        '    |         ^^^^^^^',
        '  hint: did you mean "wal_dir"?',
      ),
    )
  })

  it('is named by its path where a key is missing', () => {
    expect(failure('pg: {port: 5432}\nit: "{{ pg.prot }}"\n')).toBe(
      frame(
        'error[template/undefined-variable]: "pg" has no key \'prot\'',
        '  --> site.yml:2:9',
        '  1 | pg: {port: 5432}',
        '> 2 | it: "{{ pg.prot }}"',
        '    |         ^^^^^^^',
        '  hint: did you mean "port"?',
      ),
    )
  })

  it('is shown where it is missing, with the variable that needs it', () => {
    expect(failure('base: "{{ nowhere }}"\nit: "{{ base }}/x"\n')).toBe(
      frame(
        'error[template/undefined-variable]: "nowhere" is not defined',
        '  --> site.yml:1:11',
        '> 1 | base: "{{ nowhere }}"',
        '    |           ^^^^^^^',
        '  2 | it: "{{ base }}/x"',
        '  hint: the variable "base" needs it',
      ),
    )
  })
})

describe('a place inside a YAML text', () => {
  const placeOf = (text: string): string | undefined => /--> (.*)/.exec(failure(text))?.[1]

  it.each([
    ['plain', 'it: a {{ xx }}\n', '1:10'],
    ['double quotes', 'it: "a {{ xx }}"\n', '1:11'],
    ['double quotes behind escapes', 'it: "a\\tb\\u0041 {{ xx }}"\n', '1:20'],
    ['single quotes behind a doubled one', "it: 'it''s {{ xx }}'\n", '1:15'],
    ['literal block', 'it: |\n  one\n    two {{ xx }}\n', '3:12'],
    ['literal block behind an empty line', 'it: |\n\n  one\n\n  {{ xx }}\n', '5:6'],
    ['literal block with an indicator', 'it: |2-\n    {{ xx }}\n', '2:8'],
    ['folded block', 'it: >-\n  one\n  two\n  {{ xx }}\n', '4:6'],
    ['folded over several lines', 'it: "one\n  two\n  {{ xx }}"\n', '3:6'],
    ['plain over several lines', 'it: one\n  two {{ xx }}\n', '2:10'],
    ['expression over several lines', 'it: "{{ 1 +\n  xx }}"\n', '2:3'],
    ['in a list in a mapping', 'it:\n  - a: ["{{ xx }}"]\n', '2:13'],
    ['behind letters of two units', 'it: "💥 {{ xx }}"\n', '1:12'],
  ])('is found: %s', (_, text, place) => {
    expect(placeOf(text)).toBe(`site.yml:${place}`)
  })
})

describe('other errors', () => {
  it.each([
    ['"{{ 1 | deflaut(2) }}"', 'template/unknown-filter', 'there is no filter "deflaut"', 'did you mean "default"?'],
    ['"{{ 1 is definedd }}"', 'template/unknown-test', 'there is no test "definedd"', 'did you mean "defined"?'],
    ['"{{ lookup(\'fil\', 1) }}"', 'template/unknown-lookup', 'there is no lookup "fil"', 'did you mean "file"?'],
    ['"{{ lokup(1) }}"', 'template/unknown-function', 'there is no function "lokup"', 'did you mean "lookup"?'],
    ['"{{ \'a\'.uper() }}"', 'template/unknown-function', 'a text has no method "uper"', 'did you mean "upper"?'],
    ['"{{ 1 + }}"', 'template/syntax', 'a value expected, found "}}"', undefined],
    ['"{{ [1, 2 }}"', 'template/syntax', '"}" where "]" should close "["', undefined],
    [
      '"{% if 1 %}a"',
      'template/syntax',
      '"elif" or "else" or "endif" is missing for the block that begins here',
      undefined,
    ],
    ['"{% fro x in y %}"', 'template/syntax', 'unknown block "fro"', 'did you mean "for"?'],
    [
      '"{{ \'a\' + 1 }}"',
      'template/bad-value',
      '+ does not work on a text and a number',
      'join texts and other values with ~',
    ],
    ['"{{ 1 / 0 }}"', 'template/bad-value', 'division by zero', undefined],
    [
      "\"{{ 'a(' | regex_search('a(') }}\"",
      'template/bad-regex',
      expect.stringContaining('"a(" is not a regular expression'),
      undefined,
    ],
    ['"{{ [] | join(nope=1) }}"', 'template/bad-arguments', 'the filter "join" has no argument "nope"', undefined],
  ])('%s', (written, code, message, hint) => {
    const value = load(`it: ${written}\n`).it as Template
    const error = (() => {
      try {
        new Templar(scopeOf({})).evaluate(value)
      } catch (caught) {
        return caught as LifeboatError
      }
      throw new Error('no error was thrown')
    })()
    expect(error).toMatchObject({ code, message })
    expect(error.hints[0]).toBe(hint)
    expect(error.where?.line).toBe(1)
  })

  it('are found before the run where they need no values', () => {
    const check = (text: string) => () => checkTemplate(load(`it: "${text}"`).it as Template)
    expect(check('{{ missing.x | default(1) }}')).not.toThrow()
    expect(check("{{ x | map('basenme') | list }}")).toThrow('there is no filter "basenme"')
    expect(check("{{ x | selectattr('a', 'equalt', 1) }}")).toThrow('there is no test "equalt"')
    expect(check("{{ query('nestd', x) }}")).toThrow('there is no lookup "nestd"')
    expect(check('{% if false %}{{ x | nope }}{% endif %}')).toThrow('there is no filter "nope"')
  })
})

describe('a condition', () => {
  it('is named when it cannot be decided', () => {
    const source = { path: 'play.yml', text: 'when: rcc == 0' }
    const templar = new Templar(scopeOf({ rc: 0 }))
    const decide = () => templar.condition({ text: 'rcc == 0', position: { source, line: 1, column: 7 } })
    expect(decide).toThrow('the condition "rcc == 0" cannot be decided: "rcc" is not defined')
  })
})
