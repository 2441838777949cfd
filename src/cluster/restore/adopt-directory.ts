import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { type Cluster, locateCluster } from '../locate.ts'

/** A place for a restore, and the session of the user that owns it. */
export interface RestorePlace {
  readonly cluster: Cluster
  readonly session: Session
}

/**
 * Finds the cluster to restore into, with a session of its owner. What an ordinary user may not read of it is looked at
 * again as the owner.
 *
 * @param majorVersion is asked for where a data directory holds no cluster yet, with a session of its owner
 * @param become gives the session of a user
 * @throws what `placeOfRestore` throws, and host/become
 */
export const openPlace = async (
  session: Session,
  wanted: string | undefined,
  majorVersion: (owner: Session) => Promise<number>,
  become: (user: string) => Promise<Session>,
): Promise<RestorePlace> => {
  const as = async (user: string): Promise<Session> => (session.user === user ? session : become(user))
  const major = async (user: string): Promise<number> => majorVersion(await as(user))
  const found = await placeOfRestore(session, wanted, major)
  const owner = await as(found.owner)
  if (owner === session || session.user === 'root') return { cluster: found, session: owner }
  return { cluster: await placeOfRestore(owner, found.dataDirectory, major), session: owner }
}

/**
 * Finds the cluster to restore into. A data directory that is named and holds none yet becomes a plain one: with the
 * binaries of the backup's version, and the port and socket folder that PGPORT and PGHOST name in the session.
 *
 * @param majorVersion is asked for, with the owner, where the directory holds no cluster yet
 * @throws postgres/no-cluster, postgres/several-clusters, postgres/unknown-cluster, restore/no-binaries
 */
export const placeOfRestore = async (
  session: Session,
  wanted: string | undefined,
  majorVersion: (owner: string) => Promise<number>,
): Promise<Cluster> => {
  const found = await findPlace(session, wanted)
  return 'binDirectory' in found ? found : adoptDirectory(session, found, await majorVersion(found.owner))
}

/**
 * The owner of a place for a restore, and its data directory, whether it holds a cluster or not.
 *
 * @throws postgres/no-cluster, postgres/several-clusters, postgres/unknown-cluster
 */
export const ownerOfPlace = (session: Session, wanted: string | undefined): Promise<EmptyPlace> =>
  findPlace(session, wanted)

type EmptyPlace = Pick<Cluster, 'owner' | 'dataDirectory'>

const findPlace = async (session: Session, wanted: string | undefined): Promise<Cluster | EmptyPlace> => {
  try {
    return await locateCluster(session, wanted)
  } catch (error) {
    const unknown =
      error instanceof LifeboatError && ['postgres/no-cluster', 'postgres/unknown-cluster'].includes(error.code)
    if (!unknown || !wanted?.startsWith('/')) throw error
    const { stdout } = await session.run(placeScript(wanted.replace(/(.)\/+$/, '$1')))
    const [dataDirectory = '', owner = ''] = stdout.split('\n')
    return { dataDirectory, owner }
  }
}

const adoptDirectory = async (
  session: Session,
  { dataDirectory: directory, owner }: EmptyPlace,
  major: number,
): Promise<Cluster> => {
  const { stdout } = await session.run(programsScript(major))
  const [bin = '', port = '', socket = ''] = stdout.split('\n')
  if (bin === '') {
    throw new LifeboatError('restore/no-binaries', `PostgreSQL ${major}, which the backup needs, is not installed`, {
      hints: [`looked in PATH, /usr/lib/postgresql/${major}/bin, /usr/pgsql-${major}/bin and /usr/local/pgsql/bin`],
    })
  }
  return {
    name: directory,
    version: String(major),
    majorVersion: major,
    owner,
    dataDirectory: directory,
    configFile: `${directory}/postgresql.conf`,
    hbaFile: `${directory}/pg_hba.conf`,
    identFile: `${directory}/pg_ident.conf`,
    port: Number(port) || 5432,
    socketDirectory: socket,
    binDirectory: bin,
    running: false,
    layout: 'plain',
    pid: undefined,
    logFile: undefined,
    walDirectoryLink: undefined,
    externalPidFile: undefined,
  }
}

// An empty directory belongs to its owner; one that is not there yet to the owner of the folder it will be in, unless
// that is root, under whom no server runs.
const placeScript = (path: string): string => `
LC_ALL=C; export LC_ALL
path=${quote(path)}
parent=\${path%/*}; parent=\${parent:-/}
if [ -d "$path" ]; then path=$(cd -P "$path" && pwd -P) || exit 1; place=$path
else
  while [ ! -d "$parent" ]; do parent=\${parent%/*}; parent=\${parent:-/}; done
  place=$parent
fi
owner=$(ls -ld "$place" | { read -r _ _ owner _; printf %s "$owner"; })
me=$(id -un)
[ "$me" = root ] || owner=$me
[ "$owner" != root ] || owner=postgres
printf '%s\\n' "$path" "$owner"
`

const programsScript = (major: number): string => `
bin=
for folder in /usr/lib/postgresql/${major}/bin /usr/pgsql-${major}/bin /usr/local/pgsql/bin "$(dirname "$(command -v postgres || echo /none/x)")"; do
  case $("$folder/postgres" --version 2>/dev/null) in *' ${major}.'* | *' ${major}'[a-z]*) bin=$folder; break ;; esac
done
socket=
case \${PGHOST-} in /*) socket=$PGHOST ;; esac
[ -n "$socket" ] || { [ -w /var/run/postgresql ] && socket=/var/run/postgresql; }
printf '%s\\n' "$bin" "\${PGPORT-}" "\${socket:-/tmp}"
`
