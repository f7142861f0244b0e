/** Finds and loads the native part, and says what of it BGP uses: sockets with options that node:net cannot set. */

import { loadNative } from '../../../native/load.ts';

/** System calls on descriptors. Those that can be refused give the negated errno. */
export interface Addon {
  /** Close-on-exec and non-blocking. */
  socket(domain: number, type: number, protocol: number): number;
  close(fd: number): number;
  /** `address` is the struct sockaddr of the domain. */
  bind(fd: number, address: Uint8Array): number;
  connect(fd: number, address: Uint8Array): number;
  listen(fd: number, backlog: number): number;
  /** The descriptor of the next connection. */
  accept(fd: number): number;
  send(fd: number, octets: Uint8Array): number;
  /** Octets received, 0 at the end of the stream. */
  recv(fd: number, into: Uint8Array): number;
  /** One datagram, with the struct sockaddr of its sender, and in `control` the struct cmsghdr that were asked for. */
  recvmsg(fd: number, into: Uint8Array, from: Uint8Array, control: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array): number;
  getsockopt(fd: number, level: number, name: number, length: number): Uint8Array | number;
  getsockname(fd: number, length: number): Uint8Array | number;
  getpeername(fd: number, length: number): Uint8Array | number;
  /**
   * Gives the kernel back what memory the process does not need now: free pieces, and pages of programs. One that
   * was built for an earlier version does not have it: what uses it is well without, only larger.
   */
  trim?(): number;
  readonly Watch: new (fd: number, listener: (errno: number, events: number) => void) => Watch;
}

export const READABLE = 1;
export const WRITABLE = 2;

/**
 * Says that a descriptor is ready, as long as it is, once a turn of the event loop. An errno says that it has an error, and
 * ends the watching. Owns its descriptor.
 */
export interface Watch {
  /** What to wait for, `READABLE | WRITABLE`; at first nothing. */
  watch(events: number): void;
  /** Closes the descriptor too. Nothing is told any more. May be called twice. */
  close(): void;
}

/** Throws when the addon was not built for this machine, with the remedy. */
export function loadAddon(): Addon {
  return loadNative('sockets') as Addon;
}
