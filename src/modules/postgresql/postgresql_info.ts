import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'
import { type ClusterInfo, describeCluster, located } from '../../cluster/info.ts'
import { type Cluster, locateClusters } from '../../cluster/locate.ts'
import { sql } from '../../cluster/sql.ts'
import { defineReader, type ModuleContext } from '../contract.ts'
import { clusterParam } from './shared/cluster-param.ts'
import { openCluster, ownerSession } from './shared/open-cluster.ts'

export default defineReader({
  kind: 'read',
  summary: 'Tells which PostgreSQL clusters a host has, and everything worth knowing of each.',
  description: [
    'Finds the clusters of Debian (`/etc/postgresql`), running servers, and data directories in the usual places.',
    'A running cluster is asked in SQL, one that is stopped is read from its `pg_control`.',
    'A cluster that runs and cannot be asked is listed with the reason in `problem`, and so is a stopped one that no server could start: a base backup that was never recovered, with what to do in `hints`.',
  ].join(' '),
  examples: [
    { title: 'All clusters of a host', yaml: '- postgresql_info:\n  register: postgresql' },
    {
      title: 'Restart only where a setting waits for it',
      yaml: '- postgresql_info:\n    cluster: 15/main\n  register: pg\n- service:\n    name: postgresql@15-main\n    state: restarted\n  when: pg.cluster.pending_restart',
    },
  ],
  params: z.strictObject({ cluster: clusterParam }),
  returns: {
    clusters:
      'A list: `name`, `version`, `major_version`, `layout`, `owner`, `running`, `pid`, `port`, `socket_directory`, `data_directory`, `config_file`, `hba_file`, `ident_file`, `bin_directory`, `wal_directory`, `log_file`, `system_identifier`, `timeline`, `segment_size` (bytes), `data_checksums`, `wal_level`, `in_recovery`; of a running one also `server_version`, `server_version_num`, `lsn`, `started_at`, `configuration_loaded_at`, `archive_mode`, `archive_command`, `archive_library`, `archive_timeout` (seconds), `archiver`, `tablespaces`, `pending_restart`; of a stopped one `state`.',
    cluster: 'The one that was asked for, or the only one; null where there are several or none.',
  },
  async read(ctx, params) {
    if (params.cluster !== undefined) {
      const { cluster, session, db } = await openCluster(ctx, params.cluster)
      const info = await describeCluster(session, cluster, db)
      return { clusters: [info], cluster: info }
    }
    const clusters: ClusterInfo[] = []
    for (const cluster of await locateClusters(ctx.session)) clusters.push(await describe(ctx, cluster))
    return { clusters, cluster: clusters.length === 1 ? clusters[0] : null }
  },
})

// One cluster that cannot be asked must not hide the others.
const describe = async (ctx: ModuleContext, found: Cluster): Promise<ClusterInfo> => {
  try {
    const session = await ownerSession(ctx, found)
    const mayRead = ctx.session.user === 'root' || ctx.session.user === found.owner
    const seen = mayRead ? [] : await locateClusters(session, found.dataDirectory)
    const cluster = seen.find((candidate) => candidate.dataDirectory === found.dataDirectory) ?? found
    return await describeCluster(session, cluster, sql(session, cluster, { signal: ctx.signal }))
  } catch (error) {
    if (!(error instanceof LifeboatError) || error.code === 'lifeboat/bug') throw error
    ctx.warn(`cluster ${found.name}: ${error.message}`)
    return { ...located(found), problem: error.message }
  }
}
