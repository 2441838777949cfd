/** Space of a file system, in bytes. */
export interface Space {
  readonly total: number
  readonly free: number
}

/** sh: prints `space` and the last line of `df` for a folder. */
export const SPACE_FUNCTION = `space_of() { printf 'space %s\\n' "$(df -P -k "$1" | tail -n 1)"; }
`

/** Reads what `space_of` printed. The name of a device may hold spaces, so it is read from its end. */
export const parseSpace = (line: string): Space => {
  const [, total, , free] = /(\d+)\s+(\d+)\s+(-?\d+)\s+\d+%\s/.exec(line) ?? []
  return { total: Number(total ?? 0) * 1024, free: Math.max(0, Number(free ?? 0)) * 1024 }
}
