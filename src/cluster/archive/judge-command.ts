/** What an archive_command of somebody else's does, as far as its text tells. */
export interface JudgedCommand {
  /** `nothing`: it succeeds without archiving; `paused`: it always fails; `archives`: whatever else. */
  readonly kind: 'nothing' | 'paused' | 'archives'
  /** The folder it writes to, where the text names one. */
  readonly folder: string | undefined
  /** A test for the file refuses one that is there already. */
  readonly refusesRepeated: boolean
  /** A plain cp, dd or redirection writes under the final name. */
  readonly writesInPlace: boolean
  /** It looks whether something is mounted. */
  readonly checksMount: boolean
}

/** Reads an archive_command; pure, from the text alone. */
export const judgeCommand = (command: string): JudgedCommand => {
  const text = command.trim()
  const words = text.replaceAll(/["']/g, '')
  return {
    kind: kindOf(words),
    folder: quotedTarget(text) ?? /(?:^|[\s=<>])(\/[^\s;&|<>]*?)\/?%f/.exec(words)?.[1] ?? copyTarget(words),
    refusesRepeated: /(?:test|\[)\s+!\s+-[ef]\b/.test(words) && !/\bcmp\b|\bdiff\b/.test(words),
    writesInPlace: /(?:^|[\s;&|/])(?:cp|dd|gzip|zstd|lz4|pigz|install)\s/.test(words) && !/\bmv\b|\bln\b/.test(words),
    checksMount: /mountpoint|findmnt|\/proc\/mounts|identity|-f \/\S*\.mounted/.test(words),
  }
}

const kindOf = (words: string): JudgedCommand['kind'] => {
  if (/^(\S*\/)?false$|^exit\s+[1-9]\d*$/.test(words)) return 'paused'
  return words.includes('%p') ? 'archives' : 'nothing'
}

const quotedTarget = (text: string): string | undefined =>
  /"(\/[^"]*?)\/%f/.exec(text)?.[1] ?? /'(\/[^']*?)\/%f/.exec(text)?.[1]

// cp %p /archive: the name comes from the source.
const copyTarget = (words: string): string | undefined => /%p\s+(\/[^\s;&|<>]+)/.exec(words)?.[1]?.replace(/\/$/, '')
