import { LifeboatError } from '../../base/errors.ts'

export type Method = 'zstd' | 'lz4' | 'gzip' | 'none'

/** What a user asked for, in pg_basebackup's own words. */
export interface AskedCompression {
  /** `auto` chooses the fastest that both the server and the host have. */
  readonly method: Method | 'auto'
  readonly where: 'server' | 'client' | undefined
  readonly level: number | undefined
  readonly workers: number | undefined
}

const LEVELS = { zstd: [-7, 22], lz4: [1, 12], gzip: [1, 9] } as const

/**
 * Reads a compression as `pg_basebackup --compress` writes it: `auto`, `none`, or `[server-|client-]METHOD[:LEVEL]`,
 * where more than a level follows as `level=3,workers=4`.
 *
 * @throws backup/bad-compression
 */
export const parseCompression = (text: string): AskedCompression => {
  const match = /^(?:(server|client)-)?(zstd|lz4|gzip|none)(?::(.+))?$/.exec(text)
  if (text === 'auto') return { method: 'auto', where: undefined, level: undefined, workers: undefined }
  if (!match) throw bad(text, 'it is none of auto, zstd, lz4, gzip, none')
  const method = match[2] as Method
  const details = detailsOf(text, match[3] ?? '')
  if (method === 'none') {
    if (match[1] || match[3]) throw bad(text, 'none takes neither place nor level')
  } else if (details.level !== undefined) {
    const [lowest, highest] = LEVELS[method]
    if (details.level < lowest || details.level > highest) {
      throw bad(text, `levels of ${method} go from ${lowest} to ${highest}`)
    }
  }
  if (details.workers !== undefined && method !== 'zstd') throw bad(text, `only zstd has workers`)
  return { method, where: match[1] as AskedCompression['where'], level: details.level, workers: details.workers }
}

const detailsOf = (text: string, details: string): { level: number | undefined; workers: number | undefined } => {
  const found: Record<string, number> = {}
  for (const part of details === '' ? [] : details.split(',')) {
    const match = /^(?:(level|workers)=)?(-?\d+)$/.exec(part)
    if (!match) throw bad(text, `"${part}" is neither a level nor workers=NUMBER`)
    found[match[1] ?? 'level'] = Number(match[2])
  }
  return { level: found.level, workers: found.workers }
}

const bad = (text: string, why: string): LifeboatError =>
  new LifeboatError('backup/bad-compression', `"${text}" is not a compression: ${why}`, {
    hints: ['write auto, zstd:3, lz4, gzip:5, none, or where it happens too: server-zstd:level=1,workers=4'],
  })
