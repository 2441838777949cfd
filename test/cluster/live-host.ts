import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
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
  /** A second controller's connection, to be cut as if that controller had been killed. */
  another(): Promise<{ readonly session: Session; readonly cut: () => void }>
  close(): Promise<void>
}

/** Boots one host with a cluster of 1 MB segments. */
export const startLiveHost = async (options: ProcessOptions = {}): Promise<LiveHost> => {
  const fleet = await startProcesses({ hosts: 1, ...options })
  const host = fleet.host('db1')
  const reach = (port: number, check: string): Connection =>
    openConnection('db1', {
      ansible_host: host.address,
      ansible_port: port,
      ansible_user: fleet.user,
      ansible_ssh_private_key_file: fleet.privateKeyFile,
      ansible_ssh_common_args: check,
    })
  const connection = reach(host.sshPort, `-o UserKnownHostsFile=${fleet.knownHostsFile}`)
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
    async another() {
      const { port, cut } = await openProxy(host.sshPort)
      // The proxy has a port of its own, of which known_hosts says nothing.
      const other = reach(port, '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null')
      return { session: await other.session(), cut }
    },
    async close() {
      await connection.close()
      await fleet.close()
    },
  }
}

/** Passes connections on to a port, until it is cut: then they end on both sides, as when a controller is killed. */
const openProxy = async (target: number): Promise<{ port: number; cut: () => void }> => {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { port: (server.address() as AddressInfo).port, cut }
}
