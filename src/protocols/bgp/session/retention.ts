/**
 * Whether the routes of a peer are kept over the end of its session, for which families and how long: the helper's side of
 * graceful restart. RFC 4724 §4.2 (TCP went), RFC 8538 §4 (a NOTIFICATION too), RFC 9494 §4.2 (and for how long after
 * that). Pure; the timers are the peer's.
 */

import { assertNever } from '../../../base/assert-never.ts';
import { type AddressFamily, families } from '../wire/family.ts';
import { CEASE, ERROR } from '../wire/numbers.ts';
import type { Notification } from '../wire/notification.ts';
import type { Negotiated } from './negotiate.ts';
import type { Reason } from './reason.ts';

export interface Retained {
  readonly family: AddressFamily;
  /** Seconds for which the peer may be away; 0: what is kept is long-lived stale at once. */
  readonly restartTime: number;
  /** Seconds after that, for which routes are kept as long-lived stale; 0: not at all. */
  readonly longLivedTime: number;
}

/** Empty when all routes must go. */
export function retained(negotiated: Negotiated, reason: Reason): readonly Retained[] {
  const { local, remote } = negotiated.restart;
  if (local === undefined || remote === undefined) return [];
  const both = local.notification && remote.notification;
  if (!survives(reason, both)) return [];
  return negotiated.families
    .map((name) => {
      const ours = local.longLived.get(name)?.time ?? 0;
      const theirs = remote.longLived.get(name)?.time ?? 0;
      return {
        family: families[name],
        // RFC 9494 §4.2: a family that only the other capability names has no restart time.
        restartTime: remote.families.has(name) ? remote.time : 0,
        // Ours is the most that we keep; theirs is what they ask for.
        longLivedTime: Math.min(ours, theirs),
      };
    })
    .filter(({ restartTime, longLivedTime }) => restartTime > 0 || longLivedTime > 0);
}

function survives(reason: Reason, overNotification: boolean): boolean {
  switch (reason.kind) {
    case 'lost':
    case 'restarted':
      return true;
    case 'sent':
    case 'received':
      return overNotification && !isHardReset(reason.notification);
    // We are about to go, or no longer want this peer: whoever wants the routes kept does not call this an end.
    case 'left':
      return false;
    default:
      return assertNever(reason);
  }
}

function isHardReset({ code, subcode }: Notification): boolean {
  return code === ERROR.cease && subcode === CEASE.hardReset;
}

/**
 * The families of a new session of which stale routes live on until End-of-RIB. RFC 4724 §4.2: where the peer has lost its
 * forwarding state, or no longer speaks of it, they go at once.
 */
export function resumed(negotiated: Negotiated): ReadonlySet<AddressFamily> {
  const { remote } = negotiated.restart;
  const kept = negotiated.families.filter(
    (name) =>
      remote?.families.get(name)?.forwarding === true ||
      remote?.longLived.get(name)?.forwarding === true,
  );
  return new Set(kept.map((name) => families[name]));
}

/** Routes of a family that are kept, in which of the two times, and the seconds left of it. */
export interface Stale {
  readonly family: AddressFamily;
  readonly phase: 'restart' | 'long-lived';
  readonly left: number;
  /** Seconds that come after the restart time. */
  readonly longLivedTime: number;
}

export interface Expiry {
  readonly family: AddressFamily;
  readonly next: 'long-lived' | 'delete';
}

/** What has just been retained, before any time has passed. */
export function stale(of: readonly Retained[]): readonly Stale[] {
  return of.map(({ family, longLivedTime, restartTime }) => ({
    family,
    phase: 'restart',
    left: restartTime,
    longLivedTime,
  }));
}

/** The same after `seconds`: what is still kept, and of which families a time has run out. */
export function age(
  kept: readonly Stale[],
  seconds: number,
): { readonly kept: readonly Stale[]; readonly expired: readonly Expiry[] } {
  const left: Stale[] = [];
  const expired: Expiry[] = [];
  for (const one of kept) {
    const aged = { ...one, left: one.left - seconds };
    const { family, longLivedTime } = one;
    if (aged.left > 0) left.push(aged);
    else if (one.phase === 'restart' && longLivedTime > 0) {
      expired.push({ family, next: 'long-lived' });
      left.push({ family, phase: 'long-lived', left: longLivedTime, longLivedTime });
    } else expired.push({ family, next: 'delete' });
  }
  return { kept: left, expired };
}

/** Seconds until `age` has something to tell; `undefined` when nothing is kept. */
export function nextExpiry(kept: readonly Stale[]): number | undefined {
  return kept.length === 0 ? undefined : Math.min(...kept.map(({ left }) => left));
}
