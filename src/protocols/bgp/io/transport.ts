/**
 * TCP as sessions need it, as a port: who stands on sockets is tcp.ts, who stands on a virtual clock is the tests. And what
 * is set about the TCP connection with one peer.
 */

import type { Result } from '../../../base/result.ts';
import type { Ip } from '../../../net/ip.ts';
import type { IfName } from '../../../net/if-name.ts';
import type { Prefix } from '../../../net/prefix.ts';
import type { SocketName } from './socket-address.ts';

/** Of one peer, or of all in one listen range. */
export interface ConnectionSettings {
  /** The VRF in which the peer is; connections from elsewhere are not its. */
  readonly device?: IfName;
  /** The port of the peer; 179 unless said. */
  readonly port?: number;
  /** What we connect from; the kernel's choice unless said. */
  readonly source?: { readonly ip?: Ip; readonly port?: number };
  /** TCP-MD5, RFC 2385: 1 to 80 octets. */
  readonly password?: string;
  /** How many hops away the peer may be. */
  readonly hops: number;
  /** GTSM, RFC 5082: what has come more than `hops` is dropped. The peer must do the same. */
  readonly ttlSecurity?: boolean;
}

/** Where a peer is. `link` for a link-local address. */
export interface Place {
  readonly ip: Ip;
  readonly link?: IfName;
}

export interface Stream {
  readonly remote: SocketName;
  /** Our end, for people; `undefined` when the kernel does not know it any more. */
  local(): SocketName | undefined;
  /** Octets read into the buffer; 0 at the end of the stream; the negated errno otherwise, `-EAGAIN` when there are none. */
  read(into: Uint8Array): number;
  /** Octets taken; the negated errno otherwise, `-EAGAIN` when none can be now. */
  write(octets: Uint8Array): number;
  /** Whether `writable` is to be told. */
  wantWritable(wanted: boolean): void;
  /** Who is told; nobody before this is called. */
  listen(listener: StreamListener): void;
  /** May be called twice. Nothing is told any more. */
  close(): void;
}

export interface StreamListener {
  /** A connection that we have begun stands. */
  connected(): void;
  /** Or does not. */
  failed(detail: string): void;
  /** Something can be read, or the stream is at its end. Told once a turn of the event loop as long as it is so. */
  readable(): void;
  writable(): void;
}

export interface ListenSettings {
  readonly ip: Ip;
  readonly port: number;
  readonly device?: IfName;
}

export interface Listener {
  /** The port is the one that was given, or chosen by the kernel for 0. */
  readonly port: number;
  /** Connections from there are signed; `undefined`: no longer. */
  setPassword(of: Ip | Prefix, password: string | undefined): Result<void, string>;
  close(): void;
}

export interface Transport {
  /** Begins to connect; `connected` or `failed` follows. */
  connect(to: Place, settings: ConnectionSettings): Result<Stream, string>;
  /** `accept` is handed each connection, which it must listen to or close. */
  listen(at: ListenSettings, accept: (stream: Stream) => void): Result<Listener, string>;
  /** Makes an accepted connection one of this peer. */
  adopt(stream: Stream, settings: ConnectionSettings): Result<void, string>;
  /** Whether a scope that the kernel names is this link. */
  isScope(scope: number, link: IfName): boolean;
}

export const EAGAIN = 11;
export const bgpPort = 179;
