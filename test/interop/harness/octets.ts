/**
 * EVPN NLRI and path attributes as octets, for what daemons take or show raw. It is written for the tests and shares
 * nothing with src/protocols/bgp, which it must be able to contradict. RFC 7432 §7, RFC 9136 §3.1, RFC 4760.
 */

import { isIPv4, isIPv6 } from 'node:net';
import { assertNever } from '../../../src/base/assert-never.ts';
import type { Attributes, EvpnNlri } from './routes.ts';

const typeCodes = { ead: 1, mac: 2, imet: 3, es: 4, prefix: 5 } as const;

export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

export function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

export function u24(value: number): Buffer {
  return Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]);
}

export function u32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

export function addressOctets(text: string): Buffer {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (!isIPv6(text)) throw new Error(`'${text}' is no address`);
  const [before = '', after = ''] = text.split('::');
  const words = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const missing = Math.max(0, 8 - words(before).length - words(after).length);
  const all = [...words(before), ...Array<string>(missing).fill('0'), ...words(after)];
  return Buffer.concat(all.map((word) => u16(Number.parseInt(word, 16))));
}

/** The text that WHATWG URLs, and so RFC 5952, have for it. */
export function formatAddress(octets: Buffer): string {
  if (octets.length === 4) return [...octets].join('.');
  const words = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(i * 2).toString(16));
  return new URL(`http://[${words.join(':')}]/`).hostname.slice(1, -1);
}

function macOctets(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

function colons(octets: Buffer): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
}

/** RFC 4364 §4.2: type 0 for a short AS, 1 for an address, 2 for a long AS. */
export function rdOctets(text: string): Buffer {
  const [admin = '', assigned = ''] = text.split(':');
  if (isIPv4(admin)) {
    return Buffer.concat([u16(1), addressOctets(admin), u16(Number(assigned))]);
  }
  return Number(admin) > 0xffff
    ? Buffer.concat([u16(2), u32(Number(admin)), u16(Number(assigned))])
    : Buffer.concat([u16(0), u16(Number(admin)), u32(Number(assigned))]);
}

function formatRd(octets: Buffer): string {
  const type = octets.readUInt16BE(0);
  if (type === 0) return `${octets.readUInt16BE(2)}:${octets.readUInt32BE(4)}`;
  const admin = type === 1 ? formatAddress(octets.subarray(2, 6)) : octets.readUInt32BE(2);
  return `${admin}:${octets.readUInt16BE(6)}`;
}

export function encodeEvpn(nlri: EvpnNlri): Buffer {
  const body = Buffer.concat(partsOf(nlri));
  return Buffer.concat([u8(typeCodes[nlri.type]), u8(body.length), body]);
}

function partsOf(nlri: EvpnNlri): readonly Buffer[] {
  const rd = rdOctets(nlri.rd);
  switch (nlri.type) {
    case 'ead':
      return [rd, macOctets(nlri.esi), u32(nlri.tag), u24(nlri.label)];
    case 'mac': {
      const ip = nlri.ip === undefined ? Buffer.alloc(0) : addressOctets(nlri.ip);
      const mac = [u8(48), macOctets(nlri.mac), u8(ip.length * 8), ip];
      return [rd, macOctets(nlri.esi), u32(nlri.tag), ...mac, u24(nlri.label)];
    }
    case 'imet': {
      const ip = addressOctets(nlri.ip);
      return [rd, u32(nlri.tag), u8(ip.length * 8), ip];
    }
    case 'es': {
      const ip = addressOctets(nlri.ip);
      return [rd, macOctets(nlri.esi), u8(ip.length * 8), ip];
    }
    case 'prefix': {
      const [address = '', length = ''] = nlri.prefix.split('/');
      const addresses = [addressOctets(address), addressOctets(nlri.gateway)];
      const prefix = [u8(Number(length)), ...addresses];
      return [rd, macOctets(nlri.esi), u32(nlri.tag), ...prefix, u24(nlri.label)];
    }
    default:
      return assertNever(nlri);
  }
}

/** One NLRI, from its type code on. */
export function decodeEvpn(octets: Buffer): EvpnNlri {
  const body = octets.subarray(2);
  const rd = formatRd(body);
  const esi = colons(body.subarray(8, 18));
  switch (octets[0] ?? 0) {
    case typeCodes.ead:
      return { type: 'ead', rd, esi, tag: body.readUInt32BE(18), label: body.readUIntBE(22, 3) };
    case typeCodes.mac: {
      const ipOctets = (body[29] ?? 0) / 8;
      const ip = ipOctets === 0 ? {} : { ip: formatAddress(body.subarray(30, 30 + ipOctets)) };
      const mac = colons(body.subarray(23, 29));
      const label = body.readUIntBE(30 + ipOctets, 3);
      return { type: 'mac', rd, esi, tag: body.readUInt32BE(18), mac, ...ip, label };
    }
    case typeCodes.imet:
      return { type: 'imet', rd, tag: body.readUInt32BE(8), ip: formatAddress(body.subarray(13)) };
    case typeCodes.es:
      return { type: 'es', rd, esi, ip: formatAddress(body.subarray(19)) };
    case typeCodes.prefix: {
      const size = (body.length - 26) / 2;
      const address = formatAddress(body.subarray(23, 23 + size));
      return {
        type: 'prefix',
        rd,
        esi,
        tag: body.readUInt32BE(18),
        prefix: `${address}/${body[22]}`,
        gateway: formatAddress(body.subarray(23 + size, 23 + 2 * size)),
        label: body.readUIntBE(23 + 2 * size, 3),
      };
    }
    default:
      throw new Error(`no EVPN route type of the tests: ${octets[0]}`);
  }
}

const evpnFamily = Buffer.from([0, 25, 70]);

/** MP_REACH_NLRI, the attribute's value. RFC 4760 §3. */
export function encodeReach(nextHop: string, nlri: readonly Buffer[]): Buffer {
  const address = addressOctets(nextHop);
  return Buffer.concat([evpnFamily, u8(address.length), address, u8(0), ...nlri]);
}

/** MP_UNREACH_NLRI, the attribute's value. RFC 4760 §4. */
export function encodeUnreach(nlri: readonly Buffer[]): Buffer {
  return Buffer.concat([evpnFamily, ...nlri]);
}

/** PMSI tunnel, the attribute's value. RFC 6514 §5. */
export function encodePmsi(pmsi: NonNullable<Attributes['pmsi']>): Buffer {
  const endpoint = pmsi.endpoint === undefined ? Buffer.alloc(0) : addressOctets(pmsi.endpoint);
  return Buffer.concat([u8(0), u8(pmsi.tunnel), u24(pmsi.label), endpoint]);
}
