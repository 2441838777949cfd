import { z } from 'zod'

/** What the documentation calls the type of a parameter; pieces are registered, wrappers inherit it. */
export const parameterTypes = z.registry<{ type: string }>()

const TRUE = new Set(['y', 'yes', 'on', '1', 'true', 't'])
const FALSE = new Set(['n', 'no', 'off', '0', 'false', 'f'])

/** True and false, and Ansible's words for them: `yes`, `no`, `on`, `off`, `1`, `0`, any case. */
export const bool = z
  .union([z.boolean(), z.string(), z.number()], { error: 'must be true or false' })
  .transform((value, ctx): boolean => {
    if (typeof value === 'boolean') return value
    const word = String(value).trim().toLowerCase()
    if (TRUE.has(word)) return true
    if (FALSE.has(word)) return false
    ctx.addIssue('must be true or false')
    return z.NEVER
  })
  .register(parameterTypes, { type: 'bool' })

/** A whole number, or its digits as text. */
export const integer = z
  .union([z.number(), z.string()], { error: 'must be a whole number' })
  .transform((value, ctx): number => {
    const number = typeof value === 'number' ? value : /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : Number.NaN
    if (Number.isSafeInteger(number)) return number
    ctx.addIssue('must be a whole number')
    return z.NEVER
  })
  .register(parameterTypes, { type: 'int' })

/** A whole number within bounds. */
export const integerFrom = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  integer
    .refine(
      (value) => value >= least && value <= most,
      most === Number.MAX_SAFE_INTEGER ? `must be at least ${least}` : `must be ${least} to ${most}`,
    )
    .register(parameterTypes, { type: 'int' })

/** A number of any kind, or its digits as text. */
export const number = z
  .union([z.number(), z.string()], { error: 'must be a number' })
  .transform((value, ctx): number => {
    const result = typeof value === 'number' ? value : value.trim() === '' ? Number.NaN : Number(value)
    if (Number.isFinite(result)) return result
    ctx.addIssue('must be a number')
    return z.NEVER
  })
  .register(parameterTypes, { type: 'float' })

/** Text. Numbers become their digits; a boolean becomes `True` or `False`, as in Ansible. */
export const text = z
  .union([z.string(), z.number(), z.boolean()], { error: 'must be text' })
  .transform((value): string => (typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value)))
  .register(parameterTypes, { type: 'str' })

/** A path on the host: `~`, `~user` and `$VARIABLE` at its beginning or inside are expanded there. */
export const path = z
  .union([z.string(), z.number()], { error: 'must be a path' })
  .transform((value, ctx): string => {
    const result = String(value)
    if (result.includes('\0')) {
      ctx.addIssue('must be a path')
      return z.NEVER
    }
    return result
  })
  .register(parameterTypes, { type: 'path' })

/** Whatever YAML can say, as it is. */
export const anything = z.any().register(parameterTypes, { type: 'raw' })

/** A list; text is split at commas, and a single number or boolean is a list of one. */
export const list = <T extends z.ZodType>(item: T) =>
  z
    .union([z.array(z.any()), z.string(), z.number(), z.boolean()], { error: 'must be a list' })
    .transform((value): unknown[] => {
      if (Array.isArray(value)) return value
      if (typeof value !== 'string') return [value]
      return value.trim() === '' ? [] : value.split(',').map((part) => part.trim())
    })
    .pipe(z.array(item))
    .register(parameterTypes, { type: 'list' })

/** Names and values; a value is what YAML can say. */
export const mapping = z
  .record(z.string(), z.any(), { error: 'must be a mapping of names to values' })
  .register(parameterTypes, { type: 'dict' })

/** A user or group: its name or its number. */
export const account = z
  .union([z.string().min(1), z.number().int().nonnegative()], { error: 'must be a name or a number' })
  .transform(String)
  .register(parameterTypes, { type: 'str' })
