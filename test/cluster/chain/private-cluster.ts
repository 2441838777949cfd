/**
 * A cluster of its own for one test file: data directory, socket and archive below one folder, 1 MB segments, archived
 * by cp. Runs as postgres where the tests run as root.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { quote } from '../../../src/base/quote.ts'
import type { Session } from '../../../src/host/connection.ts'
import { localSession } from '../../modules/local-session.ts'

const execute = promisify(execFile)

export const OWNER = process.getuid?.() === 0 ? 'postgres' : (process.env.USER ?? 'postgres')
const AS_OWNER = process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'] : []

/** A session of the user that owns the clusters. */
export const ownerSession = (): Session => ({ ...localSession([...AS_OWNER, 'sh']), user: OWNER })

export interface PrivateCluster {
  readonly folder: string
  readonly dataDirectory: string
  readonly archive: string
  readonly port: number
  readonly binDirectory: string
  readonly session: Session
  /** Runs a script as the owner and gives its output, trimmed; fails with its errors. */
  sh(script: string): Promise<string>
  sql(...statements: string[]): Promise<string>
  /** Switches WAL and waits until the segment that was closed is in the archive; gives its name. */
  switchWal(): Promise<string>
  remove(): Promise<void>
}

export const binDirectory = async (): Promise<string> => {
  const { stdout } = await execute('sh', ['-c', 'ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1'])
  return stdout.trim()
}

let nextPort = 5720 + (process.pid % 20) * 7

export const privateCluster = async (initdb = '', settings: readonly string[] = []): Promise<PrivateCluster> => {
  const bin = await binDirectory()
  const folder = await mkdtemp(join(tmpdir(), 'lb-restore-'))
  if (AS_OWNER.length > 0) await execute('chown', [OWNER, folder])
  const session = ownerSession()
  const sh = async (script: string): Promise<string> => {
    const result = await session.run(`PATH=${bin}:$PATH; cd ${quote(folder)}; set -e\n${script}`)
    if (result.status !== 0) throw new Error(`${script}\nstatus ${result.status}: ${result.stderr}${result.stdout}`)
    return result.stdout.trim()
  }
  const port = nextPort++
  const conf = [
    `port = ${port}`,
    `unix_socket_directories = '${folder}'`,
    "listen_addresses = ''",
    'fsync = off',
    'archive_mode = on',
    `archive_command = 'cp "%p" ${folder}/archive/"%f"'`,
    ...settings,
  ]
  await sh(`mkdir archive; initdb -D data -U postgres -A trust -N --wal-segsize=1 ${initdb} >/dev/null
cat >> data/postgresql.conf <<'CONF'
${conf.join('\n')}
CONF
pg_ctl -D data -l log -w start >/dev/null`)
  const sql = (...statements: string[]): Promise<string> =>
    sh(
      `psql -X -qAt -v ON_ERROR_STOP=1 -h ${folder} -p ${port} -U postgres postgres <<'SQL'\n${statements.join(';\n')};\nSQL`,
    )
  return {
    folder,
    dataDirectory: `${folder}/data`,
    archive: `${folder}/archive`,
    port,
    binDirectory: bin,
    session,
    sh,
    sql,
    switchWal: async () => {
      const [name = ''] = (await sql('select pg_walfile_name(pg_current_wal_lsn())', 'select pg_switch_wal()')).split(
        '\n',
      )
      await sh(`n=0; until [ -f archive/${name} ]; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done; sleep 0.05`)
      return name
    },
    remove: async () => {
      await sh(
        'for pid in */postmaster.pid; do [ ! -f "$pid" ] || pg_ctl -D "${pid%/*}" -m immediate stop >/dev/null 2>&1 || true; done',
      )
      await rm(folder, { recursive: true, force: true })
    },
  }
}
