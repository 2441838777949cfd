/** The shared repository of a restore fleet as one of a repository host: an sshd that lets keys into it and nowhere else. */
import { appendFileSync, chmodSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { SERVE_HELPER } from '../../../src/cluster/archive/helpers/index.ts'
import { authorizedLine } from '../../../src/cluster/repository/authorized-keys.ts'
import postgresql_repository_key from '../../../src/modules/postgresql/postgresql_repository_key.ts'
import postgresql_repository_link from '../../../src/modules/postgresql/postgresql_repository_link.ts'
import { startSshd } from '../../host/ssh/sshd.ts'
import { converge } from '../../modules/harness.ts'
import type { RestoreFleet, RestoreHost } from './restore-fleet.ts'

export interface FarRepository {
  /** As a task names it. */
  readonly repository: string
  /** What a host has to know of the way there. */
  readonly way: Readonly<Record<string, string | number | string[]>>
  /** Parameters of the modules that work for a host's key of a cluster's folder. */
  link(host: RestoreHost, name: string): Record<string, string>
  /** Makes a host's key and lets it in, as postgresql_repository does on a host of its own. */
  letIn(host: RestoreHost, name: string, access: 'read' | 'write'): Promise<void>
  /** All that a host needs to reach a cluster's folder. */
  reach(host: RestoreHost, name: string, access?: 'read' | 'write'): Promise<void>
  /** Does something while the repository host gives only the beginning of a backup, and then does what a script says. */
  interrupting<T>(script: string, work: () => Promise<T>): Promise<T>
  /** Ends the connections, as a cut cable would; the next ones are refused. */
  stop(): Promise<void>
}

export const startFarRepository = async ({ repository: root }: RestoreFleet): Promise<FarRepository> => {
  const sshd = await startSshd()
  let stopped: Promise<void> | undefined
  const serve = join(sshd.folder, 'serve')
  writeFileSync(serve, SERVE_HELPER.text)
  writeFileSync(`${serve}.whole`, SERVE_HELPER.text)
  for (const file of [serve, `${serve}.whole`]) chmodSync(file, 0o755)
  const repository = `backup1:${root}`
  const way = {
    repository_address: '127.0.0.1',
    repository_port: sshd.port,
    repository_user: userInfo().username,
    repository_host_keys: [sshd.hostKey],
  }
  const link = ({ host }: RestoreHost, name: string) => ({ cluster: host.dataDirectory, repository, name })
  const letIn = async (host: RestoreHost, name: string, access: 'read' | 'write'): Promise<void> => {
    const { fields } = await converge(postgresql_repository_key, link(host, name), { session: host.session })
    const publicKey = String(fields.public_key)
    const line = authorizedLine({ publicKey, serve, folder: `${root}/${name}`, readOnly: access === 'read' })
    appendFileSync(join(sshd.folder, 'authorized_keys'), `${line}\n`)
  }
  return {
    repository,
    way,
    link,
    letIn,
    reach: async (host, name, access = 'read') => {
      await letIn(host, name, access)
      await converge(postgresql_repository_link, { ...link(host, name), ...way }, { session: host.session })
    },
    interrupting: async (script, work) => {
      writeFileSync(
        serve,
        `#!/bin/sh
case $SSH_ORIGINAL_COMMAND in 'read backup/'*base.tar*) head -c 20000 "$2/\${SSH_ORIGINAL_COMMAND#read }"; ${script} ;; esac
exec '${serve}.whole' "$@"
`,
      )
      try {
        return await work()
      } finally {
        writeFileSync(serve, SERVE_HELPER.text)
      }
    },
    stop: () => {
      if (stopped === undefined) sshd.killConnections()
      stopped ??= sshd.stop()
      return stopped
    },
  }
}
