import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { cases, golden, ours, plainGolden } from './golden.ts'

type Outcome = { readonly value: unknown } | { readonly error: string }

interface Difference {
  readonly one: unknown
  readonly wanted: Outcome | undefined
  readonly given: Outcome
}

/** Cases in which ours differs from what ansible-core gave, with both; errors count alike whatever they say. */
const differences = <T>(
  all: readonly T[],
  expected: (one: T, index: number) => Outcome | undefined,
  run: (one: T) => Outcome,
) =>
  all.flatMap((one, index): Difference[] => {
    const wanted = expected(one, index)
    const given = run(one)
    const same =
      wanted !== undefined &&
      ('value' in wanted && 'value' in given
        ? isDeepStrictEqual(plainGolden(wanted.value), given.value)
        : 'error' in wanted && 'error' in given)
    return same ? [] : [{ one, wanted, given }]
  })

describe('what ansible-core 2.14 gives', () => {
  it('is what bare expressions give', () => {
    expect(differences(cases.expressions, (text) => golden.expressions[text], ours.expression)).toEqual([])
  })

  it('is what templates of playbooks give, with jinja2_native off', () => {
    expect(differences(cases.templates, (text) => golden.templates[text], ours.template)).toEqual([])
  })

  it('is how conditions are decided', () => {
    expect(differences(cases.conditions, (text) => golden.conditions[text], ours.condition)).toEqual([])
  })

  it('is what template files become', () => {
    expect(differences(cases.files, (_, index) => golden.files[index], ours.file)).toEqual([])
  })

  it('is what with_… loops over', () => {
    expect(differences(cases.loops, (_, index) => golden.loops[index], ours.loop)).toEqual([])
  })

  it('is an error only where a case is meant to be one: a broken case would match anything', () => {
    const count = (outcomes: Iterable<Outcome>) => [...outcomes].filter((one) => 'error' in one).length
    expect({
      expressions: count(Object.values(golden.expressions)),
      templates: count(Object.values(golden.templates)),
      conditions: count(Object.values(golden.conditions)),
      files: count(golden.files),
      loops: count(golden.loops),
    }).toEqual({ expressions: 8, templates: 5, conditions: 9, files: 22, loops: 0 })
  })
})
