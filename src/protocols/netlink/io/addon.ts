/** Finds and loads the native part (native/selvedge_native.c), and says what it offers. No policy. */

import { loadNative } from '../../../native/load.ts';

/** System calls on descriptors. Those that can be refused give the negated errno. */
export interface Addon {
  /** Close-on-exec and non-blocking. */
  socket(domain: number, type: number, protocol: number): number;
  close(fd: number): number;
  /** `address` is the struct sockaddr of the domain. */
  bind(fd: number, address: Uint8Array): number;
  send(fd: number, octets: Uint8Array): number;
  /** How many octets were received; the struct sockaddr of the sender is in `from`. Never waits. */
  recvmsg(fd: number, into: Uint8Array, from: Uint8Array, control: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array): number;
  getsockopt(fd: number, level: number, name: number, length: number): Uint8Array | number;
  getsockname(fd: number, length: number): Uint8Array | number;
  readonly Poll: new (
    fd: number,
    listener: (errno: number, datagram: Uint8Array | undefined) => void,
  ) => Poll;
}

/**
 * Hands over datagrams as they arrive, and read errors (ENOBUFS: some were lost; it goes on). Owns its descriptor.
 * Keeps the process alive until `unref` or `close`.
 */
export interface Poll {
  ref(): void;
  unref(): void;
  /** Closes the descriptor too. Nothing is delivered any more. May be called twice. */
  close(): void;
}

/** Throws when the addon was not built for this machine, with the remedy; every use of netlink hangs on it. */
export function loadAddon(): Addon {
  return loadNative('netlink') as Addon;
}
