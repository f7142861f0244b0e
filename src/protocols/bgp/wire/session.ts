/**
 * What the octets of a message depend on besides themselves: what two speakers have agreed on in their OPENs, and what
 * they are to each other. One immutable value, made once a session, handed to everything that decodes or encodes.
 */

import { type AddressFamily, families, type FamilyName, familyNumber } from './family.ts';

/**
 * Of the same AS; of another; or of another member AS of one confederation (RFC 5065), which is told more than an external
 * peer but less than an internal one.
 */
export type PeerKind = 'internal' | 'external' | 'confederation';

/** What was agreed on for one family. */
export interface FamilySession {
  readonly family: AddressFamily;
  /** Whether the peer puts a path identifier before each NLRI, and whether we do. RFC 7911 §4. */
  readonly receivePathIds: boolean;
  readonly sendPathIds: boolean;
  /** Whether IPv4 NLRI may have an IPv6 next hop. RFC 8950 §4. */
  readonly extendedNextHop: boolean;
}

export interface WireSession {
  readonly peer: PeerKind;
  /** With which AS every AS_PATH of the peer begins, RFC 4271 §6.3; left out: with any. */
  readonly firstAs?: number;
  /** AS numbers in AS_PATH and AGGREGATOR take four octets, RFC 6793. */
  readonly fourOctetAs: boolean;
  /** Messages that we send may be longer than 4096 octets: both ends have said that they know of it. RFC 8654 §4. */
  readonly extendedMessage: boolean;
  /** Messages that come may be: we have said so, and the peer need not have to send them. RFC 8654 §4, §5. */
  readonly receivesExtended: boolean;
  /** By `familyNumber`. */
  readonly families: ReadonlyMap<number, FamilySession>;
}

export interface FamilyOptions {
  readonly family: FamilyName;
  readonly receivePathIds?: boolean;
  readonly sendPathIds?: boolean;
  readonly extendedNextHop?: boolean;
}

export interface SessionOptions {
  readonly peer?: PeerKind;
  readonly firstAs?: number | undefined;
  readonly fourOctetAs?: boolean;
  readonly extendedMessage?: boolean;
  /** As `extendedMessage`, unless said. */
  readonly receivesExtended?: boolean;
  readonly families?: readonly (FamilyName | FamilyOptions)[];
}

/** What is left out is not agreed on; an internal peer unless said. */
export function wireSession(options: SessionOptions = {}): WireSession {
  const agreed = (options.families ?? []).map((of) => familySession(of));
  return Object.freeze({
    peer: options.peer ?? 'internal',
    ...(options.firstAs === undefined ? {} : { firstAs: options.firstAs }),
    fourOctetAs: options.fourOctetAs ?? false,
    extendedMessage: options.extendedMessage ?? false,
    receivesExtended: options.receivesExtended ?? options.extendedMessage ?? false,
    families: new Map(agreed.map((one) => [familyNumber(one.family), one])),
  });
}

function familySession(of: FamilyName | FamilyOptions): FamilySession {
  const options = typeof of === 'string' ? { family: of } : of;
  return Object.freeze({
    family: families[options.family],
    receivePathIds: options.receivePathIds ?? false,
    sendPathIds: options.sendPathIds ?? false,
    extendedNextHop: options.extendedNextHop ?? false,
  });
}

/** RFC 4271 §4.1, RFC 8654 §4. OPEN and KEEPALIVE stay within the first, whatever was agreed on. */
export const maxMessageLength = 4096;
export const maxExtendedLength = 65535;

/** The longest message that may come in this session, header included. */
export function longestReceived(session: WireSession): number {
  return session.receivesExtended ? maxExtendedLength : maxMessageLength;
}

/** The longest message that we may send in this session, header included. */
export function longestMessage(session: WireSession): number {
  return session.extendedMessage ? maxExtendedLength : maxMessageLength;
}
