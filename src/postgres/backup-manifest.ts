import { createHash } from 'node:crypto'
import { LifeboatError } from '../base/errors.ts'
import { type Lsn, parseLsn } from './lsn.ts'

export interface ManifestFile {
  /** Relative to the data directory. Names that are not UTF-8 are decoded byte by byte (latin1). */
  readonly path: string
  readonly size: number
  readonly lastModified: string
  /** Absent where the backup was taken with `--manifest-checksums=NONE`. */
  readonly checksumAlgorithm: string | undefined
  readonly checksum: string | undefined
}

/** WAL that a restore needs at least, on one timeline. */
export interface WalRange {
  readonly timeline: number
  readonly start: Lsn
  /** The last record ends before this position. */
  readonly end: Lsn
}

export interface BackupManifest {
  readonly version: number
  /** From version 2 (PostgreSQL 17) on. */
  readonly systemIdentifier: string | undefined
  readonly files: readonly ManifestFile[]
  readonly walRanges: readonly WalRange[]
  /** Bytes of all files together. */
  readonly totalSize: number
}

/**
 * Reads a `backup_manifest` of version 1 or 2 (manual: Backup Manifest Format) and checks the checksum it carries of
 * itself.
 *
 * @throws postgres/bad-manifest
 */
export const parseBackupManifest = (text: string): BackupManifest => {
  checkOwnChecksum(text)
  const manifest = readJson(text)
  const version = manifest['PostgreSQL-Backup-Manifest-Version']
  if (version !== 1 && version !== 2) throw bad(`its version is ${String(version)}, not 1 or 2`)
  const files = list(manifest, 'Files').map(readFile)
  return {
    version,
    // A number of 64 bits: JSON.parse would round it.
    systemIdentifier: /"System-Identifier":\s*(\d+)/.exec(text.slice(0, 4096))?.[1],
    files,
    walRanges: list(manifest, 'WAL-Ranges').map((range) => ({
      timeline: Number(range.Timeline),
      start: parseLsn(String(range['Start-LSN'])),
      end: parseLsn(String(range['End-LSN'])),
    })),
    totalSize: files.reduce((sum, file) => sum + file.size, 0),
  }
}

type Fields = Readonly<Record<string, unknown>>

const bad = (what: string): LifeboatError => new LifeboatError('postgres/bad-manifest', `backup_manifest: ${what}`)

const readJson = (text: string): Fields => {
  try {
    return JSON.parse(text) as Fields
  } catch (cause) {
    throw new LifeboatError('postgres/bad-manifest', 'backup_manifest is not whole JSON', { cause })
  }
}

const list = (fields: Fields, key: string): readonly Fields[] => {
  const value = fields[key]
  if (!Array.isArray(value)) throw bad(`it has no list "${key}"`)
  return value as Fields[]
}

const readFile = (fields: Fields): ManifestFile => {
  const encoded = fields['Encoded-Path']
  const path = typeof encoded === 'string' ? Buffer.from(encoded, 'hex').toString('latin1') : fields.Path
  if (typeof path !== 'string' || typeof fields.Size !== 'number') throw bad('a file has no path or no size')
  return {
    path,
    size: fields.Size,
    lastModified: String(fields['Last-Modified'] ?? ''),
    checksumAlgorithm: optional(fields['Checksum-Algorithm']),
    checksum: optional(fields.Checksum),
  }
}

const optional = (value: unknown): string | undefined => (value === undefined ? undefined : String(value))

// SHA-256 over everything before the last line, which holds the checksum itself.
const checkOwnChecksum = (text: string): void => {
  const lastLine = text.trimEnd().lastIndexOf('\n') + 1
  const stated = /^"Manifest-Checksum": "([0-9a-f]{64})"\}$/.exec(text.slice(lastLine).trim())?.[1]
  if (stated === undefined) throw bad('it does not end in its checksum: it is not whole')
  const actual = createHash('sha256').update(text.slice(0, lastLine), 'utf8').digest('hex')
  if (actual !== stated) throw bad(`its checksum is ${actual}, it says ${stated}: it was changed or damaged`)
}
