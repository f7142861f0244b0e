/**
 * Which of two connections with one peer is kept. RFC 4271 §6.8, by identifier; by AS when these are equal, RFC 6286 §2.3;
 * RFC 4724 §5 when the other one belongs to a past life of the peer. Both ends come to the same answer.
 */

import type { Identity, Negotiated } from './negotiate.ts';
import type { Side } from './machine.ts';

export interface Newcomer {
  readonly side: Side;
  /** It has just received its OPEN. */
  readonly negotiated: Negotiated;
  /** It was made when the other was Established already, so that the two cannot have crossed on their ways. */
  readonly isLate: boolean;
}

/** The other one: in OpenSent, OpenConfirm or Established. */
export interface Rival {
  /** What was agreed on when it was Established; `undefined` before that. */
  readonly established: Negotiated | undefined;
}

export type Verdict =
  /** The newcomer is closed. */
  | 'keep'
  /** The other one is. */
  | 'replace'
  /** The other one is too, without a word, as there is nobody left at its other end. */
  | 'restarted';

/**
 * RFC 4271 §6.8 lets a connection in OpenSent be examined by who knows the peer's identifier: the newcomer's OPEN has told it.
 * Otherwise the loser might become Established before its rival has received its OPEN.
 */
export function resolveCollision(newcomer: Newcomer, { established }: Rival): Verdict {
  if (established !== undefined && newcomer.isLate) {
    const { local, remote } = established.restart;
    return local !== undefined && remote !== undefined ? 'restarted' : 'keep';
  }
  // Even if the other is Established: the peer, which sees the messages in another order, may still decide by identifier (the
  // race that "CollisionDetectEstablishedState" of §8.1.1 is for), and each would close the connection the other keeps.
  const { local, remote } = newcomer.negotiated;
  return newcomer.side === winner(local, remote) ? 'replace' : 'keep';
}

/** The connection that the speaker with the greater number has made. */
function winner(local: Identity, remote: Identity): Side {
  const difference =
    local.id.value === remote.id.value ? local.asn - remote.asn : local.id.value - remote.id.value;
  return difference > 0 ? 'outgoing' : 'incoming';
}
