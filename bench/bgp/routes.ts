/**
 * The load of the bench as octets, ready to be written: UPDATE messages of l2vpn evpn with one attribute set each, 85
 * of a hundred with type 2 (MAC and IPv4), 5 with type 3, 10 with type 5. An encoder of its own: it must not share a
 * mistake with what is measured. RFC 4271 §4, RFC 4760, RFC 7432 §7, RFC 9136 §3.1.
 */

import { encodePmsi, u16, u24, u32 } from '../../test/interop/harness/octets.ts';

/** As many as fit an UPDATE of 4096 octets with their attributes. */
export const routesPerAttributeSet = 100;

export interface Load {
  readonly announce: readonly Buffer[];
  readonly withdraw: readonly Buffer[];
}

/** `pack` routes go into one UPDATE; the attribute sets are the same whatever it is. */
export function encodeLoad(routes: number, pack = routesPerAttributeSet): Load {
  const announce: Buffer[] = [];
  const withdraw: Buffer[] = [];
  for (let first = 0; first < routes; first += routesPerAttributeSet) {
    const set = first / routesPerAttributeSet;
    const last = Math.min(routes, first + routesPerAttributeSet);
    for (let from = first; from < last; from += pack) {
      const nlri: Buffer[] = [];
      for (let i = from; i < Math.min(last, from + pack); i += 1) nlri.push(encodeRoute(set, i));
      announce.push(encodeAnnouncement(set, Buffer.concat(nlri)));
      withdraw.push(encodeWithdrawal(Buffer.concat(nlri)));
    }
  }
  return { announce, withdraw };
}

/** A route that is not among the load, whatever its size. */
export function encodeProbe(n: number): { readonly announce: Buffer; readonly withdraw: Buffer } {
  const nlri = encodeMac(Buffer.concat([u16(0), u16(65000), u32(0xffff_ffff)]), n);
  return { announce: encodeAnnouncement(0, nlri), withdraw: encodeWithdrawal(nlri) };
}

type Kind = 'mac' | 'imet' | 'prefix';

function kindOf(set: number): Kind {
  const place = set % 20;
  if (place === 7) return 'imet';
  return place === 3 || place === 13 ? 'prefix' : 'mac';
}

/** A VNI for every thousand routes; its RD is of type 0: AS 65000 and the VNI. */
function vniOf(set: number): number {
  return 1 + Math.floor(set / 10);
}

function encodeRoute(set: number, i: number): Buffer {
  const rd = Buffer.concat([u16(0), u16(65000), u32(vniOf(set))]);
  switch (kindOf(set)) {
    case 'imet':
      return Buffer.concat([Buffer.from([3, 17]), rd, u32(0), Buffer.from([32]), u32(inTen(i))]);
    case 'prefix': {
      const prefix = [Buffer.from([32]), u32(inTen(i)), u32(0)];
      return Buffer.concat([Buffer.from([5, 34]), rd, noEsi, u32(0), ...prefix, u24(vniOf(set))]);
    }
    case 'mac':
    default:
      return encodeMac(rd, i);
  }
}

const noEsi = Buffer.alloc(10);

/** 10.0.0.0 and up. */
function inTen(i: number): number {
  return 0x0a00_0000 + i;
}

function encodeMac(rd: Buffer, i: number): Buffer {
  const mac = Buffer.concat([
    Buffer.from([48, 0x02, 0x00]),
    u32(i),
    Buffer.from([32]),
    u32(inTen(i)),
  ]);
  return Buffer.concat([Buffer.from([2, 37]), rd, noEsi, u32(0), mac, u24(1000)]);
}

const update = 2;
const optional = 0x80;
const transitive = 0x40;
const long = 0x10;

function encodeAnnouncement(set: number, nlri: Buffer): Buffer {
  const nextHop = u32(0xc000_0200 + 1 + (set % 200));
  const kind = kindOf(set);
  const reach = Buffer.concat([evpn, Buffer.from([4]), nextHop, Buffer.from([0]), nlri]);
  return encodeUpdate([
    attribute(transitive, 1, Buffer.from([0])),
    attribute(transitive, 2, Buffer.alloc(0)),
    attribute(transitive, 5, u32(100)),
    attribute(optional | transitive, 16, encodeCommunities(set, kind)),
    ...(kind === 'imet'
      ? [
          attribute(
            optional | transitive,
            22,
            encodePmsi({ tunnel: 6, label: vniOf(set), endpoint: '192.0.2.1' }),
          ),
        ]
      : []),
    attribute(optional | long, 14, reach),
  ]);
}

/** A target of the set's own, so that no two sets are equal; VXLAN; for type 5 the router's MAC. */
function encodeCommunities(set: number, kind: Kind): Buffer {
  const target = Buffer.concat([Buffer.from([0, 2]), u16(65000), u32(1 + set)]);
  const vxlan = Buffer.from([3, 12, 0, 0, 0, 0, 0, 8]);
  const router = Buffer.from([6, 3, 2, 0, 0, 0, 0, 1]);
  return Buffer.concat([target, vxlan, ...(kind === 'prefix' ? [router] : [])]);
}

function encodeWithdrawal(nlri: Buffer): Buffer {
  return encodeUpdate([attribute(optional | long, 15, Buffer.concat([evpn, nlri]))]);
}

const evpn = Buffer.from([0, 25, 70]);

function attribute(flags: number, code: number, value: Buffer): Buffer {
  const length = (flags & long) === 0 ? Buffer.from([value.length]) : u16(value.length);
  return Buffer.concat([Buffer.from([flags, code]), length, value]);
}

function encodeUpdate(attributes: readonly Buffer[]): Buffer {
  const all = Buffer.concat(attributes);
  return encodeMessage(update, Buffer.concat([u16(0), u16(all.length), all]));
}

/** RFC 4271 §4.1. */
export function encodeMessage(type: number, body: Buffer): Buffer {
  const header = [Buffer.alloc(16, 0xff), u16(19 + body.length), Buffer.from([type])];
  return Buffer.concat([...header, body]);
}

/** With l2vpn evpn, four-octet AS numbers and route refresh, and nothing else. */
export function encodeOpen(as: number, routerId: Buffer, hold = 180): Buffer {
  const capabilities = Buffer.concat([
    Buffer.from([1, 4, 0, 25, 0, 70]),
    Buffer.from([65, 4]),
    u32(as),
    Buffer.from([2, 0]),
  ]);
  const parameter = Buffer.concat([Buffer.from([2, capabilities.length]), capabilities]);
  const short = u16(as > 0xffff ? 23456 : as);
  const fixed = [Buffer.from([4]), short, u16(hold), routerId, Buffer.from([parameter.length])];
  return encodeMessage(1, Buffer.concat([...fixed, parameter]));
}

export const keepalive = encodeMessage(4, Buffer.alloc(0));
