/** How a check came out, the worst last. */
export type Verdict = 'pass' | 'warn' | 'fail'

/** One thing that was looked at. */
export interface Check {
  readonly name: string
  readonly verdict: Verdict
  /** What was found, in one sentence; where several things are wrong, separated by semicolons. */
  readonly message: string
  /** What to do about it. */
  readonly hints: readonly string[]
}

/** Limits: from `warn` on a warning, from `fail` on a failure. Undefined: never. */
export interface Limits {
  readonly warn: number | undefined
  readonly fail: number | undefined
}

const ORDER: readonly Verdict[] = ['pass', 'warn', 'fail']

export const worst = (verdicts: readonly Verdict[]): Verdict =>
  ORDER.findLast((verdict) => verdicts.includes(verdict)) ?? 'pass'

/** Judges a value of which more is worse. */
export const judgeHigh = (value: number, { warn, fail }: Limits): Verdict =>
  fail !== undefined && value > fail ? 'fail' : warn !== undefined && value > warn ? 'warn' : 'pass'

/** Judges a value of which less is worse. */
export const judgeLow = (value: number, { warn, fail }: Limits): Verdict =>
  fail !== undefined && value < fail ? 'fail' : warn !== undefined && value < warn ? 'warn' : 'pass'

/** Something that a check found. */
export interface Finding {
  readonly verdict: Verdict
  readonly words: string
  readonly hint?: string | undefined
}

/** A check of what was found: the worst counts and is told first; `good` is told where nothing is wrong. */
export const checkOf = (name: string, findings: readonly Finding[], good: string): Check => {
  const wrong = findings
    .filter(({ verdict }) => verdict !== 'pass')
    .sort((a, b) => ORDER.indexOf(b.verdict) - ORDER.indexOf(a.verdict))
  return {
    name,
    verdict: worst(wrong.map(({ verdict }) => verdict)),
    message: wrong.length === 0 ? good : wrong.map(({ words }) => words).join('; '),
    hints: [...new Set(wrong.flatMap(({ hint }) => hint ?? []))],
  }
}
