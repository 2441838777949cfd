import { createHash } from 'node:crypto'
import { homedir, hostname, userInfo } from 'node:os'

/** What tokens of ssh_config(5) stand for, but for those that are the same for all hosts. */
export interface TokenValues {
  /** `%h`: the name or address connected to. */
  readonly address: string
  /** `%n`: the host as it was asked for. */
  readonly destination: string
  readonly port: number
  readonly user: string
  /** `%k`: the name that known_hosts is asked for. */
  readonly hostKeyAlias?: string | undefined
  /** `%j`: the ProxyJump. */
  readonly jump?: string | undefined
}

/**
 * Expands `%` tokens and, where `paths` is true, a leading `~/` and `${VARIABLE}`. What is no token stays as it is: ssh -G
 * has expanded some values already.
 */
export const expandTokens = (text: string, values: TokenValues, paths: boolean): string => {
  if (!text.includes('%')) return paths ? expandPath(text) : text
  const { address, destination, port, user, jump = '' } = values
  const tokens: Readonly<Record<string, () => string>> = {
    '%': () => '%',
    C: () => createHash('sha1').update(`${hostname()}${address}${port}${user}${jump}`).digest('hex'),
    d: homedir,
    h: () => address,
    i: () => String(userInfo().uid),
    j: () => jump,
    k: () => values.hostKeyAlias ?? destination,
    L: () => hostname().split('.')[0] ?? '',
    l: hostname,
    n: () => destination,
    p: () => String(port),
    r: () => user,
    u: () => userInfo().username,
  }
  const expanded = text.replaceAll(/%(.)/g, (whole, letter: string) => tokens[letter]?.() ?? whole)
  return paths ? expandPath(expanded) : expanded
}

/** A path with `~/` for the home folder of the user on the controller, and `${VARIABLE}` for the environment's. */
export const expandPath = (path: string): string => {
  const known = path.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => process.env[name] ?? whole)
  return known === '~' || known.startsWith('~/') ? `${homedir()}${known.slice(1)}` : known
}
