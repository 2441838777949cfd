import type { Session } from '../../../src/host/connection.ts'
import { openConnection } from '../../../src/host/open.ts'
import type { ProcessHost } from '../../fleet/processes/index.ts'
import type { ArchivingHost } from './archiving-host.ts'

/** A running standby of an archiving host's cluster, on the second host of its fleet. */
export interface StandbyHost {
  readonly host: ProcessHost
  readonly session: Session
  /** The output of a script of the cluster's owner; throws what it said when it fails. */
  run(script: string): Promise<string>
  close(): Promise<void>
}

export const startStandby = async (primary: ArchivingHost): Promise<StandbyHost> => {
  const standby = primary.fleet.host('db2')
  const run = async (script: string): Promise<string> => {
    const { status, stdout, stderr } = await standby.exec(script)
    if (status !== 0) throw new Error(`${script}\n${stderr}`)
    return stdout.trimEnd()
  }
  await standby.postgres.stop()
  const { host } = primary
  await run(`set -e; rm -rf '${standby.dataDirectory}'
pg_basebackup -h '${host.socketDirectory}' -p ${host.port} -D '${standby.dataDirectory}' -R -c fast -X stream
sed -i '/^unix_socket_directories/d; /^port/d' '${standby.dataDirectory}/postgresql.auto.conf'
sed "s|^unix_socket_directories.*|unix_socket_directories = '${standby.socketDirectory}'|" '${standby.dataDirectory}/postgresql.conf' > conf
cat conf > '${standby.dataDirectory}/postgresql.conf'`)
  await standby.postgres.start()
  const connection = openConnection('db2', {
    ansible_host: standby.address,
    ansible_port: standby.sshPort,
    ansible_user: primary.fleet.user,
    ansible_ssh_private_key_file: primary.fleet.privateKeyFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${primary.fleet.knownHostsFile}`,
  })
  return { host: standby, session: await connection.session(), run, close: () => connection.close() }
}
