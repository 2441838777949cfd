/**
 * Hosts on loopback for restores: db1 archives and is backed up by the product's own modules, db2 … have what
 * `postgres` says, all reach the same repository, and every session goes over ssh.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect } from 'vitest'
import type { z } from 'zod'
import type { Change } from '../../../src/base/change.ts'
import { LifeboatError } from '../../../src/base/errors.ts'
import type { PlainValue } from '../../../src/base/value.ts'
import type { Connection, Session } from '../../../src/host/connection.ts'
import { openConnection } from '../../../src/host/open.ts'
import { parseArguments } from '../../../src/modules/arguments.ts'
import type { StateModule } from '../../../src/modules/contract.ts'
import postgresql_archive from '../../../src/modules/postgresql/postgresql_archive.ts'
import postgresql_backup from '../../../src/modules/postgresql/postgresql_backup.ts'
import postgresql_restore from '../../../src/modules/postgresql/postgresql_restore.ts'
import { type ProcessFleet, type ProcessHost, startProcesses } from '../../fleet/processes/index.ts'
import { type ContextOptions, context, type TestContext } from '../../modules/harness.ts'

type Wish = Record<string, PlainValue>

export interface Run {
  readonly changes: readonly Change[]
  readonly fields: Readonly<Record<string, unknown>>
  readonly warnings: readonly string[]
}

export interface RestoreHost {
  readonly name: string
  readonly host: ProcessHost
  readonly session: Session
  context(options?: ContextOptions): TestContext
  sql(...statements: string[]): Promise<string>
  sh(script: string): Promise<string>
  archive(): Promise<void>
  backup(label?: string): Promise<string>
  /** Switches WAL and waits until it is archived; gives the name of the segment. */
  switchWal(): Promise<string>
  /** One run of postgresql_restore as the engine makes it: checked, predicted, applied, proven. */
  restore(wish?: Wish, options?: ContextOptions): Promise<Run>
  predict(wish?: Wish): Promise<readonly Change[]>
  /** Its error, after checking that the data directory and all beside it are untouched. */
  refusal(wish?: Wish): Promise<LifeboatError>
}

export interface RestoreFleet {
  readonly fleet: ProcessFleet
  readonly repository: string
  host(name: string): RestoreHost
  /** A second controller's connection to a host, to be cut as if that controller had been killed. */
  another(name: string): Promise<{ readonly session: Session; readonly cut: () => void }>
  close(): Promise<void>
}

let runs = 0

export const startRestoreFleet = async (
  postgres: readonly boolean[],
  initdbArgs: readonly string[] = [],
): Promise<RestoreFleet> => {
  const fleet = await startProcesses({ hosts: postgres.length, postgres: [...postgres], initdbArgs: [...initdbArgs] })
  const repository = `${fleet.sharedFolder}/repository`
  const connections: Connection[] = []
  const reach = (host: ProcessHost, port: number, check: string): Connection =>
    openConnection(host.name, {
      ansible_host: host.address,
      ansible_port: port,
      ansible_user: fleet.user,
      ansible_ssh_private_key_file: fleet.privateKeyFile,
      ansible_ssh_common_args: check,
    })
  const hosts = new Map<string, RestoreHost>()
  for (let index = 1; index <= postgres.length; index++) {
    const host = fleet.host(`db${index}`)
    const connection = reach(host, host.sshPort, `-o UserKnownHostsFile=${fleet.knownHostsFile}`)
    connections.push(connection)
    hosts.set(host.name, restoreHost(host, await connection.session(), repository))
  }
  return {
    fleet,
    repository,
    host: (name) => {
      const found = hosts.get(name)
      if (!found) throw new Error(`there is no host ${name}`)
      return found
    },
    another: async (name) => {
      const host = fleet.host(name)
      const { port, cut } = await openProxy(host.sshPort)
      const connection = reach(host, port, '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null')
      return { session: await connection.session(), cut }
    },
    close: async () => {
      for (const connection of connections) await connection.close()
      await fleet.close()
    },
  }
}

const restoreHost = (host: ProcessHost, session: Session, repository: string): RestoreHost => {
  const place = { cluster: host.dataDirectory, repository }
  const contextOf = (options: ContextOptions = {}): TestContext => ({
    ...context({ session, runId: `20260101T00000${runs++ % 10}Z-${runs}`, ...options }),
    host: host.name,
  })
  const sh = async (script: string): Promise<string> => {
    const { status, stdout, stderr } = await host.exec(script)
    if (status !== 0) throw new Error(`${host.name}: ${script}\nstatus ${status}\n${stderr}${stdout}`)
    return stdout.trim()
  }
  const sql = async (...statements: string[]): Promise<string> => {
    const { status, stdout, stderr } = await host.exec('psql -XAtq -v ON_ERROR_STOP=1', {
      stdin: `${statements.join(';\n')};\n`,
    })
    if (status !== 0) throw new Error(`${host.name}: ${statements.join('; ')}\n${stderr}`)
    return stdout.trim()
  }
  const converge = async <P extends z.ZodType, S>(
    name: string,
    module: StateModule<P, S>,
    wish: Wish,
    options?: ContextOptions,
  ): Promise<Run> => {
    const ctx = contextOf(options)
    const params = parseArguments(name, module as never, { ...place, ...wish }) as z.output<P>
    const before = await module.inspect(ctx, params)
    const changes = module.diff(before, params)
    if (changes.length === 0)
      return { changes, fields: module.result?.(before, params, []) ?? {}, warnings: ctx.warnings }
    const applied = (await module.apply(ctx, params, changes, before)) ?? {}
    const after = await module.inspect(ctx, params, before)
    expect(module.diff(after, params, before), 'the proof finds nothing left').toEqual([])
    return { changes, fields: { ...module.result?.(after, params, changes), ...applied }, warnings: ctx.warnings }
  }
  const self: RestoreHost = {
    name: host.name,
    host,
    session,
    context: contextOf,
    sql,
    sh,
    archive: async () => {
      await converge('postgresql_archive', postgresql_archive, {})
      await host.postgres.stop()
      await host.postgres.start()
    },
    backup: async (label = 'test') => {
      const { fields } = await converge('postgresql_backup', postgresql_backup, { label })
      return String(fields.id)
    },
    switchWal: async () => {
      const name =
        (await sql('SELECT pg_walfile_name(pg_current_wal_lsn())', 'SELECT pg_switch_wal()')).split('\n')[0] ?? ''
      await sh(
        `n=0; until ls '${repository}/${host.name}'/wal/*/${name}* >/dev/null 2>&1; do n=$((n+1)); [ $n -lt 200 ] || exit 1; sleep 0.05; done`,
      )
      return name
    },
    restore: (wish = {}, options) => converge('postgresql_restore', postgresql_restore, wish, options),
    predict: async (wish = {}) => {
      const params = parseArguments('postgresql_restore', postgresql_restore, { ...place, ...wish })
      return postgresql_restore.diff(await postgresql_restore.inspect(contextOf({ checkMode: true }), params), params)
    },
    refusal: async (wish = {}) => {
      const before = await digest(sh, host)
      const error = await self.restore(wish).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(await digest(sh, host), 'a refusal touches nothing').toBe(before)
      if (error instanceof LifeboatError) return error
      throw error ?? new Error('it was not refused')
    },
  }
  return self
}

/** Passes connections on to a port until it is cut, which ends them on both sides. */
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

/** Names and contents of everything in the data directory that a running server leaves alone, and the names beside it. */
const digest = (sh: (script: string) => Promise<string>, host: ProcessHost): Promise<string> =>
  sh(`cd '${host.dataDirectory}/..' && ls -A; [ ! -d '${host.dataDirectory}' ] || { cd '${host.dataDirectory}'
find . -type f ! -path './pg_wal/*' ! -path './pg_stat*' ! -name postmaster.pid ! -name pg_control ! -path './global/pg_internal*' ! -path './base/*/pg_internal*' ! -path './pg_xact/*' | sort | xargs cat | sha256sum; ls -ld .; }`)

/** A moment as the server's clock shows it, right now, with microseconds and UTC. */
export const NOW = `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'`
