/**
 * The socket options of BGP on Linux, each as one call: TCP-MD5 (RFC 2385), GTSM (RFC 5082), TTL, VRF, precedence, buffers;
 * and those of ICMPv6. tcp(7), ip(7), ipv6(7), linux/tcp.h, linux/icmpv6.h. Every function gives 0, or the negated errno of what was refused.
 */

import { type Family, type Ip } from '../../../net/ip.ts';
import type { Prefix } from '../../../net/prefix.ts';
import type { Addon } from './addon.ts';
import { encodeSocketName } from './socket-address.ts';

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_BINDTODEVICE = 25;
const SO_RCVBUFFORCE = 33;
const IPPROTO_IP = 0;
const IP_TOS = 1;
const IP_TTL = 2;
const IP_MINTTL = 21;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_MD5SIG = 14;
const TCP_MD5SIG_EXT = 32;
const IPPROTO_IPV6 = 41;
const IPV6_UNICAST_HOPS = 16;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_V6ONLY = 26;
const IPV6_RECVHOPLIMIT = 51;
const IPV6_TCLASS = 67;
const IPV6_MINHOPCOUNT = 73;
const IPPROTO_ICMPV6 = 58;
const ICMP6_FILTER = 1;

/** RFC 4271 §3 leaves it open; routers mark routing protocols so: class selector 6, RFC 2474 §4.2.2. */
const CS6 = 0xc0;

/** TCP_MD5SIG_MAXKEYLEN. */
export const maxPasswordLength = 80;

export class SocketOptions {
  readonly #addon: Addon;
  readonly #fd: number;
  readonly #family: Family;

  constructor(addon: Addon, fd: number, family: Family) {
    this.#addon = addon;
    this.#fd = fd;
    this.#family = family;
  }

  reuseAddress(): number {
    return this.#int(SOL_SOCKET, SO_REUSEADDR, 1);
  }

  /** Sends each message when it is written; we have put together before what belongs together. */
  noDelay(): number {
    return this.#int(IPPROTO_TCP, TCP_NODELAY, 1);
  }

  precedence(): number {
    return this.#family === 4
      ? this.#int(IPPROTO_IP, IP_TOS, CS6)
      : this.#int(IPPROTO_IPV6, IPV6_TCLASS, CS6);
  }

  /** IPv4 has sockets of its own. */
  onlyIpv6(): number {
    return this.#int(IPPROTO_IPV6, IPV6_V6ONLY, 1);
  }

  /** A VRF, or the link of a link-local address. */
  device(name: string): number {
    return this.#set(SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(name));
  }

  /** Beyond net.core.rmem_max, which needs CAP_NET_ADMIN. A smaller one would only keep the kernel from choosing its own. */
  receiveBuffer(octets: number): number {
    return this.#int(SOL_SOCKET, SO_RCVBUFFORCE, octets);
  }

  timeToLive(hops: number): number {
    return this.#family === 4
      ? this.#int(IPPROTO_IP, IP_TTL, hops)
      : this.#int(IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops);
  }

  /** RFC 5082 §3: what has come a longer way is dropped by the kernel. */
  leastTimeToLive(hops: number): number {
    return this.#family === 4
      ? this.#int(IPPROTO_IP, IP_MINTTL, hops)
      : this.#int(IPPROTO_IPV6, IPV6_MINHOPCOUNT, hops);
  }

  /**
   * Segments from and to this address, or any of this prefix, are signed; the empty password takes that back. No interface is
   * named: a listener in a VRF is bound to it, and sees no other's segments.
   */
  password(of: Ip | Prefix, password: string): number {
    const [ip, length] = 'ip' in of ? [of.ip, of.length] : [of, undefined];
    const value = md5Signature(ip, length, new TextEncoder().encode(password));
    return this.#set(IPPROTO_TCP, length === undefined ? TCP_MD5SIG : TCP_MD5SIG_EXT, value);
  }

  multicastHops(hops: number): number {
    return this.#int(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
  }

  /** What we send to a group does not come back to us. */
  noMulticastLoop(): number {
    return this.#int(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
  }

  /** Each datagram comes with its hop limit, as IPV6_HOPLIMIT. */
  tellHopLimit(): number {
    return this.#int(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
  }

  /** Of all ICMPv6 only this type: RFC 3542 §3.2, where on Linux a bit that is set keeps a type out. */
  onlyIcmp6(type: number): number {
    const filter = new Uint32Array(8).fill(0xffff_ffff);
    filter[type >>> 5] = ~(1 << (type & 31));
    return this.#set(IPPROTO_ICMPV6, ICMP6_FILTER, new Uint8Array(filter.buffer));
  }

  /** Why the connection came to nothing, as a positive errno; 0 when it stands. */
  takeError(): number {
    const value = this.#addon.getsockopt(this.#fd, SOL_SOCKET, SO_ERROR, 4);
    if (typeof value === 'number') return -value;
    return new DataView(value.buffer, value.byteOffset).getInt32(0, true);
  }

  #int(level: number, name: number, value: number): number {
    return this.#set(level, name, new Uint8Array(Int32Array.of(value).buffer));
  }

  #set(level: number, name: number, value: Uint8Array): number {
    return this.#addon.setsockopt(this.#fd, level, name, value);
  }
}

const TCP_MD5SIG_FLAG_PREFIX = 1;
const addressLength = 128;

/** struct tcp_md5sig: address, flags, length of the prefix and of the key, interface, key. */
function md5Signature(ip: Ip, prefixLength: number | undefined, key: Uint8Array): Uint8Array {
  const octets = new Uint8Array(addressLength + 8 + maxPasswordLength);
  const view = new DataView(octets.buffer);
  octets.set(encodeSocketName({ ip, port: 0, scope: 0 }));
  if (prefixLength !== undefined) {
    view.setUint8(addressLength, TCP_MD5SIG_FLAG_PREFIX);
    view.setUint8(addressLength + 1, prefixLength);
  }
  view.setUint16(addressLength + 2, key.length, true);
  octets.set(key.subarray(0, maxPasswordLength), addressLength + 8);
  return octets;
}
