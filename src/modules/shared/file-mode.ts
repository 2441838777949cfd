const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o0007 }
const SHIFT: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 }
const PERMISSION: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111 }

export interface ModeBase {
  /** Permission bits the file has, or would be made with. */
  readonly mode: number
  readonly isDirectory: boolean
  /** The user's umask: it limits a symbolic mode that names nobody (`+w`). */
  readonly umask: number
}

/**
 * The permission bits that a mode gives a file: octal text as it is, a symbolic mode (`u=rwX,g-w`) applied in order to
 * the bits that the file has, by the rules of chmod(1).
 */
export const resolveMode = (wanted: string, base: ModeBase): number => {
  if (/^[0-7]+$/.test(wanted)) return Number.parseInt(wanted, 8)
  return wanted.split(',').reduce((mode, clause) => applyClause(clause, { ...base, mode }), base.mode)
}

/** Writes permission bits as four octal digits. */
export const formatMode = (bits: number): string => bits.toString(8).padStart(4, '0')

const applyClause = (clause: string, base: ModeBase): number => {
  const [, who = '', actions = ''] = /^([ugoa]*)(.*)$/.exec(clause) ?? []
  const everybody = who === '' || who.includes('a')
  const names = everybody ? ['u', 'g', 'o'] : [...new Set(who)]
  // The sticky bit belongs to nobody in particular: `+t`, `a+t` and, as in GNU, `o+t` set it.
  const reach = names.reduce((bits, name) => bits | (WHO[name] ?? 0), names.includes('o') ? 0o1000 : 0)
  const limit = who === '' ? ~base.umask : ~0
  let mode = base.mode
  for (const [, operator, permissions = ''] of actions.matchAll(/([-+=])([ugo]|[rwxXst]*)/g)) {
    const bits = permissionBits(permissions, { ...base, mode }, reach) & limit
    if (operator === '+') mode |= bits
    else if (operator === '-') mode &= ~bits
    // Of a directory, `=` leaves the set-id bits that it does not name.
    else mode = (mode & ~(reach & (base.isDirectory ? 0o1777 : 0o7777))) | bits
  }
  return mode
}

const permissionBits = (permissions: string, base: ModeBase, reach: number): number => {
  const from = SHIFT[permissions]
  if (from !== undefined) return (((base.mode >> from) & 7) * 0o111) & reach
  let bits = 0
  for (const letter of permissions) {
    if (letter === 'X') bits |= base.isDirectory || (base.mode & 0o111) !== 0 ? 0o111 & reach : 0
    else if (letter === 's') bits |= reach & 0o6000
    else if (letter === 't') bits |= reach & 0o1000
    else bits |= (PERMISSION[letter] ?? 0) & reach
  }
  return bits
}
