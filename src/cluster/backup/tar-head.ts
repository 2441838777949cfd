/**
 * Reads the files at the beginning of a tar archive (POSIX ustar) out of its first bytes; the server writes
 * backup_label first and tablespace_map second.
 *
 * @returns content by name, of the files that are whole within these bytes
 */
export const readTarHead = (bytes: Buffer): ReadonlyMap<string, string> => {
  const files = new Map<string, string>()
  let at = 0
  while (at + 512 <= bytes.length) {
    const name = textOf(bytes.subarray(at, at + 100))
    const size = Number.parseInt(textOf(bytes.subarray(at + 124, at + 136)), 8)
    const end = at + 512 + size
    if (name === '' || !Number.isFinite(size) || end > bytes.length) break
    files.set(name, bytes.subarray(at + 512, end).toString())
    at += 512 + Math.ceil(size / 512) * 512
  }
  return files
}

const textOf = (field: Buffer): string => (field.toString('latin1').split('\0')[0] ?? '').trim()
