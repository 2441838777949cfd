import { LifeboatError } from '../../base/errors.ts'
import { quote, sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { HELPER_FOLDER_SCRIPT } from '../helper-folder.ts'
import { HELPERS, type Helper } from './helpers/index.ts'

/** The helpers on a host, as they were found. */
export interface InstalledHelpers {
  /** Where they are, or belong: a folder of the cluster's owner that no restore touches. */
  readonly folder: string
  /** Helpers that are missing or of another version. */
  readonly outdated: readonly Helper[]
  /** Compressors that the host has, and the programs of SSH. */
  readonly programs: readonly string[]
}

/**
 * Looks for the helpers, one round trip.
 *
 * @param session of the cluster's owner
 * @param dataDirectory in which they must not be
 * @throws archive/no-helper-folder when the owner has no home outside the data directory
 */
export const findHelpers = async (session: Session, dataDirectory: string): Promise<InstalledHelpers> => {
  const { stdout } = await session.run(`${HELPER_FOLDER_SCRIPT}
if [ -d "$home" ] && [ -w "$home" ]; then printf '%s\\n' "$helpers"; else printf '\\n%s\\n' "$home"; fi
for name in ${HELPERS.map(({ name }) => name).join(' ')}; do
  [ ! -x "$helpers/$name" ] || printf '%s %s\\n' "$name" "$(sha256sum < "$helpers/$name" | cut -d' ' -f1)"
done
for program in zstd lz4 gzip ssh ssh-keygen; do ! command -v $program >/dev/null || printf 'program %s\\n' $program; done
`)
  const [folder = '', ...lines] = stdout.trimEnd().split('\n')
  if (folder === '' || `${folder}/`.startsWith(`${dataDirectory}/`)) {
    const home = folder === '' ? (lines[0] ?? '') : folder.replace(/\/\.lifeboat$/, '')
    throw new LifeboatError(
      'archive/no-helper-folder',
      `the home of ${session.user} (${home || 'none'}) cannot hold the helpers`,
      { hints: ['it must be a folder that the owner of the cluster may write, outside the data directory'] },
    )
  }
  return {
    folder,
    outdated: HELPERS.filter(({ name, digest }) => !lines.includes(`${name} ${digest}`)),
    programs: lines.filter((line) => line.startsWith('program ')).map((line) => line.slice('program '.length)),
  }
}

/** Script that installs helpers, each replaced in one step: PostgreSQL may be running the old one at the moment. */
export const installScript = (folder: string, helpers: readonly Helper[]): string =>
  helpers.length === 0
    ? ''
    : [
        sh`[ -d ${folder} ] || mkdir -m 0700 ${folder} || exit 1`.text,
        ...helpers.map(({ name, text }) => {
          const file = quote(`${folder}/${name}`)
          const temporary = `${file}.$$`
          return `printf '%s' ${quote(text)} > ${temporary} && chmod 0755 ${temporary} && { sync ${temporary} 2>/dev/null || sync; } && mv -f ${temporary} ${file} || exit 1`
        }),
        '',
      ].join('\n')
