/**
 * Routes of the tests as the library's own values, and back. An EVPN route goes through the octets of harness/octets.ts,
 * which share nothing with the library: what it holds is compared with what others say, not with itself.
 */

import { assertNever } from '../../../../src/base/assert-never.ts';
import {
  type AsPath,
  decodeExtendedCommunity,
  decodeNextHop,
  encodeExtendedCommunity,
  encodeNlri,
  type FamilyName,
  families,
  formatIp,
  formatPrefix,
  type Ip4,
  type NlriValues,
  nextHopOf,
  type Originated,
  parseIp,
  parsePrefix,
  type PathAttributes,
  type Rib,
  unwrap,
  valuesOf,
} from '../../../../src/protocols/bgp/index.ts';
import { addressOctets, decodeEvpn, encodeEvpn, formatAddress } from '../octets.ts';
import { type Attributes, type Family, isEvpn, type Nlri, type Route } from '../routes.ts';
import { present } from './json.ts';

export const familyNames = {
  ipv4: 'ipv4-unicast',
  ipv6: 'ipv6-unicast',
  evpn: 'l2vpn-evpn',
} as const satisfies Readonly<Record<Family, FamilyName>>;

/** A route of a family, as the library takes it. */
export type OwnNlri = {
  readonly [F in (typeof familyNames)[Family]]: {
    readonly family: F;
    readonly nlri: NlriValues[F];
  };
}[(typeof familyNames)[Family]];

export function ownNlri(nlri: Nlri): OwnNlri {
  if (isEvpn(nlri)) {
    const octets = encodeEvpn(nlri);
    const value = families['l2vpn-evpn'].nlri.decode(octets, 0, octets.length);
    return { family: 'l2vpn-evpn', nlri: value };
  }
  return { family: familyNames[nlri.type], nlri: unwrap(parsePrefix(nlri.prefix)) };
}

export function originated({ attributes }: Route): Originated {
  const { nextHop, origin, asPath, med, localPref, originatorId, clusterList, pmsi } = attributes;
  const communities = attributes.communities?.map((text) => {
    const [high = 0, low = 0] = text.split(':').map(Number);
    return high * 0x10000 + low;
  });
  const large = attributes.largeCommunities?.map((text) => {
    const [global = 0, local1 = 0, local2 = 0] = text.split(':').map(Number);
    return { global, local1, local2 };
  });
  return {
    nextHop: { ip: unwrap(parseIp(nextHop)) },
    attributes: {
      origin,
      asPath: asPath.length === 0 ? [] : [{ type: 'sequence', asns: asPath }],
      ...present({
        med,
        localPref,
        communities,
        largeCommunities: large,
        extendedCommunities: attributes.extendedCommunities?.map((digits) =>
          decodeExtendedCommunity(BigInt(`0x${digits}`)),
        ),
        originatorId: originatorId === undefined ? undefined : ip4(originatorId),
        clusterList: clusterList?.map(ip4),
        pmsiTunnel: pmsi === undefined ? undefined : ownPmsi(pmsi),
      }),
    },
  };
}

function ip4(text: string): Ip4 {
  const ip = unwrap(parseIp(text));
  if (ip.family !== 4) throw new Error(`'${text}' is not of IPv4`);
  return ip;
}

function ownPmsi({ tunnel, label, endpoint }: NonNullable<Attributes['pmsi']>) {
  const identifier = endpoint === undefined ? new Uint8Array(0) : addressOctets(endpoint);
  return { flags: 0, tunnel, label, identifier };
}

/** Every path of a family that was learned, with the number of the peer that it is from. */
export function* readRib(rib: Rib): Generator<Route & { readonly peer: number }> {
  for (const destination of rib.destinations) {
    let path = rib.destinations.firstPath(destination);
    for (; path >= 0; path = rib.paths.next(path)) {
      const set = rib.attributes.get(rib.paths.attributes(path));
      if (set === undefined) continue;
      const address = rib.nlriOf(path, destination);
      const { octets } = rib.destinations;
      const [slab, start, end] = [octets.slab(address), octets.start(address), octets.end(address)];
      const hop = nextHopOf(set);
      const { ip } = decodeNextHop(hop, 0, hop.length, rib.family.nextHop);
      yield {
        peer: rib.paths.peer(path),
        nlri: readNlri(rib, slab, start, end),
        attributes: readAttributes(formatIp(ip), valuesOf(set)),
      };
    }
  }
}

function readNlri({ family }: Rib, octets: Uint8Array, start: number, end: number): Nlri {
  switch (family.name) {
    case 'ipv4-unicast':
    case 'ipv6-unicast': {
      const codec = families[family.name];
      const prefix = formatPrefix(codec.nlri.decode(octets, start, end));
      return { type: family.name === 'ipv4-unicast' ? 'ipv4' : 'ipv6', prefix };
    }
    case 'l2vpn-evpn': {
      const codec = families[family.name];
      return decodeEvpn(Buffer.from(encodeNlri(codec, codec.nlri.decode(octets, start, end))));
    }
    case 'ipv4-vpn':
    case 'ipv6-vpn':
    case 'route-target':
      throw new Error(`no family of the tests: ${family.name}`);
    default:
      return assertNever(family.name);
  }
}

function readAttributes(nextHop: string, values: PathAttributes): Attributes {
  const { origin, asPath = [], med, localPref, pmsiTunnel: pmsi } = values;
  return {
    nextHop,
    origin: origin ?? 'incomplete',
    asPath: numbersOf(asPath),
    ...present({
      med,
      localPref,
      communities: values.communities?.map((each) => `${each >>> 16}:${each & 0xffff}`),
      largeCommunities: values.largeCommunities?.map(
        ({ global, local1, local2 }) => `${global}:${local1}:${local2}`,
      ),
      extendedCommunities: values.extendedCommunities
        ?.map((each) => encodeExtendedCommunity(each).toString(16).padStart(16, '0'))
        .toSorted(),
      onlyToCustomer: values.onlyToCustomer,
      originatorId: values.originatorId === undefined ? undefined : formatIp(values.originatorId),
      clusterList: values.clusterList?.map(formatIp),
      pmsi:
        pmsi === undefined
          ? undefined
          : {
              tunnel: pmsi.tunnel,
              label: pmsi.label,
              ...(pmsi.identifier.length > 0 && {
                endpoint: formatAddress(Buffer.from(pmsi.identifier)),
              }),
            },
    }),
  };
}

function numbersOf(path: AsPath): readonly number[] {
  return path.flatMap(({ type, asns }) => {
    if (type !== 'sequence') throw new Error(`${type}: one sequence is all that is compared`);
    return asns;
  });
}
