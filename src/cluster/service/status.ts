import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'
import { judgeServer, type ServerStatus } from './judge.ts'

export type { ServerStatus } from './judge.ts'

/**
 * Looks whether a server runs on the cluster's data directory; read-only, one round trip. The session must be root's
 * or the owner's: nobody else may see it.
 *
 * @throws postgres/service
 */
export const clusterStatus = async (session: Session, cluster: Cluster): Promise<ServerStatus> => {
  const result = await session.run(statusScript(cluster))
  if (result.status !== 0) {
    throw new LifeboatError('postgres/service', `cannot look at cluster ${cluster.name}: ${result.stderr.trim()}`)
  }
  const [dataDirectory = '', alive, command = '', directory = '', other = '', controlState = '', pidFile] =
    result.stdout.split('\u001f')
  return judgeServer({
    dataDirectory,
    alive: alive === 'yes',
    command,
    directory,
    other: other === '' ? undefined : Number(other),
    controlState,
    pidFile: pidFile === undefined || pidFile === '' ? undefined : pidFile.split('\n'),
  })
}

const statusScript = (cluster: Cluster): string =>
  sh`
export LC_ALL=C
data=${cluster.dataDirectory}
cd -P -- "$data" || exit 1
real=$(pwd -P)
pid=
alive=
command=
directory=
other=
pidfile=
if [ -e postmaster.pid ]; then
  pidfile=$(cat postmaster.pid) || exit 1
  IFS= read -r pid <postmaster.pid || :
  pid=\${pid#-}
  case $pid in '' | *[!0-9]*) pid=0 ;; esac
  if [ "$pid" -gt 1 ] && kill -0 "$pid" 2>/dev/null; then
    alive=yes
    { read -r stat <"/proc/$pid/stat"; } 2>/dev/null && case \${stat##*) } in Z* | X*) alive= ;; esac
    { read -r command <"/proc/$pid/comm"; } 2>/dev/null
    directory=$(readlink "/proc/$pid/cwd" 2>/dev/null)
  fi
fi
for proc in /proc/[0-9]*; do
  { read -r name <"$proc/comm"; } 2>/dev/null || continue
  case $name in postgres | postmaster) ;; *) continue ;; esac
  [ "$(readlink "$proc/cwd" 2>/dev/null)" = "$real" ] || continue
  read -r stat <"$proc/stat" 2>/dev/null || continue
  stat=\${stat##*) }
  parent=\${stat#? }
  parent=\${parent%% *}
  # A child of a postmaster is not one; its parent, in the same directory, is found itself.
  [ "$(readlink "/proc/$parent/cwd" 2>/dev/null)" = "$real" ] && continue
  other=\${proc#/proc/}
  break
done
state=$(${`${cluster.binDirectory}/pg_controldata`} "$real" 2>/dev/null | sed -n 's/^Database cluster state: *//p')
printf '%s\\037%s\\037%s\\037%s\\037%s\\037%s\\037%s' "$real" "$alive" "$command" "$directory" "$other" "$state" "$pidfile"
`.text
