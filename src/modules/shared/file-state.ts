import { LifeboatError } from '../../base/errors.ts'
import { type Raw, raw, sh } from '../../base/quote.ts'

export type FileType = 'file' | 'directory' | 'link' | 'fifo' | 'socket' | 'char' | 'block'

export interface FileStat {
  readonly type: FileType
  /** Permission bits, set-id and sticky bits included. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Empty where the number has no name. */
  readonly owner: string
  readonly group: string
  /** Bytes. */
  readonly size: number
  readonly inode: number
  readonly device: number
  readonly links: number
  readonly blocks: number
  readonly blockSize: number
  readonly deviceType: number
  /** Seconds since 1970. */
  readonly accessed: number
  readonly modified: number
  readonly statusChanged: number
}

export interface FileState {
  /** As the host expanded it. */
  readonly path: string
  /** Undefined where there is nothing. */
  readonly stat: FileStat | undefined
  /** Where a link points, as it is written in it. */
  readonly target?: string
  /** SHA-1 of a plain file that could be read, where it was asked for. */
  readonly checksum?: string
}

/** For `stat -c`. */
export const STAT_FORMAT = '%f|%u|%g|%U|%G|%s|%i|%d|%h|%b|%o|%t:%T|%x|%y|%z'

/**
 * Shell functions: `look PATH` puts the fields of one path, the link itself and not what it points to; `look_through
 * PATH` follows links; `look_sum PATH` is `look` with the SHA-1 of a plain file. Needs `PUT`.
 */
export const LOOK = raw(`look() {
put path "$1"
if [ -L "$1" ]; then put target "$(readlink "$1")"; fi
if looked=$(TZ=UTC0 LC_ALL=C stat -c '${STAT_FORMAT}' "$1" 2>&1); then put stat "$looked"; else put absent "$looked"; fi
}
look_through() {
put path "$1"
if looked=$(TZ=UTC0 LC_ALL=C stat -L -c '${STAT_FORMAT}' "$1" 2>&1); then put stat "$looked"; else put absent "$looked"; fi
}
look_sum() {
look "$1"
sum=
if [ -f "$1" ] && [ ! -L "$1" ] && [ -r "$1" ]; then sum=$(sha1sum <"$1"); sum=\${sum%% *}; put sha1 "$sum"; fi
}`)

/** Assigns a path of the user's to a shell variable, expanded; one that begins with a dash cannot become an option. */
export const assignPath = (name: string, path: Raw): Raw =>
  sh`${raw(name)}=${path}
case $${raw(name)} in -*) ${raw(name)}=./$${raw(name)};; esac`

/**
 * Reads what the `look` functions put; a record begins with its path.
 *
 * @throws module/no-permission where the user may not look: that is not the same as nothing being there
 */
export const readFileStates = (pairs: readonly (readonly [string, string])[]): FileState[] => {
  const states: { -readonly [K in keyof FileState]: FileState[K] }[] = []
  for (const [key, value] of pairs) {
    const state = states.at(-1)
    if (key === 'path') states.push({ path: value, stat: undefined })
    else if (state === undefined) continue
    else if (key === 'stat') state.stat = readStat(value)
    else if (key === 'absent' && /permission denied/i.test(value)) throw denied(state.path)
    else if (key === 'target') state.target = value
    else if (key === 'sha1') state.checksum = value
  }
  return states
}

const denied = (path: string): LifeboatError =>
  new LifeboatError('module/no-permission', `${path} may not be looked at by the user of the task`, {
    hints: ['say `become: true`, with `become_user:` for another user than root'],
  })

/** The upper four bits of st_mode. */
const TYPES: ReadonlyMap<number, FileType> = new Map([
  [1, 'fifo'],
  [2, 'char'],
  [4, 'directory'],
  [6, 'block'],
  [8, 'file'],
  [10, 'link'],
  [12, 'socket'],
])

/** Reads the fields that `stat -c` of the look functions wrote. */
export const readStat = (line: string): FileStat => {
  const [
    bits = '',
    uid,
    gid,
    owner = '',
    group = '',
    size,
    inode,
    device,
    links,
    blocks,
    blockSize,
    special,
    ...times
  ] = line.split('|')
  const mode = Number.parseInt(bits, 16)
  const [accessed = '', modified = '', statusChanged = ''] = times
  return {
    type: TYPES.get(mode >> 12) ?? 'file',
    mode: mode & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
    owner: owner === 'UNKNOWN' ? '' : owner,
    group: group === 'UNKNOWN' ? '' : group,
    size: Number(size),
    inode: Number(inode),
    device: Number(device),
    links: Number(links),
    blocks: Number(blocks),
    blockSize: Number(blockSize),
    deviceType: readDevice(special),
    accessed: readTime(accessed),
    modified: readTime(modified),
    statusChanged: readTime(statusChanged),
  }
}

/** `major:minor` in hexadecimal as st_rdev holds them. */
const readDevice = (text = '0:0'): number => {
  const [major = 0, minor = 0] = text.split(':').map((part) => Number.parseInt(part, 16))
  return (minor & 0xff) + major * 256 + (minor & ~0xff) * 4096
}

/** `2026-11-22 09:30:00.123456789 +0000` as seconds; where stat gives no fraction there is none. */
const readTime = (text: string): number => {
  const [, date, time, fraction = '0'] = /^(\S+) (\d+:\d+:\d+)(?:\.(\d+))?/.exec(text) ?? []
  return Date.parse(`${date}T${time}Z`) / 1000 + Number(`0.${fraction}`)
}
