import { userInfo } from 'node:os'
import { LifeboatError } from '../../base/errors.ts'
import { chooseAlgorithms } from './algorithms.ts'
import type { ReadConfig } from './config/lookup.ts'
import { jumpRequests } from './jump-hosts.ts'
import type { Method, Route, SshOptions } from './options.ts'
import type { SshRequest } from './request.ts'
import { readSettings, type Setting, type Settings } from './settings.ts'
import { expandTokens, type TokenValues } from './tokens.ts'

/** Seconds to connect where nobody says more. */
const CONNECT_SECONDS = 10
/** Seconds of silence after which a host is asked for a word. */
const KEEPALIVE_SECONDS = 15

const METHODS: readonly Method[] = ['publickey', 'password', 'keyboard-interactive']

/**
 * How a host is reached: what was said of it before what ssh_config says, and what is usual where nobody says anything.
 * Jump hosts are looked up in the same way, each for itself.
 *
 * @throws host/bad-ssh-config, host/unsupported-ssh-config
 */
export const resolveSsh = async (request: SshRequest, readConfig: ReadConfig): Promise<SshOptions> =>
  await resolve(request, readConfig, [])

const resolve = async (
  request: SshRequest,
  readConfig: ReadConfig,
  trail: readonly string[],
  through?: SshOptions,
): Promise<SshOptions> => {
  const { name, destination, configFile } = request
  const given = readSettings(request.settings, refuse(name))
  const address = given.address === undefined ? undefined : given.address.replaceAll('%h', destination)
  const { user, port } = given
  const config = await readConfig({ destination, address, user, port, configFile })
  const settings = readSettings([...request.settings, ...config], refuse(name))
  const values: TokenValues = {
    address: address ?? settings.address ?? destination,
    destination,
    port: settings.port ?? 22,
    user: settings.user ?? userInfo().username,
    hostKeyAlias: settings.hostKeyAlias,
    jump: settings.route?.kind === 'jump' ? settings.route.hops : undefined,
  }
  refuseUnsupported(name, settings)
  const paths = (list: readonly string[]): string[] => list.map((path) => expandTokens(path, values, true))
  const userFiles = settings.userKnownHostsFiles ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']
  const globalFiles = settings.globalKnownHostsFiles ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']
  const strictness = settings.strictHostKeyChecking ?? 'yes'
  const here = `${values.user}@${values.address}:${values.port}`
  if (trail.includes(here)) {
    throw new LifeboatError('host/bad-ssh-config', `its jump hosts lead in a circle: ${[...trail, here].join(' → ')}`)
  }
  return {
    name,
    address: values.address,
    port: values.port,
    user: values.user,
    route: through ? { kind: 'jump', through } : await routeOf(request, settings, values, readConfig, [...trail, here]),
    identityFiles: settings.identityFiles && paths(settings.identityFiles),
    identitiesOnly: settings.identitiesOnly ?? false,
    agent: agentOf(settings, values),
    password: request.password,
    passphrase: request.passphrase,
    methods: methodsOf(settings),
    hostKeyAlias: settings.hostKeyAlias,
    knownHostsFiles: paths([...userFiles, ...globalFiles]),
    newHostsFile: paths(userFiles)[0] ?? 'none',
    hashKnownHosts: settings.hashKnownHosts ?? false,
    revokedHostKeys: isNone(settings.revokedHostKeys)
      ? undefined
      : expandTokens(settings.revokedHostKeys ?? '', values, true),
    strictHostKeyChecking: strictness === 'yes' && request.acceptNewHostKeys ? 'accept-new' : strictness,
    algorithms: chooseAlgorithms(name, settings),
    connectTimeout: settings.connectTimeout || CONNECT_SECONDS,
    connectionAttempts: Math.max(1, settings.connectionAttempts ?? 1),
    keepaliveInterval: settings.keepaliveInterval ?? KEEPALIVE_SECONDS,
    keepaliveCountMax: settings.keepaliveCountMax ?? 3,
    family: settings.family,
    localAddress: settings.localAddress,
  }
}

const routeOf = async (
  request: SshRequest,
  { route }: Settings,
  values: TokenValues,
  readConfig: ReadConfig,
  trail: readonly string[],
): Promise<Route> => {
  if (!route || route.kind === 'direct') return { kind: 'direct' }
  if (route.kind === 'command') return { kind: 'command', command: expandTokens(route.command, values, false) }
  let through: SshOptions | undefined
  // Each is reached through the one before it; only the first is free to have jump hosts of its own.
  for (const jump of jumpRequests(request, expandTokens(route.hops, values, false))) {
    through = await resolve(jump, readConfig, through ? [] : trail, through)
  }
  return through ? { kind: 'jump', through } : { kind: 'direct' }
}

const refuse =
  (name: string) =>
  ([option, value]: Setting): never => {
    throw new LifeboatError('host/bad-ssh-config', `the ssh configuration of ${name} has "${option} ${value}"`, {
      hints: ['see what OpenSSH makes of it: ssh -G HOST'],
    })
  }

const isNone = (value: string | undefined): boolean => value === undefined || value.toLowerCase() === 'none'

/** What cannot be done here and yet decides whether the host is reached, or whether it is the right one. */
const refuseUnsupported = (name: string, settings: Settings): void => {
  const wanted: readonly (readonly [string, string | undefined])[] = [
    ['CertificateFile', settings.certificateFiles?.[0]],
    ['KnownHostsCommand', isNone(settings.knownHostsCommand) ? undefined : settings.knownHostsCommand],
    ['ProxyUseFdpass', settings.passesDescriptors ? 'yes' : undefined],
  ]
  for (const [option, value] of wanted) {
    if (value === undefined) continue
    throw new LifeboatError(
      'host/unsupported-ssh-config',
      `the ssh configuration of ${name} has "${option} ${value}", which the built-in ssh client cannot do`,
      { hints: ['set ansible_connection: openssh for the host: then the ssh program connects, which can'] },
    )
  }
}

const agentOf = (settings: Settings, values: TokenValues): string | undefined => {
  const usual = process.env.SSH_AUTH_SOCK || undefined
  const { agent } = settings
  if (agent === undefined || agent === 'SSH_AUTH_SOCK') return usual
  if (agent.toLowerCase() === 'none') return undefined
  return agent.startsWith('$') && !agent.startsWith('${')
    ? process.env[agent.slice(1)] || undefined
    : expandTokens(agent, values, true)
}

const methodsOf = (settings: Settings): readonly Method[] => {
  const allowed: Readonly<Record<Method, boolean>> = {
    publickey: settings.publicKeyAllowed ?? true,
    password: settings.passwordAllowed ?? true,
    'keyboard-interactive': settings.keyboardAllowed ?? true,
  }
  const order = settings.preferredMethods?.flatMap((wanted) => METHODS.filter((method) => method === wanted)) ?? METHODS
  return order.filter((method) => allowed[method])
}
