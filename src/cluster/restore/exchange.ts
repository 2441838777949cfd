import { quote, sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { formatRestoreJournal, journalPath, type RestoreJournal } from './restore-journal.ts'
import type { RestorePlan } from './restore-plan.ts'
import { partFolders } from './unpack-chain.ts'
import { runStep, writeFileScript } from './write-file.ts'

/**
 * Writes down what a restore is going to build, before it does.
 *
 * @throws restore/step-failed
 */
export const beginJournal = async (session: Session, plan: RestorePlan): Promise<RestoreJournal> => {
  const { host, tablespaces, walDirectory, incomplete, runId } = plan
  const journal: RestoreJournal = {
    version: 1,
    run_id: runId,
    data_directory: host.dataDirectory,
    stage: 'building',
    incomplete: [
      ...partFolders(plan),
      ...tablespaces.map((place) => place.incomplete),
      ...(walDirectory === undefined ? [] : [incompleteWal(plan)]),
      incomplete,
    ],
    set_aside: [],
    put_in_place: [],
    wal_link: null,
    old: plan.setAside ?? null,
    wal_only: plan.setAside !== undefined && plan.wish.set_aside === 'wal',
  }
  await runStep(session, 'writing the journal of the restore', writeJournal(journal))
  return journal
}

/** Where the new WAL is put when `pg_wal` is to be a link. */
export const incompleteWal = ({ walDirectory, runId }: RestorePlan): string => `${walDirectory}.incomplete-${runId}`

/**
 * Sets the old cluster aside and puts the new one in its place: renames within file systems, noted before each half so
 * that the next run knows what to do after a crash in the middle.
 *
 * @param folder name of this version's folder in a tablespace, `PG_15_202209061`
 * @throws restore/step-failed; when the first half fails the old cluster is back in its place
 */
export const exchange = async (
  session: Session,
  plan: RestorePlan,
  begun: RestoreJournal,
  folder: string,
): Promise<void> => {
  const journal = begun.wal_only ? { ...begun, ...newPlaces(plan, folder) } : withMoves(plan, begun, folder)
  const data = journal.data_directory
  await runStep(
    session,
    'setting the old cluster aside',
    `undo() { trap - EXIT
${undoSetAside(journal)}
${writeJournal({ ...journal, stage: 'building' })}
exit 1; }
${writeJournal({ ...journal, stage: 'setting-aside' })} || exit 1
trap undo EXIT
${journal.set_aside.map(moveAside).join('\n')}
${journal.wal_link && journal.old ? relink(journal.old, journal.wal_link.to) : ''}
${writeJournal({ ...journal, stage: 'in-place' })} || exit 1
trap - EXIT
`,
  )
  await runStep(
    session,
    'putting the restored files in place',
    `set -e
${sh`[ ! -d ${data} ] || rmdir ${data}`.text}
${journal.put_in_place.map(moveInPlace).join('\n')}
${journal.incomplete.map((path) => sh`[ ! -d ${path} ] || rmdir ${path}`.text).join('\n')}
sync
`,
  )
}

/** Shell that puts back what was set aside, as far as that had come. */
export const undoSetAside = (journal: RestoreJournal): string =>
  [
    ...[...journal.set_aside]
      .reverse()
      .map(({ from, to }) => sh`if [ -e ${to} ] && [ ! -e ${from} ]; then mv -- ${to} ${from} || exit 1; fi`.text),
    journal.wal_link ? relink(journal.data_directory, journal.wal_link.from) : '',
  ].join('\n')

const withMoves = (plan: RestorePlan, journal: RestoreJournal, folder: string): RestoreJournal => {
  const { host, tablespaces, walDirectory } = plan
  if (journal.old === null) return { ...journal, ...newPlaces(plan, folder) }
  const aside = journal.old.slice(host.dataDirectory.length)
  const own = new Set(host.old.tablespaces.values())
  const wal =
    walDirectory !== undefined && walDirectory === host.old.walLink
      ? { from: walDirectory, to: `${walDirectory}${aside}` }
      : null
  return {
    ...journal,
    ...newPlaces(plan, folder),
    set_aside: [
      ...tablespaces
        .filter(({ to }) => own.has(to))
        .map(({ to }) => ({ from: `${to}/${folder}`, to: `${to}/${folder}${aside}` })),
      ...(wal ? [wal] : []),
      { from: host.dataDirectory, to: journal.old },
    ],
    wal_link: wal,
  }
}

const newPlaces = (plan: RestorePlan, folder: string): Pick<RestoreJournal, 'put_in_place'> => ({
  put_in_place: [
    ...plan.tablespaces.map(({ incomplete, to }) => ({ from: `${incomplete}/${folder}`, to: `${to}/${folder}` })),
    ...(plan.walDirectory === undefined ? [] : [{ from: incompleteWal(plan), to: plan.walDirectory }]),
    { from: plan.incomplete, to: plan.host.dataDirectory },
  ],
})

type Move = RestoreJournal['set_aside'][number]

const moveAside = ({ from, to }: Move): string =>
  sh`if [ -e ${from} ]; then
  [ ! -e ${to} ] || { echo ${`${to} is in the way`} >&2; exit 1; }
  mv -- ${from} ${to} || exit 1
fi`.text

// An empty folder may stand where the new one goes; anything else would be somebody's.
const moveInPlace = ({ from, to }: Move): string =>
  sh`[ ! -d ${to} ] || rmdir ${to}
[ ! -e ${to} ] || { echo ${`${to} is in the way`} >&2; exit 1; }
mv -- ${from} ${to}`.text

const writeJournal = (journal: RestoreJournal): string =>
  writeFileScript(journalPath(journal.data_directory), formatRestoreJournal(journal))

const relink = (dataDirectory: string, target: string): string => {
  const link = quote(`${dataDirectory}/pg_wal`)
  return `[ ! -h ${link} ] || ln -sfn ${quote(target)} ${link} || exit 1`
}
