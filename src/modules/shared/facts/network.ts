import type { FactFields, Facts } from './platform.ts'

interface Address {
  readonly interface: string
  readonly version: 4 | 6
  readonly address: string
  readonly prefix: number
  readonly broadcast: string
  readonly scope: string
}

/** Interfaces and addresses; the default ones are those of the route to the internet. */
export const networkFacts = (fields: FactFields, interfaces: readonly string[]): Facts => {
  const addresses = readAddresses(fields.get('addresses') ?? '')
  const links = interfaces.map(readInterface)
  const facts: Facts = {
    interfaces: links.map(({ device }) => device),
    all_ipv4_addresses: addresses
      .filter((each) => each.version === 4 && !isLoopback(each))
      .map(({ address }) => address),
    all_ipv6_addresses: addresses
      .filter((each) => each.version === 6 && !isLoopback(each))
      .map(({ address }) => address),
    default_ipv4: defaultRoute(fields.get('route4') ?? '', 4, addresses, links),
    default_ipv6: defaultRoute(fields.get('route6') ?? '', 6, addresses, links),
  }
  for (const link of links)
    facts[link.device.replaceAll(/[-:.]/g, '_')] = { ...link, ...addressesOf(link.device, addresses) }
  if (fields.has('addresses')) return facts
  // No `ip` on the host: the kernel still tells the addresses and the route.
  const plain = (fields.get('all_addresses') ?? '').split(/\s+/).filter((word) => word !== '')
  facts.all_ipv4_addresses = plain.filter((word) => !word.includes(':') && !word.startsWith('127.'))
  facts.all_ipv6_addresses = plain.filter((word) => word.includes(':') && word !== '::1')
  const route = /^(\S+)\s+00000000\s+([0-9A-F]{8})/m.exec(fields.get('routes') ?? '')
  const gateway = route?.[2]
    ?.match(/../g)
    ?.reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.')
  const [address] = facts.all_ipv4_addresses as string[]
  facts.default_ipv4 = route === null || address === undefined ? {} : { interface: route[1], gateway, address }
  return facts
}

const isLoopback = ({ address }: Address): boolean => address.startsWith('127.') || address === '::1'

/** Lines of `ip -o addr`: `2: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0 …`. */
const readAddresses = (text: string): Address[] =>
  [...text.matchAll(/^\d+:\s+(\S+?)(?:@\S+)?\s+(inet6?)\s+([^\s/]+)(?:\s+peer\s+[^\s/]+)?(?:\/(\d+))?(.*)$/gm)].map(
    ([, device = '', family, address = '', prefix, rest = '']) => ({
      interface: device,
      version: family === 'inet' ? 4 : 6,
      address,
      prefix: Number(prefix ?? (family === 'inet' ? 32 : 128)),
      broadcast: /\bbrd (\S+)/.exec(rest)?.[1] ?? '',
      scope: /\bscope (\S+)/.exec(rest)?.[1] ?? 'global',
    }),
  )

const readInterface = (line: string) => {
  const [device = '', macaddress = '', mtu, state, type, flags, bridge, bonding] = line.split('|')
  const loopback = type === '772'
  return {
    device,
    ...(loopback || macaddress === '' ? {} : { macaddress }),
    mtu: Number(mtu),
    active: loopback || state === 'up' || (state === 'unknown' && (Number.parseInt(flags ?? '0', 16) & 1) === 1),
    type: loopback ? 'loopback' : bridge ? 'bridge' : bonding ? 'bonding' : type === '1' ? 'ether' : 'unknown',
    promisc: (Number.parseInt(flags ?? '0', 16) & 0x100) !== 0,
  }
}

const ipv4 = ({ address, prefix, broadcast }: Address): Facts => {
  const bits = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return { address, broadcast, netmask: dotted(bits), network: dotted((number & bits) >>> 0), prefix: String(prefix) }
}

const dotted = (bits: number): string => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')

const addressesOf = (device: string, all: readonly Address[]): Facts => {
  const [first, ...others] = all.filter((each) => each.interface === device && each.version === 4)
  const six = all.filter((each) => each.interface === device && each.version === 6)
  return {
    ...(first === undefined ? {} : { ipv4: ipv4(first) }),
    ...(others.length === 0 ? {} : { ipv4_secondaries: others.map(ipv4) }),
    ...(six.length === 0
      ? {}
      : { ipv6: six.map(({ address, prefix, scope }) => ({ address, prefix: String(prefix), scope })) }),
  }
}

const defaultRoute = (
  route: string,
  version: 4 | 6,
  addresses: readonly Address[],
  links: readonly ReturnType<typeof readInterface>[],
): Facts => {
  const word = (name: string): string | undefined => new RegExp(`\\b${name} (\\S+)`).exec(route)?.[1]
  const device = word('dev')
  if (device === undefined || device === 'lo') return {}
  const source = word('src')
  const own = addresses.find((each) => each.version === version && each.interface === device && each.address === source)
  const link = links.find((each) => each.device === device)
  const gateway = word('via')
  return {
    interface: device,
    address: source,
    ...(gateway === undefined ? {} : { gateway }),
    ...(own === undefined
      ? {}
      : version === 4
        ? { ...ipv4(own), alias: device }
        : { prefix: String(own.prefix), scope: own.scope }),
    ...(link === undefined ? {} : { macaddress: link.macaddress, mtu: link.mtu, type: link.type }),
  }
}
