/** struct sockaddr_in and sockaddr_in6 of Linux, octets and values, ip(7) and ipv6(7). */

import { type Ip, ipBytes, ipFromBytes } from '../../../net/ip.ts';

export interface SocketName {
  readonly ip: Ip;
  readonly port: number;
  /** The index of the link that a link-local address is of; otherwise 0. */
  readonly scope: number;
}

export const AF_INET = 2;
export const AF_INET6 = 10;
/** The greater of both. */
export const socketNameLength = 28;

export function encodeSocketName({ ip, port, scope }: SocketName): Uint8Array {
  const octets = new Uint8Array(ip.family === 4 ? 16 : socketNameLength);
  const view = new DataView(octets.buffer);
  view.setUint16(0, ip.family === 4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, port);
  octets.set(ipBytes(ip), ip.family === 4 ? 4 : 8);
  if (ip.family === 6) view.setUint32(24, scope, true);
  return octets;
}

/** `undefined` for what is of no IP family. */
export function decodeSocketName(octets: Uint8Array): SocketName | undefined {
  if (octets.length < 16) return undefined;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const family = view.getUint16(0, true);
  const port = view.getUint16(2);
  if (family === AF_INET) {
    const ip = ipFromBytes(octets.subarray(4, 8));
    return ip === undefined ? undefined : { ip, port, scope: 0 };
  }
  if (family !== AF_INET6 || octets.length < socketNameLength) return undefined;
  const ip = ipFromBytes(octets.subarray(8, 24));
  return ip === undefined ? undefined : { ip, port, scope: view.getUint32(24, true) };
}
