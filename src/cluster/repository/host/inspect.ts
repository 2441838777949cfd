import { LifeboatError } from '../../../base/errors.ts'
import { quote, sh } from '../../../base/quote.ts'
import type { Session } from '../../../host/connection.ts'
import { SERVE_HELPER } from '../../archive/helpers/index.ts'
import { checkKey } from '../authorized-keys.ts'
import { FRAME_FUNCTION, parseFrames } from '../frames.ts'
import type { RepositoryLayout } from '../layout.ts'

/** A cluster's folder on a repository host, and who may enter it. */
export interface HostWish {
  readonly layout: RepositoryLayout
  /** Owner of everything there, and the user that database hosts log in as. */
  readonly user: string
  /** Key of a database host; undefined in check mode, where it was not made. */
  readonly publicKey: string | undefined
  /** Comment of the key: whose it is. */
  readonly holder: string
  readonly readOnly: boolean
}

/** A repository host as it is. */
export interface HostState {
  readonly wish: HostWish
  /** Undefined where there is no such user. */
  readonly home: string | undefined
  /** `serve` is installed, in this version. */
  readonly helper: boolean
  readonly authorizedKeys: string
  /** `owner mode` of the cluster's folder; undefined where it is not there. */
  readonly folder: string | undefined
  /** The folders inside are there. */
  readonly complete: boolean
  /** Type and key of each host key, without comment. */
  readonly hostKeys: readonly string[]
  /** Decompressors that it has: with them what arrives is looked into. */
  readonly programs: readonly string[]
}

/** Path of `serve` below the home of the user. */
export const servePath = (home: string): string => `${home}/.lifeboat/serve`

/**
 * Looks at a repository host, one round trip.
 *
 * @param session of root, or of the user itself
 * @throws archive/no-ssh, archive/bad-key, archive/repository-unreadable
 */
export const inspectHost = async (session: Session, wish: HostWish): Promise<HostState> => {
  const { status, stdout, stdoutBytes, stderr } = await session.run(script(wish))
  if (status !== 0) {
    throw new LifeboatError('archive/repository-unreadable', `${wish.layout.folder} cannot be looked at`, {
      hints: [stderr.trim(), `run the task as root (become: true), or as ${wish.user}`],
    })
  }
  const start = stdoutBytes.indexOf('\nframes\n')
  const frames = parseFrames(stdoutBytes.subarray(start + '\nframes\n'.length))
  const value = (name: string): string | undefined =>
    new RegExp(`^${name} (.*)$`, 'm').exec(stdout.slice(0, stdout.indexOf('\nframes\n')))?.[1]
  const hostKeys = frames.flatMap(({ name, content }) => (name === 'hostkey' ? [typeAndKey(content.toString())] : []))
  if (hostKeys.length === 0) {
    throw new LifeboatError('archive/no-ssh', 'this host has no SSH host keys in /etc/ssh', {
      hints: ['a repository host needs an SSH server; install openssh-server'],
    })
  }
  return {
    wish,
    home: value('home'),
    helper: value('serve') === SERVE_HELPER.digest,
    authorizedKeys: frames.find(({ name }) => name === 'authorized')?.content.toString() ?? '',
    folder: value('folder'),
    complete: value('complete') === 'yes',
    hostKeys,
    programs: (value('programs') ?? '').split(' ').filter(Boolean),
  }
}

const script = ({ user, layout }: HostWish): string => `LC_ALL=C; export LC_ALL
${FRAME_FUNCTION}
line=$( { getent passwd ${quote(user)} || grep ${quote(`^${user}:`)} /etc/passwd; } 2>/dev/null | head -n 1)
home=$(printf '%s' "$line" | cut -d: -f6)
[ -z "$home" ] || printf 'home %s\\n' "$home"
keys=$home/.ssh/authorized_keys
[ ! -f "$home/.lifeboat/serve" ] || printf 'serve %s\\n' "$(sha256sum < "$home/.lifeboat/serve" | cut -c 1-64)"
${sh`folder=${layout.folder}`.text}
if [ -e "$folder" ]; then
  printf 'folder %s\\n' "$(stat -c '%U %a' "$folder")"
  [ ! -d "$folder/wal" ] || [ ! -d "$folder/backup" ] || echo 'complete yes'
fi
programs=
for program in zstd lz4 gzip; do ! command -v $program >/dev/null || programs="$programs $program"; done
printf 'programs%s\\n' "$programs"
printf '\\nframes\\n'
for key in /etc/ssh/ssh_host_*_key.pub; do [ ! -r "$key" ] || frame hostkey "$key"; done
[ -z "$home" ] || [ ! -e "$keys" ] || frame authorized "$keys" || exit 1
`

const typeAndKey = (text: string): string => checkKey(text).split(' ').slice(0, 2).join(' ')
