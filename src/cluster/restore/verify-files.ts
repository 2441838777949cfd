import { LifeboatError } from '../../base/errors.ts'
import { quote, sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { RestorePlan } from './restore-plan.ts'

/**
 * Compares every unpacked file with the backup's manifest, before anything is edited: afterwards pg_verifybackup would
 * call the edited files damaged (trap B16). Links to the tablespaces stand only while it reads.
 *
 * @param ownManifest several backups were put together: their manifest is among the files
 * @returns false where the backup has no manifest to compare with
 * @throws restore/backup-damaged
 */
export const verifyFiles = async (
  session: Session,
  plan: RestorePlan,
  signal?: AbortSignal,
  ownManifest = false,
): Promise<boolean> => {
  const { backup } = plan.resolution
  const manifest = backup.files.find((file) => file.contents === 'manifest')
  if (!manifest) return false
  const stored = `backup/${backup.id}/${manifest.name}`
  const path = ownManifest ? `${plan.incomplete}/backup_manifest` : plan.access.path(stored)
  const links = plan.tablespaces.map(({ oid, incomplete }) => ({ link: `pg_tblspc/${oid}`, incomplete }))
  const result = await session.run(
    `LC_ALL=C; export LC_ALL
${path === undefined ? fetchManifest(plan.access.read(stored)) : `manifest=${quote(path)}`}
${sh`cd ${plan.incomplete}`.text} || exit 1
${links.map(({ link, incomplete }) => sh`rm -f ${link} && ln -s ${incomplete} ${link} || exit 1`.text).join('\n')}
# What it reads is in memory: the disk gets it meanwhile, so that little is left to be flushed before the exchange.
{ sync -f . || sync; } >/dev/null 2>&1 &
${sh`${`${plan.cluster.binDirectory}/pg_verifybackup`}`.text} -n -q -m "$manifest" . </dev/null >&2
status=$?
[ $status -ne 0 ] || wait
${links.map(({ link }) => sh`rm -f ${link}`.text).join('\n')}
exit $status
`,
    { signal },
  )
  if (result.status === 0) return true
  plan.access.check(result)
  const lines = result.stderr.trim().split('\n')
  throw new LifeboatError(
    'restore/backup-damaged',
    `the files of the backup ${backup.id} are not those it was made of`,
    {
      hints: [
        ...lines.slice(0, 10),
        ...(lines.length > 10 ? [`and ${lines.length - 10} more`] : []),
        'choose another backup',
      ],
    },
  )
}

const fetchManifest = (read: string): string => `umask 077
manifest=$(mktemp "\${TMPDIR:-/tmp}/lifeboat-manifest.XXXXXX") || exit 1
trap 'rm -f "$manifest"' EXIT
trap 'exit 143' HUP INT TERM
${read} > "$manifest" || exit
`
