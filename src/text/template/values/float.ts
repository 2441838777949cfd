/** A float without a fraction, which prints as `2.0` and so must be told from the integer 2. */
export class Float {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
}

/** A number as a float: the wrapper only where a bare number would pass for an integer. */
export const float = (value: number): number | Float => (Number.isInteger(value) ? new Float(value) : value)

export const isFloat = (value: unknown): value is number | Float =>
  value instanceof Float || (typeof value === 'number' && !Number.isInteger(value))

export const isInteger = (value: unknown): value is number | bigint =>
  typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))

export const isNumber = (value: unknown): value is number | bigint | Float =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof Float

/** The number behind an integer, float or (as Python counts them) boolean. */
export const numberOf = (value: number | bigint | boolean | Float): number =>
  value instanceof Float ? value.value : Number(value)

/** An integer as a number where that is exact, else as a bigint. */
export const integer = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
