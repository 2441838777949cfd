/**
 * What the helpers share: the names PostgreSQL archives under, the identity of a folder of the repository, and the
 * header of a WAL segment. POSIX sh with od, wc and cat; tried under dash and busybox.
 *
 * - `kind_of NAME` sets kind (segment, partial, backup, history) and timeline; fails for every other name (trap A4).
 * - `read_identity FOLDER` sets id_sysid and id_segsize; fails where identity.json is missing or unreadable (A10).
 * - `check_segment FILE NAME [BYTES]` compares size, system identifier and page address with the identity and the name;
 *   sets why and fails where one differs (A9). The header is five words of 64 bits: magic and timeline, page address,
 *   remaining length, system identifier, segment size and page size.
 * - `take_lock FOLDER` makes a folder that names this process, or fails where one that lives holds it (`held FOLDER`).
 *   It saves work that would be done twice; no data depends on it.
 * - `cores` sets cores: those of the host, at most 4.
 */
export const COMMON = `
LC_ALL=C
export LC_ALL
PATH=$PATH:/usr/local/bin:/usr/bin:/bin
export PATH
umask 077

is_hex() {
  case $1 in '' | *[!0-9A-F]*) return 1 ;; esac
  [ \${#1} -eq "$2" ]
}

kind_of() {
  first=\${1%%.*}
  case $1 in
    *.history) kind=history; is_hex "\${1%.history}" 8 || return 1 ;;
    *.partial) kind=partial; is_hex "\${1%.partial}" 24 || return 1 ;;
    *.*.backup)
      kind=backup
      offset=\${1#*.}
      is_hex "$first" 24 && is_hex "\${offset%.backup}" 8 || return 1
      ;;
    *) kind=segment; is_hex "$1" 24 || return 1 ;;
  esac
  timeline=\${first%"\${first#????????}"}
}

read_identity() {
  id_sysid= id_segsize=
  [ -f "$1/identity.json" ] && [ -r "$1/identity.json" ] || return 1
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *'"system_identifier"'*)
      id_sysid=\${line#*'"system_identifier"'}
      id_sysid=\${id_sysid#*'"'}
      id_sysid=\${id_sysid%%'"'*}
      ;;
    esac
    case $line in *'"wal_segment_size"'*)
      id_segsize=\${line#*'"wal_segment_size"'}
      id_segsize=\${id_segsize#*:}
      id_segsize=\${id_segsize# }
      id_segsize=\${id_segsize%%[!0-9]*}
      ;;
    esac
  done < "$1/identity.json"
  case $id_sysid in '' | *[!0-9]*) return 1 ;; esac
  [ -n "$id_segsize" ]
}

check_segment() {
  size=\${3:-$(wc -c < "$1")} && [ -n "$size" ] || { why="it cannot be read"; return 1; }
  if [ "$((size))" -ne "$id_segsize" ]; then
    why="it has $((size)) bytes and a segment has $id_segsize"
    return 1
  fi
  high=\${2#????????}
  low=\${high#????????}
  high=\${high%"$low"}
  low=\${low%"\${low#????????}"}
  start=$((0x$high * 4294967296 + 0x$low * id_segsize))
  set -- $(od -An -v -tu8 -N40 "$1")
  if [ $# -ne 5 ]; then
    why="its header cannot be read"
  elif [ "$4" != "$id_sysid" ]; then
    why="it is of the cluster with system identifier $4, the repository's folder of $id_sysid"
  elif [ "$2" != "$start" ]; then
    why="its content begins at WAL byte $2, its name says $start"
  elif [ "$(($5 & 4294967295))" != "$id_segsize" ] && [ "$(($5 >> 32))" != "$id_segsize" ]; then
    why="its header claims another segment size than $id_segsize"
  else
    return 0
  fi
  return 1
}

pg_control_sysid() {
  [ -r global/pg_control ] || return 1
  set -- $(od -An -v -tu8 -N8 global/pg_control)
  [ $# -eq 1 ] && control_sysid=$1
}

# The moment a process began, or nothing where there is no /proc: a number alone may belong to another one by now.
begun() {
  began=
  ! IFS= read -r began 2>/dev/null < "/proc/$1/stat" || { set -- \${began##*) }; began=\${20}; }
}

held() {
  its=
  [ ! -f "$1/holder" ] || read -r its < "$1/holder" || return 1
  holder=\${its%% *}
  [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null || return 1
  begun "$holder"
  [ "$its" = "$holder $began" ]
}

take_lock() {
  if ! mkdir "$1" 2>/dev/null; then
    ! held "$1" && rm -rf "$1" && mkdir "$1" || return 1
  fi
  IFS= read -r began 2>/dev/null < /proc/self/stat || began=$$
  holder=\${began%% *}
  begun "$holder"
  printf '%s\n' "$holder $began" > "$1/holder"
}

cores() {
  cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null)
  case $cores in '' | *[!0-9]*) cores=1 ;; [1-4]) ;; *) cores=4 ;; esac
}

unpack() {
  case $1 in
    *.zst) zstd -q -d -c "$1" ;;
    *.lz4) lz4 -q -d -c "$1" ;;
    *.gz) gzip -d -c < "$1" ;;
    *) cat < "$1" ;;
  esac
}

find_stored() {
  for ending in '' .zst .lz4 .gz; do
    stored=$1$ending
    [ ! -e "$stored" ] || return 0
  done
  return 1
}
`
