import { confValues, parseConf } from '../../postgres/conf-file.ts'
import { splitList } from '../../postgres/settings.ts'
import type { Cluster } from '../locate.ts'
import type { DataDirectory, DebianFolder, LocateAnswer, Postmaster } from './answer.ts'

/** Puts together what was found: one entry a data directory, Debian's clusters first, then by name. */
export const assembleClusters = (answer: LocateAnswer): Cluster[] => {
  const debian = answer.debian.map((folder) => debianCluster(folder, answer))
  const taken = new Set(debian.map((cluster) => cluster.dataDirectory))
  const plain = plainDirectories(answer)
    .filter((data) => !taken.has(data.path))
    .map((data) => plainCluster(data, answer))
  const byName = (a: Cluster, b: Cluster): number => a.name.localeCompare(b.name, 'en', { numeric: true })
  return [...debian.sort(byName), ...plain.sort(byName)]
}

const debianCluster = (folder: DebianFolder, answer: LocateAnswer): Cluster => {
  const { version, name } = folder
  const values = settingsOf(folder.conf)
  const stated = values.get('data_directory') ?? `/var/lib/postgresql/${version}/${name}`
  const configFile = `${folder.folder}/postgresql.conf`
  const process = answer.postmasters.find(
    (postmaster) => directoryOf(postmaster) === stated || option(postmaster, 'config_file') === configFile,
  )
  const data = answer.data.find((found) => found.path === stated || found.path === process?.directory)
  const base: Base = {
    name: `${version}/${name}`,
    version,
    layout: 'debian',
    dataDirectory: data?.path ?? stated,
    configFile,
    hbaFile: values.get('hba_file') ?? `${folder.folder}/pg_hba.conf`,
    identFile: values.get('ident_file') ?? `${folder.folder}/pg_ident.conf`,
    owner: data?.owner || folder.owner,
    binDirectory: binDirectory(version, process, answer),
    defaultSocket: '/var/run/postgresql',
    logFile: `/var/log/postgresql/postgresql-${version}-${name}.log`,
  }
  return finish(base, values, data, process, answer.pgport)
}

const plainCluster = (data: DataDirectory, answer: LocateAnswer): Cluster => {
  const process = answer.postmasters.find((postmaster) => directoryOf(postmaster) === data.path)
  const values = settingsOf(data.conf)
  const configFile = (process && option(process, 'config_file')) ?? `${data.path}/postgresql.conf`
  const binaries = binDirectory(data.version, process, answer)
  const base: Base = {
    name: data.path,
    version: data.version,
    layout: 'plain',
    dataDirectory: data.path,
    configFile,
    hbaFile: (process && option(process, 'hba_file')) ?? values.get('hba_file') ?? `${data.path}/pg_hba.conf`,
    identFile: (process && option(process, 'ident_file')) ?? values.get('ident_file') ?? `${data.path}/pg_ident.conf`,
    owner: data.owner || (process?.owner ?? ''),
    binDirectory: binaries,
    // Compiled in: Debian moved it, everybody else kept /tmp, RPMs have both.
    defaultSocket: binaries.startsWith('/usr/lib/postgresql/') ? '/var/run/postgresql' : '/tmp',
    logFile: undefined,
  }
  return finish(base, values, data, process, answer.pgport)
}

interface Base {
  readonly name: string
  readonly version: string
  readonly layout: Cluster['layout']
  readonly dataDirectory: string
  readonly configFile: string
  readonly hbaFile: string
  readonly identFile: string
  readonly owner: string
  readonly binDirectory: string
  readonly defaultSocket: string
  readonly logFile: string | undefined
}

const finish = (
  { defaultSocket, ...base }: Base,
  values: ReadonlyMap<string, string>,
  data: DataDirectory | undefined,
  process: Postmaster | undefined,
  pgport: string,
): Cluster => {
  const running = data?.alive === true || process !== undefined
  const [pid, , , port, socket] = running ? (data?.pidFile ?? []) : []
  const settings = new Map([...values, ...settingsOf(data?.autoConf ?? '')])
  const stated = splitList(settings.get('unix_socket_directories') ?? '')[0]
  const processPort = process && (after(process, '-p') ?? option(process, 'port'))
  return {
    ...base,
    majorVersion: Number.parseInt(base.version, 10) || 0,
    port: Number(port || processPort || settings.get('port') || pgport || 5432),
    socketDirectory: socket?.trim() || (stated?.startsWith('/') ? stated : undefined) || defaultSocket,
    running,
    pid: running ? Number(pid) || process?.pid : undefined,
    walDirectoryLink: data?.walLink || undefined,
    externalPidFile: settings.get('external_pid_file') || undefined,
  }
}

/** Data directories outside /etc/postgresql that are clusters: running, named, or whole with their configuration. */
const plainDirectories = (answer: LocateAnswer): DataDirectory[] => {
  const running = new Set(answer.postmasters.map(directoryOf))
  const known = answer.data.filter(
    (data) =>
      (data.version !== '' && data.hasControlFile && (data.alive || data.why === 'wanted' || data.conf !== '')) ||
      (running.has(data.path) && data.path !== ''),
  )
  // An ordinary user sees that a server runs, though not its files.
  const unseen = answer.postmasters
    .filter((postmaster) => directoryOf(postmaster)?.startsWith('/'))
    .filter((postmaster) => !answer.data.some((data) => data.path === directoryOf(postmaster)))
    .map((postmaster) => unseenDirectory(postmaster))
  return [...known, ...unseen].map((data) => {
    const process = answer.postmasters.find((postmaster) => directoryOf(postmaster) === data.path)
    return data.version === '' && process ? { ...data, version: versionOfPath(binaryOf(process)) } : data
  })
}

const unseenDirectory = (postmaster: Postmaster): DataDirectory => ({
  path: directoryOf(postmaster) ?? '',
  owner: postmaster.owner,
  version: versionOfPath(binaryOf(postmaster)),
  alive: true,
  pidFile: [],
  walLink: '',
  hasControlFile: true,
  conf: '',
  autoConf: '',
  why: 'found',
})

const settingsOf = (conf: string): ReadonlyMap<string, string> => {
  // Read line by line: a line that cannot be read must not hide a cluster; the server itself will name it.
  const values = new Map<string, string>()
  for (const line of conf.split('\n')) {
    try {
      for (const [name, value] of confValues(parseConf(line))) values.set(name, value)
    } catch {}
  }
  return values
}

const binDirectory = (version: string, process: Postmaster | undefined, answer: LocateAnswer): string => {
  const binary = process && binaryOf(process)
  if (binary?.startsWith('/')) return binary.slice(0, binary.lastIndexOf('/'))
  return answer.bins.find((bin) => bin.version === version)?.path ?? `/usr/lib/postgresql/${version}/bin`
}

// The link says "(deleted)" behind the path once a package was upgraded under a running server.
const binaryOf = (postmaster: Postmaster): string =>
  postmaster.executable.replace(/ \(deleted\)$/, '') || (postmaster.arguments[0] ?? '')

const versionOfPath = (path: string): string => /(?:postgresql[/@]|pgsql-)(\d+)/.exec(path)?.[1] ?? ''

const directoryOf = (postmaster: Postmaster): string | undefined =>
  postmaster.directory || (option(postmaster, 'data_directory') ?? after(postmaster, '-D'))

const after = (postmaster: Postmaster, flag: string): string | undefined => {
  const index = postmaster.arguments.indexOf(flag)
  if (index > 0) return postmaster.arguments[index + 1]
  return postmaster.arguments.find((argument) => argument.startsWith(flag) && argument.length > 2)?.slice(flag.length)
}

const option = (postmaster: Postmaster, name: string): string | undefined => {
  for (const [index, argument] of postmaster.arguments.entries()) {
    const text = argument === '-c' ? (postmaster.arguments[index + 1] ?? '') : argument.replace(/^(-c|--)/, '')
    const [key, ...value] = text.split('=')
    if (value.length > 0 && key?.replaceAll('-', '_') === name) return value.join('=')
  }
  return undefined
}
