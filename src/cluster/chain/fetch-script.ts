import { sh } from '../../base/quote.ts'
import { formatSegment } from '../../postgres/wal-segment.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import { openSegment, pathOfSegment, type SegmentSource, UNPACK_COMMAND } from './segment-source.ts'

export interface FetchRequest {
  readonly access: RepositoryAccess
  readonly segments: readonly SegmentSource[]
  /** The timeline under whose names all of them are laid down. */
  readonly timeline: number
  readonly segmentSize: number
}

/** Statuses with which the script ends: it cannot do its work here; the repository host cannot be reached. */
export const CANNOT = 3
const UNREACHABLE = 255

/**
 * sh that lays segments down in `$spool/wal`, whole and unpacked, and prints a line for each, in their order: `segment SIZE
 * hHEADER COMPLAINT`, where `-` is no complaint. One that lies unpacked on the host is a link. Several are unpacked at the
 * same time, or come through the one connection to the repository host: one for each core, at most four.
 */
export const fetchScript = ({ access, segments, timeline, segmentSize }: FetchRequest): string => {
  const cases = segments.map((source, index) => {
    const name = formatSegment({ timeline, number: source.number }, segmentSize)
    const here = pathOfSegment(access, source)
    const take =
      here !== undefined && source.compression === 'none'
        ? sh`link ${index} ${name} ${here}`.text
        : sh`take ${index} ${name} ${UNPACK_COMMAND[source.compression]}`.text
    return { open: `  ${index}) ${openSegment(access, source)} ;;`, take: `  ${index}) ${take} ;;` }
  })
  return `open() {
  case $1 in
${cases.map(({ open }) => open).join('\n')}
  esac
}
job() {
  case $1 in
${cases.map(({ take }) => take).join('\n')}
  esac
}
${FUNCTIONS}
lanes=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null)
case $lanes in [1-4]) ;; '' | *[!0-9]*) lanes=2 ;; *) lanes=4 ;; esac
[ $lanes -le ${Math.min(access.channels, 4)} ] || lanes=${Math.min(access.channels, 4)}
lane=0
while [ $lane -lt $lanes ]; do
  (each=$lane; while [ $each -lt ${segments.length} ] && [ ! -e "$spool/stop" ]; do job $each; each=$((each + lanes)); done) &
  lane=$((lane + 1))
done
wait
if [ -e "$spool/stop" ]; then read -r status < "$spool/stop"; cat "$spool/why" >&2; exit $status; fi
each=0
while [ $each -lt ${segments.length} ]; do cat "$spool/$each.line"; each=$((each + 1)); done
`
}

// What cannot be unpacked is read to its end all the same: ssh would take the closed pipe for the end of its connection.
const FUNCTIONS = `stop() { printf '%s\\n' "$2" > "$spool/why"; echo "$1" > "$spool/stop"; exit; }
link() {
  complaint=-
  ln -s "$3" "$spool/wal/$2"; [ -r "$3" ] || complaint='cannot be read'
  tell "$1" "$spool/wal/$2"
}
take() {
  number=$1 at=$spool/wal/$2 complaint=-
  shift 2
  command -v "$1" > /dev/null || stop ${CANNOT} "$1 is not installed"
  { open "$number" 2> "$spool/$number.opened" || echo $? > "$spool/$number.status"; } |
    { "$@" 2> "$spool/$number.error"; unpacked=$?; cat > /dev/null; exit $unpacked; } > "$at" || {
    ! grep -qi 'no space' "$spool/$number.error" || stop ${CANNOT} "$(cat "$spool/$number.error")"
    complaint="does not unpack: $(head -n 1 "$spool/$number.error")"
  }
  if [ -s "$spool/$number.status" ]; then
    read -r status < "$spool/$number.status"
    [ "$status" != ${UNREACHABLE} ] || stop ${UNREACHABLE} "$(cat "$spool/$number.opened")"
    complaint="cannot be read: $(head -n 1 "$spool/$number.opened")"
  fi
  tell "$number" "$at"
}
tell() {
  size=0 header=
  [ ! -r "$2" ] || { size=$(( $(wc -c < "$2") )); header=$(od -An -v -tx1 -N40 "$2" | tr -d ' \\n'); }
  echo "segment $size h$header $complaint" > "$spool/$1.line"
}`
