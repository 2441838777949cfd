import { isFloat } from '../values/float.ts'
import { Instance } from '../values/instance.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'

/** What Python calls the type of a value: `str`, `int`, `float`, `bool`, `list`, `dict`, … */
export const typeName = (value: RuntimeValue): string => {
  if (value === null) return 'NoneType'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'str'
  if (isFloat(value)) return 'float'
  if (typeof value === 'number' || typeof value === 'bigint') return 'int'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Tuple) return 'tuple'
  if (value instanceof Undefined) return 'undefined'
  return value instanceof Instance ? value.typeName : 'dict'
}

const WORDS: Readonly<Record<string, string>> = {
  NoneType: 'null',
  bool: 'a boolean',
  str: 'a text',
  float: 'a number',
  int: 'a number',
  list: 'a list',
  tuple: 'a tuple',
  undefined: 'undefined',
  dict: 'a mapping',
  function: 'a function',
}

/** The kind of a value for error messages: `a text`, `a list`, `a mapping`. */
export const kindOf = (value: RuntimeValue): string => WORDS[typeName(value)] ?? `a ${typeName(value)}`
