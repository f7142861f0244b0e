/**
 * Which routes are asked for: a question in words, as it comes over the socket, to a test of the octets of a route. Only
 * octets that the family's codec has accepted are looked at.
 */

import { assertNever } from '../base/assert-never.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Ip, parseIp } from '../net/ip.ts';
import { type Mac, parseMac } from '../net/mac.ts';
import { parseVni } from '../net/numbers.ts';
import {
  comparePrefix,
  hostPrefix,
  networkOf,
  type Prefix,
  parsePrefix,
  prefixContains,
} from '../net/prefix.ts';
import { parseRouteDistinguisher } from '../net/route-distinguisher.ts';
import {
  type EvpnRoute,
  families,
  type FamilyName,
  familyNames,
  type NlriCodec,
  type Rd,
  rdOf,
} from '../protocols/bgp/index.ts';

/** What of a route can be asked for. */
interface Facts {
  /** Of the route types of EVPN. */
  readonly type?: EvpnType;
  readonly rd?: Rd;
  readonly prefix?: Prefix;
  readonly mac?: Mac;
  /** VNIs, or whatever the labels are; `undefined` where an attribute of the path tells. */
  readonly labels?: readonly number[] | undefined;
}

/** The words for EVPN route types; `ad` for Ethernet auto-discovery. */
export const evpnTypes = ['mac', 'imet', 'prefix', 'es', 'ad'] as const;
export type EvpnType = (typeof evpnTypes)[number];

export interface RouteQuery {
  readonly family: FamilyName;
  readonly bestOnly: boolean;
  /** The text of each attribute too. */
  readonly lines: boolean;
  /** The name of the peer, or its address. */
  readonly peer: string | undefined;
  /** `vni` where only the path can tell, of route type 3 with its PMSI tunnel; else nothing. */
  readonly matches: (octets: Uint8Array, start: number, end: number) => boolean | 'by tunnel';
  readonly vni: number | undefined;
}

interface Wanted {
  readonly type: EvpnType | undefined;
  readonly rd: Rd | undefined;
  readonly mac: Mac | undefined;
  readonly vni: number | undefined;
  /** The very prefix, or every one that an address is in. */
  readonly prefix: Prefix | undefined;
  readonly address: Ip | undefined;
}

export function parseRouteQuery(query: URLSearchParams): Result<RouteQuery, string> {
  const name = query.get('family') ?? 'l2vpn-evpn';
  const family = familyNames.find((each) => each === name);
  if (family === undefined) {
    return err(`there is no family '${name}'; there are ${familyNames.join(', ')}`);
  }
  const wanted = parseWanted(query);
  if (!wanted.ok) return wanted;
  const factsOf = readers[family];
  const isAll = Object.values(wanted.value).every((each) => each === undefined);
  const matches: RouteQuery['matches'] = (octets, start, end) =>
    isAll || isWanted(factsOf(octets, start, end), wanted.value);
  return ok({
    family,
    bestOnly: query.has('best'),
    lines: query.has('lines'),
    peer: query.get('peer') ?? undefined,
    vni: wanted.value.vni,
    matches,
  });
}

function parseWanted(query: URLSearchParams): Result<Wanted, string> {
  const type = query.get('type');
  const known = evpnTypes.find((each) => each === type);
  if (type !== null && known === undefined) {
    return err(`there is no EVPN route type '${type}'; there are ${evpnTypes.join(', ')}`);
  }
  const rd = parsed(query.get('rd'), parseRouteDistinguisher);
  if (!rd.ok) return rd;
  const mac = parsed(query.get('mac'), parseMac);
  if (!mac.ok) return mac;
  const vni = parsed(query.get('vni'), parseVni);
  if (!vni.ok) return vni;
  const text = query.get('prefix');
  const isPrefix = text?.includes('/') === true;
  const prefix = parsed(isPrefix ? text : null, parsePrefix);
  if (!prefix.ok) return prefix;
  const address = parsed(isPrefix ? null : text, parseIp);
  if (!address.ok) return address;
  return ok({
    type: known,
    rd: rd.value === undefined ? undefined : rdOf(rd.value),
    mac: mac.value,
    vni: vni.value,
    prefix: prefix.value === undefined ? undefined : networkOf(prefix.value),
    address: address.value,
  });
}

function parsed<T>(
  text: string | null,
  parse: (text: string) => Result<T, { readonly message: string }>,
): Result<T | undefined, string> {
  if (text === null) return ok(undefined);
  const value = parse(text);
  return value.ok ? value : err(value.error.message);
}

function isWanted(facts: Facts, wanted: Wanted): boolean | 'by tunnel' {
  const { type, rd, mac, vni, prefix, address } = wanted;
  if (type !== undefined && facts.type !== type) return false;
  if (rd !== undefined && facts.rd !== rd) return false;
  if (mac !== undefined && facts.mac !== mac) return false;
  if (prefix !== undefined && !isSame(facts.prefix, prefix)) return false;
  if (address !== undefined && !(facts.prefix && prefixContains(facts.prefix, address)))
    return false;
  if (vni === undefined) return true;
  return facts.type === 'imet' ? 'by tunnel' : (facts.labels?.includes(vni) ?? false);
}

function isSame(one: Prefix | undefined, other: Prefix): boolean {
  return one !== undefined && comparePrefix(one, other) === 0;
}

type Reader = (octets: Uint8Array, start: number, end: number) => Facts;

function reader<T>({ nlri }: { readonly nlri: NlriCodec<T> }, tell: (route: T) => Facts): Reader {
  return (octets, start, end) => tell(nlri.decode(octets, start, end));
}

const readers: Readonly<Record<FamilyName, Reader>> = {
  'ipv4-unicast': reader(families['ipv4-unicast'], (prefix) => ({ prefix })),
  'ipv6-unicast': reader(families['ipv6-unicast'], (prefix) => ({ prefix })),
  'ipv4-vpn': reader(families['ipv4-vpn'], ({ prefix, rd }) => ({ prefix, rd })),
  'ipv6-vpn': reader(families['ipv6-vpn'], ({ prefix, rd }) => ({ prefix, rd })),
  'l2vpn-evpn': reader(families['l2vpn-evpn'], factsOfEvpn),
  'route-target': reader(families['route-target'], () => ({})),
};

function factsOfEvpn(route: EvpnRoute): Facts {
  switch (route.type) {
    case 'mac': {
      const { ip, label, label2, mac, rd } = route;
      const labels = label2 === undefined ? [label] : [label, label2];
      return {
        type: 'mac',
        rd,
        mac,
        labels,
        ...(ip === undefined ? {} : { prefix: hostPrefix(ip) }),
      };
    }
    case 'prefix':
      return { type: 'prefix', rd: route.rd, prefix: route.prefix, labels: [route.label] };
    case 'imet':
      return { type: 'imet', rd: route.rd };
    case 'ead':
      return { type: 'ad', rd: route.rd, labels: [route.label] };
    case 'es':
      return { type: 'es', rd: route.rd };
    case 'opaque':
      return {};
    default:
      return assertNever(route);
  }
}
