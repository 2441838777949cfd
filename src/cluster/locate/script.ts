import { quote } from '../../base/quote.ts'

/** Separators of the script's answer: they occur in no path that anybody has. */
export const FIELD = '\u001f'
export const RECORD = '\u001e'
export const ARGUMENT = '\u001d'

/**
 * The script that looks for clusters: running postmasters, the configuration folders of Debian, the data directories
 * that are named or lie in common places, and PostgreSQL's binaries. Read-only. Runs as any user; what that user may
 * not read is left empty.
 *
 * @param wanted a data directory to look at beside the places that are known
 */
export const locateScript = (wanted: string | undefined): string => `
export LC_ALL=C
wanted=${quote(wanted?.startsWith('/') ? wanted : '')}
seen=:
emit() { for field; do printf '%s\\037' "$field"; done; printf '\\036'; }
owner_of() { stat -c %U -- "$1" 2>/dev/null || ls -ld -- "$1" 2>/dev/null | { read -r _ _ name _; printf %s "$name"; }; }
real() { (cd -P -- "$1" 2>/dev/null && pwd -P) || printf '%s\\n' "$1"; }
active() { for file; do if [ -r "$file" ]; then sed -n '/^[[:space:]]*[A-Za-z_]/p' "$file"; echo; fi; done; }
first() { if [ -r "$1" ]; then IFS= read -r line <"$1" || :; printf %s "$line"; line=; fi; }
is_postmaster() {
  [ -n "$1" ] || return 1
  if [ -r /proc/self/stat ]; then
    read -r stat <"/proc/$1/stat" || return 1
    # Ended, and not reaped yet.
    case \${stat##*) } in Z* | X*) return 1 ;; esac
    read -r comm <"/proc/$1/comm" || return 1
    case $comm in postgres | postmaster) return 0 ;; esac
    return 1
  fi
  kill -0 "$1"
}
probe() {
  [ -n "$1" ] && [ -d "$1" ] || return 0
  dir=$(real "$1")
  case $seen in *":$dir:"*) return 0 ;; esac
  seen=$seen$dir:
  version=$(first "$dir/PG_VERSION" 2>/dev/null)
  pidfile=
  alive=
  if [ -r "$dir/postmaster.pid" ]; then
    pidfile=$(cat "$dir/postmaster.pid")
    is_postmaster "$(first "$dir/postmaster.pid")" 2>/dev/null && alive=yes
  fi
  control=
  [ -e "$dir/global/pg_control" ] && control=yes
  emit data "$dir" "$(owner_of "$dir")" "$version" "$alive" "$pidfile" "$(readlink "$dir/pg_wal" 2>/dev/null)" "$control" \\
    "$(active "$dir/postgresql.conf")" "$(active "$dir/postgresql.auto.conf")" "$2"
}
emit here "\${PGDATA:+$(real "$PGDATA")}" "\${PGPORT-}" "\${wanted:+$(real "$wanted")}"

for proc in /proc/[0-9]*; do
  comm=
  { read -r comm <"$proc/comm"; } 2>/dev/null || continue
  case $comm in postgres | postmaster) ;; *) continue ;; esac
  { arguments=$(tr '\\000' '\\035' <"$proc/cmdline"); } 2>/dev/null || continue
  # A child names itself "postgres: role"; only the postmaster keeps its arguments.
  case \${arguments%%$(printf '\\035')*} in postgres | postmaster | */postgres | */postmaster) ;; *) continue ;; esac
  { read -r stat <"$proc/stat"; } 2>/dev/null || continue
  stat=\${stat##*) }
  parent=\${stat#? }
  parent=\${parent%% *}
  cwd=$(readlink "$proc/cwd" 2>/dev/null)
  emit process "\${proc#/proc/}" "$parent" "$(owner_of "$proc")" "$cwd" "$(readlink "$proc/exe" 2>/dev/null)" "$arguments"
  probe "$cwd" found
  rest=$arguments
  while :; do
    case $rest in
      *"$(printf '\\035')"-D"$(printf '\\035')"/*) rest=\${rest#*"$(printf '\\035')"-D"$(printf '\\035')"} ;;
      *"$(printf '\\035')"-D/*) rest=\${rest#*"$(printf '\\035')"-D} ;;
      *) break ;;
    esac
    probe "\${rest%%$(printf '\\035')*}" found
  done
done

for conf in /etc/postgresql/[0-9]*/*/postgresql.conf; do
  [ -f "$conf" ] || continue
  folder=\${conf%/postgresql.conf}
  text=$(active "$conf" "$folder"/conf.d/*.conf)
  emit debian "$folder" "$(owner_of "$conf")" "$text"
  probe "$(printf '%s\\n' "$text" | sed -n "s/^[[:space:]]*data_directory[[:space:]]*=\\{0,1\\}[[:space:]]*'\\([^']*\\)'.*/\\1/p" | tail -n 1)" found
done

probe "$wanted" wanted
probe "\${PGDATA-}" wanted
for dir in /var/lib/pgsql/data /var/lib/pgsql/*/data /var/lib/postgresql/data /var/lib/postgresql/*/* /usr/local/pgsql/data \\
  "\${HOME-}" "\${HOME-}"/*; do
  # Set aside or not whole yet: not a cluster.
  case $dir in *.before-* | *.incomplete*) continue ;; esac
  [ -f "$dir/PG_VERSION" ] && probe "$dir" common
done

for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin /opt/homebrew/opt/postgresql@*/bin; do
  [ -x "$bin/pg_ctl" ] && emit bin "$bin" ''
done
path=$(command -v pg_ctl) && [ -n "$path" ] && {
  path=$(real "$(dirname "$(readlink -f "$path" 2>/dev/null || echo "$path")")")
  [ -x "$path/postgres" ] && emit bin "$path" "$("$path/postgres" --version 2>/dev/null)"
}
exit 0
`
