import { LifeboatError } from '../base/errors.ts'

/** A position in the WAL: bytes since the beginning of the cluster, 64 bits (manual: pg_lsn type). */
export type Lsn = bigint

/**
 * Reads a position as PostgreSQL writes it: two hexadecimal halves of at most 8 digits, `0/3000028`.
 *
 * @throws postgres/bad-lsn
 */
export const parseLsn = (text: string): Lsn => {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text.trim())
  if (!match) {
    throw new LifeboatError('postgres/bad-lsn', `"${text}" is not a WAL position`, {
      hints: ['write it as PostgreSQL prints it: two hexadecimal numbers with a slash, 0/3000028'],
    })
  }
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`)
}

/** Writes a position as PostgreSQL does: `0/3000028`, capitals, no leading zeros. */
export const formatLsn = (lsn: Lsn): string =>
  `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase()

/** Orders positions: negative where `a` comes first. For `sort`; elsewhere `<` says it better. */
export const compareLsn = (a: Lsn, b: Lsn): number => (a < b ? -1 : a > b ? 1 : 0)
