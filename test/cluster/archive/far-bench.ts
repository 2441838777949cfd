import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { authorizedLine } from '../../../src/cluster/repository/authorized-keys.ts'
import { layoutOf } from '../../../src/cluster/repository/layout.ts'
import { formatLink, linkFolder } from '../../../src/cluster/repository/link.ts'
import type { TestSshd } from '../../host/ssh/sshd.ts'
import { type HelperBench, PATIENCE } from './helper-bench.ts'

export interface FarOptions {
  readonly readOnly?: boolean
  /** The cluster's folder; that of the bench unless said otherwise. */
  readonly store?: string
  /** In the place of the sshd's own. */
  readonly hostKeys?: readonly string[]
}

/** Makes the folder of a bench one of a repository host: a key, its forced command, and the link's files. */
export const moveFar = (bench: HelperBench, sshd: TestSshd, options: FarOptions = {}): string => {
  const store = options.store ?? bench.store
  const layout = layoutOf({ kind: 'ssh', host: 'backup1', path: dirname(store) }, basename(store))
  const folder = linkFolder(bench.helpers, layout)
  mkdirSync(folder, { recursive: true })
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lifeboat db1', '-f', `${folder}/key`])
  const files = formatLink(bench.helpers, layout, {
    address: '127.0.0.1',
    port: sshd.port,
    user: userInfo().username,
    hostKeys: options.hostKeys ?? [sshd.hostKey],
  })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const line = authorizedLine({
    publicKey: readFileSync(`${folder}/key.pub`, 'utf8'),
    serve: join(bench.helpers, 'serve'),
    folder: layout.folder,
    readOnly: options.readOnly ?? false,
  })
  appendFileSync(join(sshd.folder, 'authorized_keys'), `${line}\n`)
  mkdirSync(join(store, 'backup'), { recursive: true })
  bench.place = layout.place
  return folder
}

/** Ends the connection that is kept. */
export const disconnect = (bench: HelperBench, folder: string): void => {
  try {
    execFileSync('ssh', ['-F', 'config', '-O', 'exit', 'repository'], {
      stdio: 'ignore',
      cwd: folder,
      timeout: PATIENCE,
    })
  } catch {
    // There was none.
  }
  bench.remove()
}
