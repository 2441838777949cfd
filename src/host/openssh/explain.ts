import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { COMPARE } from '../ssh/host-key.ts'
import { knownHostName } from '../ssh/known-hosts.ts'
import { formatAddress } from '../ssh/options.ts'
import { type Cause, type Place, unreachable } from '../ssh/unreachable.ts'

/** Words of ssh for what keeps a connection from coming about. */
const CAUSES: readonly (readonly [RegExp, Cause])[] = [
  [/Could not resolve hostname|Name or service not known/, 'name'],
  [/kex_exchange_identification|banner exchange|MaxStartups|Connection closed by .* port/, 'dropped'],
  [/Not allowed at this time/, 'penalty'],
  [/Connection refused/, 'refused'],
  [/timed out/, 'timeout'],
  [/No route to host|Network is unreachable|Cannot assign requested address/, 'route'],
  [/Connection reset/, 'reset'],
]

/** What it means that the ssh program ended before the login, by what it said. */
export const explainOpenssh = (place: Place, user: string, said: string): LifeboatError => {
  const lines = said.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('debug'))
  const text = lines.join('\n')
  const last = lines.at(-1) ?? 'the ssh program ended and said nothing'
  return (
    hostKeyError(place, text) ??
    authError(place, user, text) ??
    (/Bad configuration option|terminating, \d+ bad|unknown option|usage: ssh/.test(text)
      ? new LifeboatError('host/bad-ssh-config', `the ssh program cannot connect to ${place.name}: ${lines[0] ?? last}`)
      : unreachable(place, CAUSES.find(([words]) => words.test(text))?.[1] ?? 'handshake', last))
  )
}

const hostKeyError = (place: Place, text: string): LifeboatError | undefined => {
  const who = `${place.name} (${formatAddress(place)})`
  const shown = /fingerprint for the (\S+) key sent by the remote host is\s+(SHA256:[^\s.]+)/.exec(text)
  const key = shown ? `shows the ${shown[1]} key ${shown[2]}` : 'shows a key'
  const [, type, file, line] = /Offending (\S+) key in (.+):(\d+)/.exec(text) ?? []
  if (/REVOKED HOST KEY/.test(text)) {
    return new LifeboatError('host/revoked-host-key', `${who} ${key}, which is marked as revoked`)
  }
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(text)) {
    const known = file === undefined ? 'another one is known' : `${file}:${line} has another ${type} key for it`
    const remove =
      file === undefined
        ? []
        : [`if the new key is right: ssh-keygen -f ${quote(file)} -R ${quote(knownHostName(place))}`]
    return new LifeboatError('host/changed-host-key', `${who} ${key}, but ${known}`, {
      hints: ['either the host was set up anew, or somebody stands in between', ...remove],
    })
  }
  if (/Host key verification failed|No .* host (key|certificate) is known/.test(text)) {
    return new LifeboatError('host/unknown-host-key', `${who} shows a key that is not known`, {
      hints: [COMPARE, 'then accept it with --accept-new-host-keys'],
    })
  }
  return undefined
}

const authError = (place: Place, user: string, text: string): LifeboatError | undefined => {
  const [, offered] = /Permission denied(?: \(([^)]*)\))?/.exec(text) ?? []
  if (offered === undefined && !/Permission denied|Too many authentication failures/.test(text)) return undefined
  const offering = offered === undefined ? '' : `; it offers ${offered.replaceAll(',', ', ')}`
  return new LifeboatError(
    'host/auth',
    `${place.name} (${formatAddress(place)}) did not let ${user} in; ssh said: ${text.replaceAll('\n', '; ')}${offering}`,
    { hints: ['see what OpenSSH tries: ssh -v HOST true'], data: { offered: offered?.split(',') ?? [] } },
  )
}
