/** What a RIB knows of those it hears from and tells: a small number each, and what decides about routes. No sessions. */

import type { Ip } from '../../../net/ip.ts';
import type { PeerKind } from '../wire/session.ts';

/** Of this speaker, for all its peers. */
export interface Local {
  /** In a confederation that of our member AS. */
  readonly as: number;
  /** The AS that our confederation is to all others, RFC 5065; left out: there is none. */
  readonly confederation?: number;
  /** The BGP identifier, RFC 6286. */
  readonly routerId: number;
  /** Of a route reflector; the BGP identifier unless several reflect for the same clients. RFC 4456 §7. */
  readonly clusterId: number;
}

/**
 * Where routes come from, and where they may go (RFC 4456 §6): of another AS or another member AS; a client of ours; of our
 * own AS and no client; or they are our own.
 */
export type ReflectorRole = 'external' | 'client' | 'non-client' | 'local';

export interface Neighbour {
  /** Its number; small, and free for another when it is gone for good. */
  readonly id: number;
  readonly kind: PeerKind;
  readonly role: ReflectorRole;
  readonly as: number;
  readonly routerId: number;
  /** Its address as one comparable text, for the last step of the decision. */
  readonly address: string;
  /** How often our AS may be in the path of what it announces. RFC 4271 §9 leaves that to the configuration. */
  readonly allowOwnAs: number;
}

/** The number of the peer that our own routes come from. */
export const ourselves = 0;

export function ourNeighbour(local: Local): Neighbour {
  const { as, routerId } = local;
  const role = 'local';
  return { id: ourselves, kind: 'internal', role, as, routerId, address: '', allowOwnAs: 0 };
}

/** RFC 4456 §6: what one internal peer that is no client has told goes to no other such. */
export function mayTell(from: ReflectorRole, to: ReflectorRole): boolean {
  return !(from === 'non-client' && to === 'non-client');
}

/** For `PeerRouting.address`: as long for all of a family, so that texts compare as numbers do. */
export function comparableAddress(ip: Ip): string {
  return ip.value.toString(16).padStart(ip.family === 4 ? 8 : 32, '0');
}
