import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { SERVE_HELPER } from '../../../src/cluster/archive/helpers/index.ts'
import { authorizedLine } from '../../../src/cluster/repository/authorized-keys.ts'
import { inspectKey, makeKey } from '../../../src/cluster/repository/key.ts'
import { layoutOf } from '../../../src/cluster/repository/layout.ts'
import { parseRepository } from '../../../src/cluster/repository/location.ts'
import type { Session } from '../../../src/host/connection.ts'
import postgresql_repository_link from '../../../src/modules/postgresql/postgresql_repository_link.ts'
import type { ProcessOptions } from '../../fleet/processes/index.ts'
import { startSshd, type TestSshd } from '../../host/ssh/sshd.ts'
import { converge } from '../../modules/harness.ts'
import { startLiveHost } from '../live-host.ts'
import { type ArchivingHost, archiveInto } from './archiving-host.ts'

/** A host whose cluster archives over SSH into a repository that another sshd of this machine gives access to. */
export interface FarHost extends ArchivingHost {
  /** The repository host. */
  readonly sshd: TestSshd
  /** The repository, as a folder of this machine. */
  readonly store: string
  /** Lets another host into the folder, and lays its way there. */
  admit(session: Session, name: string, cluster: string): Promise<void>
  /** Puts something in front of `serve`: sh, in which `"$@"` calls it. Without anything, takes it away again. */
  intercept(script?: string): void
}

export const startFarHost = async (options: ProcessOptions = {}): Promise<FarHost> => {
  const live = await startLiveHost(options)
  const sshd = await startSshd()
  const root = mkdtempSync(join(tmpdir(), 'lb-far-'))
  chmodSync(root, 0o755)
  const store = join(root, 'store')
  for (const folder of ['wal', 'backup']) mkdirSync(join(store, 'db1', folder), { recursive: true, mode: 0o700 })
  const [serve, real] = [join(root, 'serve'), join(root, 'real-serve')]
  writeFileSync(real, SERVE_HELPER.text, { mode: 0o755 })
  const intercept = (script = '"$@"'): void =>
    writeFileSync(serve, `#!/bin/sh\nset -- ${real} "$@"\n${script}\n`, { mode: 0o755 })
  intercept()

  const repository = `backup1:${store}`
  const layout = layoutOf(parseRepository(repository), 'db1')
  /** Makes a key on a host and lets it in; gives the folder of the link. */
  const letIn = async (session: Session, name: string): Promise<string> => {
    const key = await inspectKey(session, layout, `lifeboat ${name}`)
    await makeKey(key)
    const { publicKey = '' } = await inspectKey(session, layout, `lifeboat ${name}`)
    const line = authorizedLine({ publicKey, serve, folder: layout.folder, readOnly: false })
    appendFileSync(join(sshd.folder, 'authorized_keys'), `${line}\n`)
    return key.link
  }
  const way = {
    repository_address: '127.0.0.1',
    repository_port: sshd.port,
    repository_user: userInfo().username,
    repository_host_keys: [sshd.hostKey],
  }
  const link = await letIn(live.session, 'db1')
  const links: [Session, string][] = [[live.session, link]]
  const host = await archiveInto(live, repository, way)
  return {
    ...host,
    sshd,
    store,
    intercept,
    async admit(session, name, cluster) {
      links.push([session, await letIn(session, name)])
      await converge(postgresql_repository_link, { cluster, repository, name: 'db1', ...way }, { session })
    },
    async close() {
      for (const [session, folder] of links) await session.run(`cd ${folder} && ssh -F config -O exit repository`)
      await host.close()
      await sshd.stop()
      rmSync(root, { recursive: true, force: true, maxRetries: 9 })
    },
  }
}
