import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { lockedHba, lockedIdent } from '../../postgres/hba-file.ts'
import { formatTablespaceMap, parseTablespaceMap } from '../../postgres/tablespace-map.ts'
import { FRAME_FUNCTION, parseFrames } from '../repository/frames.ts'
import { fitConfiguration, placesIn, restoredAutoConf } from './configuration.ts'
import { incompleteWal } from './exchange.ts'
import type { RestorePlan } from './restore-plan.ts'
import { formatRestoreRecord, RESTORE_RECORD, type RestoreRecord } from './restore-record.ts'
import { SET_ASIDE_FILE } from './set-aside.ts'
import { UNDO_MARK } from './undo-journal.ts'
import { runStep, writeFileScript } from './write-file.ts'

/** Files in the data directory that hold the lock while the cluster is not released (trap R30). */
export const LOCKED_HBA = 'lifeboat_hba.conf'
export const LOCKED_IDENT = 'lifeboat_ident.conf'

/**
 * Makes a data directory that was unpacked and verified ready to recover: where the tablespaces are (trap R23), where
 * the WAL is (R24), the host's own configuration, nothing left of earlier recoveries (R35), the lock and the record.
 *
 * @returns what a person should know: settings that were taken out
 * @throws restore/step-failed, restore/backup-damaged
 */
export const configure = async (
  session: Session,
  plan: RestorePlan,
  record: RestoreRecord,
): Promise<readonly string[]> => {
  const { incomplete, cluster, host, own, walDirectory } = plan
  const files = await readFiles(session, plan)
  const text = (name: string): string | undefined => files.get(name)
  const { written, warnings } = await configurationFiles(session, plan, files)
  const keeper = { role: host.user, systemUser: host.user }
  const contents = new Map<string, string>([
    ...written,
    ['postgresql.auto.conf', restoredAutoConf(text('auto.old') ?? text('auto.new') ?? '', own)],
    [LOCKED_HBA, lockedHba(keeper)],
    [LOCKED_IDENT, lockedIdent(keeper)],
    ...tablespaceMap(plan, text('tablespace_map')),
  ])
  await runStep(
    session,
    'configuring the restored files',
    `set -e
${sh`cd ${incomplete}`.text}
${NEEDS_LABEL}
rm -f standby.signal postmaster.pid postmaster.opts ${UNDO_MARK} ${SET_ASIDE_FILE}
${[...contents].map(([name, content]) => writeFileScript(name, content)).join('\n')}
: > recovery.signal
${cluster.layout === 'plain' && hasOwnConfiguration(plan) ? copyConfiguration(plan) : ''}
${walDirectory === undefined ? '' : moveWal(incompleteWal(plan), walDirectory)}
${writeFileScript(RESTORE_RECORD, formatRestoreRecord(record))}
`,
  )
  return warnings
}

// Without it the server would take the checkpoint in pg_control for the start of replay, and come up damaged (B10).
const NEEDS_LABEL = `[ -s backup_label ] || { echo 'backup_label is missing' >&2; exit 1; }`

/** The host's configuration counts where there is one: a restore brings back data, not another host's settings. */
const hasOwnConfiguration = ({ host, cluster }: RestorePlan): boolean =>
  host.old.control !== undefined && cluster.layout === 'plain'

const readFiles = async (session: Session, plan: RestorePlan): Promise<Map<string, string>> => {
  const { incomplete, host } = plan
  const script = `${FRAME_FUNCTION}
${sh`cd ${incomplete}`.text} || exit 1
[ ! -f tablespace_map ] || frame tablespace_map tablespace_map
for name in postgresql.conf pg_hba.conf pg_ident.conf; do [ ! -f "$name" ] || frame "$name" "$name"; done
[ ! -f postgresql.auto.conf ] || frame auto.new postgresql.auto.conf
${sh`old=${host.old.path}`.text}
[ ! -f "$old/postgresql.auto.conf" ] || [ ! -f "$old/PG_VERSION" ] || frame auto.old "$old/postgresql.auto.conf"
exit 0
`
  const result = await session.run(`TZ=UTC; export TZ LC_ALL; LC_ALL=C\n${script}`)
  if (result.status !== 0) throw new LifeboatError('restore/step-failed', `cannot read ${incomplete}: ${result.stderr}`)
  return new Map(parseFrames(result.stdoutBytes).map(({ name, content }) => [name, content.toString()]))
}

/** The configuration of a plain cluster that brings its own: fitted to this host, and made up where there is none. */
const configurationFiles = async (
  session: Session,
  plan: RestorePlan,
  files: ReadonlyMap<string, string>,
): Promise<{ written: readonly [string, string][]; warnings: readonly string[] }> => {
  const { cluster, resolution } = plan
  if (cluster.layout !== 'plain' || hasOwnConfiguration(plan)) return { written: [], warnings: [] }
  const saved = await savedConfiguration(plan)
  const conf = files.get('postgresql.conf') ?? saved.get('config_file') ?? ''
  const auto = files.get('auto.new') ?? ''
  const places = [...placesIn(conf, 'postgresql.conf'), ...placesIn(auto, 'postgresql.auto.conf')]
  const present = await existing(session, places)
  const fitted = fitConfiguration(conf, 'postgresql.conf', present)
  const socket = fitted.dropped.some(({ name }) => name === 'unix_socket_directories')
  const owner = plan.host.user
  return {
    written: [
      [
        'postgresql.conf',
        socket ? `${fitted.text}\nunix_socket_directories = '${cluster.socketDirectory}'\n` : fitted.text,
      ],
      [
        'pg_hba.conf',
        files.get('pg_hba.conf') ?? saved.get('hba_file') ?? lockedHba({ role: owner, systemUser: owner }),
      ],
      ['pg_ident.conf', files.get('pg_ident.conf') ?? saved.get('ident_file') ?? ''],
    ],
    warnings: fitted.dropped.map(
      ({ name, value }) =>
        `${name} = ${value} of the backup ${resolution.backup.id} does not fit this host and was taken out`,
    ),
  }
}

/** Configuration files that lay outside the data directory of the source, as on Debian: the backup keeps copies. */
const savedConfiguration = async ({ access, resolution }: RestorePlan): Promise<ReadonlyMap<string, string>> => {
  const { id, config } = resolution.backup
  const saved = new Map<string, string>()
  for (const { role, file } of config) {
    if (role === 'include' || role === 'auto_conf') continue
    saved.set(role, (await access.readFile(`backup/${id}/${file}`)).toString())
  }
  return saved
}

const existing = async (session: Session, paths: readonly string[]): Promise<ReadonlySet<string>> => {
  if (paths.length === 0) return new Set()
  const output = await session.run(paths.map((path) => sh`[ ! -r ${path} ] || printf '%s\\n' ${path}`.text).join('\n'))
  return new Set(output.stdout.split('\n'))
}

const tablespaceMap = (plan: RestorePlan, text: string | undefined): [string, string][] => {
  const { backup } = plan.resolution
  const entries = parseTablespaceMap(text ?? '')
  const missing = plan.tablespaces.filter(({ oid }) => !entries.some((entry) => entry.oid === oid))
  if (missing.length > 0) {
    throw new LifeboatError(
      'restore/backup-damaged',
      `tablespace_map of the backup ${backup.id} lacks ${missing[0]?.name}`,
    )
  }
  if (plan.tablespaces.length === 0) return []
  return [['tablespace_map', formatTablespaceMap(plan.tablespaces.map(({ oid, to }) => ({ oid, location: to })))]]
}

const copyConfiguration = ({ host }: RestorePlan): string =>
  sh`old=${host.old.path}
for file in "$old"/*.conf "$old"/*.crt "$old"/*.key "$old"/conf.d; do
  case \${file##*/} in lifeboat_*.conf | postgresql.auto.conf) continue ;; esac
  [ ! -e "$file" ] || cp -pR "$file" .
done`.text

const moveWal = (target: string, walDirectory: string): string =>
  sh`rm -rf ${target}
mkdir -p -m 0700 ${target}
cp -pR pg_wal/. ${target}
rm -rf pg_wal
ln -s ${walDirectory} pg_wal`.text
