/**
 * What an established session gives to whoever holds the routes, and takes from it: two small interfaces, with nothing of
 * sockets, timers or states in them. The RIB implements `SessionHandler`, one for each peer.
 */

import type { Ip } from '../../../net/ip.ts';
import type { MessageError } from '../wire/error.ts';
import type { AddressFamily } from '../wire/family.ts';
import type { refreshSubtypes } from '../wire/route-refresh.ts';
import type { Negotiated } from './negotiate.ts';
import type { Reason } from './reason.ts';
import type { Retained } from './retention.ts';

/** A session from `up` to `down`; of no use afterwards, when everything here does nothing. */
export interface Session {
  readonly negotiated: Negotiated;
  /** Families of which the peer kept its forwarding state, so that what is held as stale is held on until End-of-RIB. */
  readonly resumed: ReadonlySet<AddressFamily>;
  /** Our end of the connection, where it is known. */
  readonly localAddress?: Ip | undefined;
  /** Queues whole messages, one or several. Copies: the caller may use the memory again at once. */
  send(octets: Uint8Array): void;
  /** Octets that the kernel has not taken yet. Whoever has many UPDATEs stops building them when this is high. */
  readonly queued: number;
  /** Calls back once, when little is queued: at the next turn, if that is now. Never after `down`. */
  whenDrained(callback: () => void): void;
  /** Ends the session with this error; `down` has been called when this returns. Not from within `update`, which returns it. */
  reset(error: MessageError): void;
}

/** All calls for one peer come in this order: (up, (update | refresh)*, down, expired*)*. None comes from within another. */
export interface SessionHandler {
  up(session: Session): void;
  /**
   * One UPDATE, header included: [start, end) of `octets`, whose header was checked. HOT: the octets are those that the
   * kernel wrote to, and hold only during the call. What is returned ends the session.
   */
  update(octets: Uint8Array, start: number, end: number): MessageError | undefined;
  /** The peer asks for all routes of a negotiated family, or marks where those that we asked for begin and end. */
  refresh(family: AddressFamily, subtype: (typeof refreshSubtypes)[number]): void;
  /** The session is over. Routes of families that are not in `retained` go at once. */
  down(why: Down): void;
  /**
   * Of routes that were retained: the peer has not come back in time. They become long-lived stale (RFC 9494 §4.2) or are
   * to be deleted.
   */
  expired(family: AddressFamily, next: 'long-lived' | 'delete'): void;
}

export interface Down {
  readonly reason: Reason;
  /** Families whose routes may be kept as stale, RFC 4724 §4.2; `expired` tells when no longer. Mostly none. */
  readonly retained: readonly Retained[];
}
