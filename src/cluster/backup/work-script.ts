import { sh } from '../../base/quote.ts'
import { UNPACK_COMMAND } from '../chain/segment-source.ts'
import { type DataPath, ENDING } from './data-path.ts'
import { lowLevelScript } from './low-level/low-level-script.ts'
import { SCRATCH_RESERVE } from './scratch.ts'
import type { TakeOptions } from './take-script.ts'
import { waker } from './waker.ts'

/** Status of the work when everything was written and pages of it had wrong checksums (trap B15). */
export const CORRUPT = 3

/**
 * sh that does the work of a backup: commands of a function, behind `storeFunctions`. It leaves `backup_label`,
 * `backup_manifest` and `kept` in `$w`; the manifest comes last into the repository.
 */
export const workScript = (options: TakeOptions): string => {
  const { path } = options
  if (path.kind === 'parallel') {
    return lowLevelScript({
      ...options,
      binDirectory: options.cluster.binDirectory,
      jobs: path.jobs,
      compressor: path.compressor,
      ending: ENDING[path.method],
      spool: options.access.path('') === undefined ? SCRATCH_RESERVE / 16 : 1 << 28,
    })
  }
  const compressor = path.compressor.length === 0 ? 'cat' : sh`${[...options.priority, ...path.compressor]}`.text
  return `tell=yes
compress() { ${compressor}; }
${sh`ending=${ENDING[path.method]}`.text}
${parentManifest(options)}${baseBackup(options)}
${path.kind === 'pipe' ? PIPE : path.spooled ? spooled(options) : direct(options)}`
}

/** The manifest of the backup that this one is an increment to, proven to be what it was. */
const parentManifest = ({ increment: { parent }, access }: TakeOptions): string => {
  if (parent === undefined) return ''
  const recorded = parent.files.find(({ name }) => name === 'backup_manifest')?.sha256 ?? ''
  return `${access.read(`backup/${parent.id}/backup_manifest`)} > "$w/parent" || return 1
[ "$(sha256sum < "$w/parent" | cut -c 1-64)" = "${recorded}" ] || {
  echo "the manifest of ${parent.id} is not what it was" >&2
  return 1
}
`
}

// It says so at the end, when all data has come. What it says is kept in no file: the disk may be full, which is what it
// says then.
const baseBackup = (options: TakeOptions): string => {
  const { increment, path, cluster } = options
  const flags = [
    ...(options.maxRate === undefined ? [] : ['--max-rate', `${Math.ceil(options.maxRate / 1024)}`]),
    ...path.flags,
  ]
  const program =
    sh`${options.priority} ${`${cluster.binDirectory}/pg_basebackup`} -F tar -w -X ${options.walMethod} -c ${options.checkpoint} -l ${options.label} ${flags}`
      .text
  return `${waker(options)}
base_backup() {
  rm -f "$w/dumping"
  wake </dev/null >/dev/null 2>&1 7>&- 9>&- &
  {
    said=$(sh -c 'echo $$ > "$1"; shift; exec "$@"' lifeboat "$w/dumping" ${program}${increment.parent === undefined ? '' : ' --incremental="$w/parent"'} "$@" 2>&1 >&7 7>&-)
    set -- $?
  } 7>&1
  rm -f "$w/dumping"
  [ -z "$said" ] || printf '%s\\n' "$said" >&2
  case $1$said in 0*) ;; *'checksum error occurred'*) return ${CORRUPT} ;; esac
  return $1
}`
}

// pg_basebackup puts the manifest into the archive then, behind everything else; tar takes it out on the way.
const PIPE = `mkfifo "$w/all" || return 1
{
  { base_backup -D -; echo $? > "$w/dumped"; } | { tee "$w/all"; echo $? > "$w/copied"; } |
    { compress; echo $? > "$w/compressed"; } | store "base.tar$ending"
} &
streaming=$!
(cd "$w" && { tar -xf - backup_label backup_manifest; echo $? > extracted; cat > /dev/null; } < all 2> untarred)
wait $streaming
stored=$?
read -r taken < "$w/dumped"
case $taken in 0 | ${CORRUPT}) ;; *) return 1 ;; esac
[ "$stored $(cat "$w/copied") $(cat "$w/compressed") $(cat "$w/extracted")" = '0 0 0 0' ] || {
  cat "$w/untarred" >&2
  return 1
}
store backup_manifest < "$w/backup_manifest" || return 1
return $taken`

/** The manifest gets its name only after the server has said that all was well; its label is the first file it sends. */
const whole = (folder: string, { kind, method }: DataPath): string => {
  const packed = kind === 'direct' ? method : 'none'
  const unpack = sh`${UNPACK_COMMAND[packed]}`.text
  return `case $taken in
  0) ;;
  ${CORRUPT}) mv "${folder}/backup_manifest.tmp" "${folder}/backup_manifest" || return 1 ;;
  *) return 1 ;;
esac
cp "${folder}/backup_manifest" "$w/backup_manifest" || return 1
${unpack} < "${folder}/base.tar${ENDING[packed]}" 2>/dev/null | head -c 65536 | tar -xOf - backup_label > "$w/backup_label" 2>/dev/null`
}

const direct = ({
  access,
  id,
  path,
}: TakeOptions): string => `${sh`folder=${access.path(`backup/${id}.incomplete`) ?? ''}`.text}
base_backup -D "$folder"
taken=$?
${whole('$folder', path)}
for file in "$folder"/*; do
  keep $(($(wc -c < "$file"))) "\${file##*/}" || return 1
done
return $taken`

const spooled = ({ access, path }: TakeOptions): string => {
  const guarded = access.path('') === undefined
  return `${guarded ? GUARD : ''}
base_backup -D "$w/spool"
taken=$?
${guarded ? 'kill $guarding 2>/dev/null' : ''}
${whole('$w/spool', path)}
rm -f "$w/spool/backup_manifest"
for file in "$w"/spool/*; do
  ${path.kind === 'afterwards' ? STORE_COMPRESSED : 'store "${file##*/}" < "$file" || return 1'}
  rm -f "$file"
done
store backup_manifest < "$w/backup_manifest" || return 1
return $taken`
}

const STORE_COMPRESSED = `{ compress < "$file"; echo $? > "$w/compressed"; } | store "\${file##*/}$ending" &&
    [ "$(cat "$w/compressed")" = 0 ] || return 1`

// A full disk stops the very server that is backed up.
const GUARD = `guard() {
  while sleep 1; do
    free=$(df -P -k "$w" | sed -n '2s/^.* \\([0-9][0-9]*\\)  *[0-9][0-9]*%.*$/\\1/p')
    [ "\${free:-0}" -lt ${SCRATCH_RESERVE / 1024} ] || continue
    echo "only $free kB are left on this host, where the backup is written first" >&2
    read -r pid < "$w/dumping" && kill "$pid"
    return
  done
}
guard &
guarding=$!`
