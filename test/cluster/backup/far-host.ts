import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { SERVE_HELPER } from '../../../src/cluster/archive/helpers/index.ts'
import { authorizedLine } from '../../../src/cluster/repository/authorized-keys.ts'
import { inspectKey, makeKey } from '../../../src/cluster/repository/key.ts'
import { layoutOf } from '../../../src/cluster/repository/layout.ts'
import { parseRepository } from '../../../src/cluster/repository/location.ts'
import type { ProcessOptions } from '../../fleet/processes/index.ts'
import { startSshd, type TestSshd } from '../../host/ssh/sshd.ts'
import { startLiveHost } from '../live-host.ts'
import { type ArchivingHost, archiveInto } from './archiving-host.ts'

/** A host whose cluster archives over SSH into a repository that another sshd of this machine gives access to. */
export interface FarHost extends ArchivingHost {
  /** The repository host. */
  readonly sshd: TestSshd
  /** The repository, as a folder of this machine. */
  readonly store: string
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
  const key = await inspectKey(live.session, layout, 'lifeboat db1')
  await makeKey(key)
  const { publicKey = '' } = await inspectKey(live.session, layout, 'lifeboat db1')
  const line = authorizedLine({ publicKey, serve, folder: layout.folder, readOnly: false })
  appendFileSync(join(sshd.folder, 'authorized_keys'), `${line}\n`)
  const host = await archiveInto(live, repository, {
    repository_address: '127.0.0.1',
    repository_port: sshd.port,
    repository_user: userInfo().username,
    repository_host_keys: [sshd.hostKey],
  })
  return {
    ...host,
    sshd,
    store,
    intercept,
    async close() {
      await live.session.run(`cd ${key.link} && ssh -F config -O exit repository`)
      await host.close()
      await sshd.stop()
      rmSync(root, { recursive: true, force: true, maxRetries: 9 })
    },
  }
}
