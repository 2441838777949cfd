import { expect, it } from 'vitest'
import { namesIn } from '../../../src/modules/shared/names-in-expression.ts'
import { splitWords } from '../../../src/modules/shared/words.ts'

// The answers are those of Python's shlex.split.
it.each<[string, string[] | undefined]>([
  ['a b  c', ['a', 'b', 'c']],
  [`'a b' "c d"e`, ['a b', 'c de']],
  [`a\\ b "x\\"y\\z"`, ['a b', 'x"y\\z']],
  [`'' ""`, ['', '']],
  [`'it'\\''s'`, ["it's"]],
  ['a # b', ['a', '#', 'b']],
  ['  ', []],
  [`'open`, undefined],
  ['end\\', undefined],
])('splits %j', (line, words) => {
  expect(splitWords(line)).toEqual(words)
})

it.each<[string, string[]]>([
  ['a.b == 1 and c is defined', ['a.b', 'c']],
  [`x['k'].n | default(y) in [1, 2]`, [`x['k'].n`, 'y']],
  [`name.startswith('pg') or not done`, ['name', 'done']],
  ['lst | map(attribute="size") | sum > 1.5e3', ['lst']],
  [`"not a name" == b`, ['b']],
  ['v is version("13", operator=">=")', ['v']],
])('finds the names in %j', (expression, names) => {
  expect(namesIn(expression)).toEqual(names)
})
