import type { Connection, Session } from '../../src/host/connection.ts'
import { openConnection } from '../../src/host/open.ts'
import { type ProcessFleet, type ProcessHost, type ProcessOptions, startProcesses } from '../fleet/processes/index.ts'
import { type ContextOptions, context, type TestContext } from '../modules/harness.ts'

/** A running cluster on a host of its own, reached over ssh as the product reaches it. */
export interface LiveHost {
  readonly fleet: ProcessFleet
  readonly host: ProcessHost
  readonly connection: Connection
  readonly session: Session
  readonly repository: string
  context(options?: ContextOptions): TestContext
  /** The output of psql for one statement, unaligned, without its last newline. */
  sql(statement: string): Promise<string>
  close(): Promise<void>
}

/** Boots one host with a cluster of 1 MB segments. */
export const startLiveHost = async (options: ProcessOptions = {}): Promise<LiveHost> => {
  const fleet = await startProcesses({ hosts: 1, ...options })
  const host = fleet.host('db1')
  const connection = openConnection('db1', {
    ansible_host: host.address,
    ansible_port: host.sshPort,
    ansible_user: fleet.user,
    ansible_ssh_private_key_file: fleet.privateKeyFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${fleet.knownHostsFile}`,
  })
  const session = await connection.session()
  return {
    fleet,
    host,
    connection,
    session,
    repository: `${fleet.sharedFolder}/repository`,
    context: (more) => ({ ...context({ session, ...more }), host: 'db1' }),
    async sql(statement) {
      const { status, stdout, stderr } = await host.exec('psql -XAtq -v ON_ERROR_STOP=1', { stdin: statement })
      if (status !== 0) throw new Error(stderr)
      return stdout.trimEnd()
    },
    async close() {
      await connection.close()
      await fleet.close()
    },
  }
}
