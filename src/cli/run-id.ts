import { randomBytes } from 'node:crypto'

/** Names a run by its time (UTC) and some random letters: `20261122T093000Z-3f9c`. */
export const newRunId = (now = new Date()): string => {
  const time = now
    .toISOString()
    .replace(/[-:]/g, '')
    .replace(/\.\d+Z$/, 'Z')
  return `${time}-${randomBytes(2).toString('hex')}`
}
