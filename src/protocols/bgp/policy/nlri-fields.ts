/**
 * What policies ask of an NLRI, found in its octets without making a value of it: family of the address and where it stands,
 * EVPN route type, route distinguisher, labels. The formats are those of wire/nlri; what is not read has none of this.
 */

import { type AddressFamily, families, familyNumber } from '../wire/family.ts';
import { ESI, LABEL, RD, TAG } from '../wire/nlri/evpn/route-type.ts';
import { u8, u24, u64 } from '../wire/octets.ts';

/** One for many routes: each `read` overwrites the one before. HOT: once per route, where a policy asks for it. */
export class NlriFields {
  octets: Uint8Array = new Uint8Array(0);
  /** Of EVPN; 0 of all else. */
  routeType = 0;
  /** Where the route distinguisher stands; -1 without. */
  rdAt = -1;
  /** Of the prefix or host; 0 without. */
  ipFamily: 0 | 4 | 6 = 0;
  ipAt = 0;
  /** The length of the prefix. */
  bits = 0;
  /** -1 without. */
  label = -1;
  label2 = -1;

  read(family: AddressFamily, octets: Uint8Array, start: number, end: number): void {
    this.octets = octets;
    this.routeType = 0;
    this.rdAt = -1;
    this.ipFamily = 0;
    this.label = -1;
    this.label2 = -1;
    readers.get(familyNumber(family))?.(this, octets, start, end);
  }

  get rd(): bigint {
    return u64(this.octets, this.rdAt);
  }
}

type Reader = (into: NlriFields, octets: Uint8Array, start: number, end: number) => void;

const vpnHead = LABEL + RD;

function unicast(ipFamily: 4 | 6): Reader {
  return (into, octets, start) => {
    into.ipFamily = ipFamily;
    into.ipAt = start + 1;
    into.bits = u8(octets, start);
  };
}

function vpn(ipFamily: 4 | 6): Reader {
  return (into, octets, start) => {
    into.label = u24(octets, start + 1) >>> 4;
    into.rdAt = start + 1 + LABEL;
    into.ipFamily = ipFamily;
    into.ipAt = start + 1 + vpnHead;
    into.bits = u8(octets, start) - 8 * vpnHead;
  };
}

/** Of types 1 to 5 each begins with its route distinguisher. RFC 7432 §7. */
const evpn: Reader = (into, octets, start, end) => {
  const type = u8(octets, start);
  into.routeType = type;
  if (type >= 1 && type <= 5) into.rdAt = start + 2;
  if (type === 1) into.label = u24(octets, start + 2 + RD + ESI + TAG);
  if (type === 2) readMac(into, octets, start + 2, end);
  if (type === 5) readPrefix(into, octets, start + 2, end);
};

/** RFC 7432 §7.2: behind the tag a MAC address with its length, an IP address with its, one or two labels. */
function readMac(into: NlriFields, octets: Uint8Array, at: number, end: number): void {
  const lengthAt = at + RD + ESI + TAG + 7;
  const bits = u8(octets, lengthAt);
  const labelAt = lengthAt + 1 + (bits >>> 3);
  into.ipFamily = bits === 0 ? 0 : bits === 32 ? 4 : 6;
  into.ipAt = lengthAt + 1;
  into.bits = bits;
  into.label = u24(octets, labelAt);
  if (end > labelAt + LABEL) into.label2 = u24(octets, labelAt + LABEL);
}

/** RFC 9136 §3.1: behind the tag the length of the prefix, the prefix and the gateway in all their octets, a label. */
function readPrefix(into: NlriFields, octets: Uint8Array, at: number, end: number): void {
  const lengthAt = at + RD + ESI + TAG;
  const isIpv4 = end - lengthAt === 1 + 2 * 4 + LABEL;
  into.ipFamily = isIpv4 ? 4 : 6;
  into.ipAt = lengthAt + 1;
  into.bits = u8(octets, lengthAt);
  into.label = u24(octets, end - LABEL);
}

const readers: ReadonlyMap<number, Reader> = new Map([
  [familyNumber(families['ipv4-unicast']), unicast(4)],
  [familyNumber(families['ipv6-unicast']), unicast(6)],
  [familyNumber(families['ipv4-vpn']), vpn(4)],
  [familyNumber(families['ipv6-vpn']), vpn(6)],
  [familyNumber(families['l2vpn-evpn']), evpn],
]);
