import { LifeboatError } from '../../../base/errors.ts'
import { raw, sh } from '../../../base/quote.ts'
import type { ModuleContext } from '../../contract.ts'
import { demandAccounts, lookUpAccounts, readAccounts } from '../file-attributes.ts'
import { assignPath, type FileState, LOOK, readFileStates, readStat, STAT_FORMAT } from '../file-state.ts'
import { hostPath } from '../host-path.ts'
import { BEGIN_CONTENT, PUT, readPairs, succeed } from '../script.ts'
import type { FileParams, FileTaskState } from './task.ts'

/**
 * Looks at a path for the `file` module, in one script.
 *
 * @throws module/refused before something is removed that cannot be meant, module/no-account, module/no-permission
 */
export const inspectPath = async (ctx: ModuleContext, given: FileParams): Promise<FileTaskState> => {
  const result = succeed(await ctx.run(scriptOf(given)), `look at ${given.path}`)
  const { pairs, content } = readPairs(result)
  const [file, source] = readFileStates(pairs)
  if (file === undefined) throw new LifeboatError('lifeboat/bug', `the host said nothing about ${given.path}`)
  const fields = new Map(pairs)
  const accounts = readAccounts(fields)
  demandAccounts(ctx, given, accounts)
  if (given.state === 'absent' && file.stat !== undefined && file.stat.type !== 'link') {
    refuseRemoval(fields.get('real') ?? file.path, fields.has('mount'))
  }
  return {
    file,
    accounts,
    source,
    missing: pairs.flatMap(([key, value]) => (key === 'missing' ? [value] : [])).reverse(),
    isEmpty: fields.has('empty'),
    below: content === undefined ? [] : readList(content.toString()),
    times: { accessed: fields.get('atime') ?? '', modified: fields.get('mtime') ?? '' },
  }
}

const scriptOf = (given: FileParams): string => {
  const isLink = given.state === 'link' || given.state === 'hard'
  const follows = given.follow && !isLink && given.state !== 'absent'
  return sh`${PUT}
${LOOK}
${lookUpAccounts(given)}
${assignPath('path', hostPath(given.path === '/' ? '/' : given.path.replace(/(?<=.)\/+$/, '')))}
[ -n "$path" ] || { echo "the path is empty" >&2; exit 1; }
${raw(follows ? 'if [ -L "$path" ] && [ -e "$path" ]; then path=$(readlink -f "$path"); fi' : '')}
look "$path"
${raw(given.src === undefined ? '' : lookAtSource(given.src, given.state === 'hard').text)}
${raw(given.state === 'absent' ? REMOVAL : '')}
${raw(given.state === undefined || given.state === 'directory' ? MISSING : '')}
${raw(isLink ? EMPTY : '')}
${raw(asksForTimes(given) ? TIMES : '')}
${raw(given.recurse ? BELOW : '')}
exit 0`.text
}

/** Times are those of the host's own clock and zone, which costs it several processes. */
const asksForTimes = ({ state, access_time, modification_time }: FileParams): boolean =>
  state === 'touch' || access_time !== undefined || modification_time !== undefined

const lookAtSource = (src: string, hard: boolean) =>
  hard
    ? sh`${assignPath('source', hostPath(src))}\nlook "$source"`
    : sh`source=${hostPath(src)}
case $source in /*) ;; *) source=$(dirname "$path")/$source;; esac
look_through "$source"`

const REMOVAL = `real=$(readlink -f "$path") && put real "$real"
if [ -d "$path" ] && [ ! -L "$path" ] && [ "$(stat -c %d "$path")" != "$(stat -c %d "$path/..")" ]; then put mount yes; fi`

const EMPTY = `if [ -d "$path" ] && [ ! -L "$path" ] && [ -z "$(ls -A "$path" 2>/dev/null)" ]; then put empty yes; fi`

const TIMES = `if [ -e "$path" ]; then
put atime "$(date -d "@$(stat -c %X "$path")" +%Y%m%d%H%M.%S)"
put mtime "$(date -d "@$(stat -c %Y "$path")" +%Y%m%d%H%M.%S)"
fi`

const MISSING = `folder=$path
while [ ! -e "$folder" ] && [ ! -L "$folder" ]; do put missing "$folder"; folder=$(dirname "$folder"); done`

const BELOW = `if [ -d "$path" ]; then ${BEGIN_CONTENT.text}; TZ=UTC0 LC_ALL=C find "$path" -mindepth 1 -exec stat -c '@|${STAT_FORMAT}|%n' {} +; fi`

/** Lines of `find -exec stat`; a name with a newline in it goes on in the next line. */
const readList = (text: string): FileState[] =>
  text
    .split(/\n(?=@\|[0-9a-f]+\|)|\n$/)
    .filter((line) => line !== '')
    .map((line) => {
      const parts = line.slice(2).split('|')
      const count = STAT_FORMAT.split('|').length
      return { path: parts.slice(count).join('|'), stat: readStat(parts.slice(0, count).join('|')) }
    })

const SYSTEM_FOLDERS =
  /^(?:\/|\/(?:bin|boot|dev|etc|home|lib\d*|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)|\/usr\/[^/]+|\/var\/(?:lib|log|cache|spool|tmp|mail|opt|run|backups)|\/etc\/(?:postgresql|ssl|systemd))$/

const refuseRemoval = (path: string, isMount: boolean): void => {
  if (SYSTEM_FOLDERS.test(path) || path === '' || path === '.') {
    throw new LifeboatError('module/refused', `${path} is a folder of the system and is not removed`, {
      hints: ['name what is to be removed inside it; or remove it with the command module if you are certain'],
    })
  }
  if (isMount) {
    throw new LifeboatError('module/refused', `${path} is a mount point: removing it would empty another file system`, {
      hints: ['unmount it first'],
    })
  }
}
