import { lookup, type LookupAddress } from 'node:dns'
import { BlockList, type LookupFunction } from 'node:net'

/** IPv4 that is not the public internet (IANA's registry of special-purpose addresses, multicast, and what is reserved). */
const special4 = `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
  192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4`
/** All IPv6 that is routed is in here; outside are loopback, link-local, unique-local, and IPv4 in disguise. */
const global6 = '2000::/3'
/** But for these: protocol assignments (Teredo too), documentation, and 6to4, which leads to any IPv4. */
const special6 = '2001::/23 2001:db8::/32 2002::/16 3fff::/20'

/** Tells addresses of the public internet from those that only somebody inside can reach: the metadata service's, for one. */
export function publicAddresses(): (address: string) => boolean {
  const [blocked4, open6, blocked6] = [list(special4, 'ipv4'), list(global6, 'ipv6'), list(special6, 'ipv6')]
  return (address) =>
    address.includes(':')
      ? open6.check(address, 'ipv6') && !blocked6.check(address, 'ipv6')
      : !blocked4.check(address, 'ipv4')
}

function list(subnets: string, family: 'ipv4' | 'ipv6'): BlockList {
  const all = new BlockList()
  for (const subnet of subnets.split(/\s+/)) {
    const [network = '', prefix] = subnet.split('/')
    all.addSubnet(network, Number(prefix), family)
  }
  return all
}

export class NotPublic extends Error {
  constructor() {
    super('not an address of the public internet')
    this.name = 'NotPublic'
  }
}

export type Resolve = (
  hostname: string,
  options: { all: true; family?: number | 'IPv4' | 'IPv6'; hints?: number },
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void

/**
 * A `lookup` for sockets: names that lead anywhere but to the public internet are refused where the connection is made, so a
 * name cannot lead elsewhere a moment after it was looked at. One bad address is enough. Sockets look up no IP literals: those
 * are for the caller to check.
 */
export const guardedLookup =
  (isPublic: (address: string) => boolean, resolve: Resolve = lookup): LookupFunction =>
  (hostname, { all, family, hints }, callback) => {
    const asked = { all: true, ...(family !== undefined && { family }), ...(hints !== undefined && { hints }) } as const
    resolve(hostname, asked, (error, addresses) => {
      const [first] = addresses ?? []
      if (error || !first) callback(error ?? new NotPublic(), '', 0)
      else if (!addresses.every(({ address }) => isPublic(address))) callback(new NotPublic(), '', 0)
      else if (all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
