import type { Suite } from '../test/fleet/hosts/index.ts'

/** Reads a list with commas; nothing between two of them is no entry. */
export const readList = (text: string): readonly string[] => text.split(',').filter((word) => word !== '')

/** Reads a number of something. */
export const readCount = (flag: string, text: string, least = 1): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`${flag} is a whole number from ${least} on, not ${text}`)
}

/** Reads `--suite`. The packages that are compared are those of these releases. */
export const readSuite = (text: string): Suite => {
  if (text === 'bookworm' || text === 'trixie') return text
  throw new Error(`--suite is bookworm or trixie, not ${text}`)
}
