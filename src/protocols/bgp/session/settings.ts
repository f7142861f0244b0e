/**
 * What a session is told about itself before it begins: who we are to this peer, whom we expect, what we offer, how long
 * we wait. Values only; text is parsed where it comes from. All that has a usual value has it here, with its reason.
 */

import type { BackOff } from '../../../base/back-off.ts';
import { type Issue, issue } from '../../../base/issue.ts';
import type { Ip4 } from '../../../net/ip.ts';
import type { Asn } from '../../../net/numbers.ts';
import type { Role } from '../wire/capability/speaker.ts';
import type { FamilyName } from '../wire/family.ts';

/** A family that we speak with this peer, if it does too. */
export interface FamilySettings {
  readonly family: FamilyName;
  /** Several paths of one route, RFC 7911: whether we take them, and whether we send them. */
  readonly receivePaths?: boolean;
  readonly sendPaths?: boolean;
  /** IPv4 routes by way of an IPv6 next hop, RFC 8950. */
  readonly extendedNextHop?: boolean;
}

/** Our side of graceful restart. To be told to help a peer that restarts, it is enough to have this at all. */
export interface RestartSettings {
  /** Seconds within which we would be back after a restart, 0 to 4095. RFC 4724 §3. */
  readonly time: number;
  /** Keep routes over a NOTIFICATION too, RFC 8538. */
  readonly notification: boolean;
  /** Families whose forwarding state survives a restart of ours. */
  readonly preserved: readonly FamilyName[];
  /** Whether we are back from a restart and have not yet heard all again. */
  readonly restarted: boolean;
  /** Seconds for which stale routes of a family may live on after that, RFC 9494; 0 or absent: not at all. */
  readonly longLived: ReadonlyMap<FamilyName, number>;
}

export interface PeerSettings {
  /** The AS and the identifier in our OPEN. To a peer outside of our confederation the AS is that of the confederation. */
  readonly local: { readonly asn: Asn; readonly id: Ip4 };
  /** The AS in the peer's OPEN: this one, ours, or any but ours. */
  readonly remote: Asn | 'internal' | 'external';
  /** The member ASes of our confederation, RFC 5065; empty when there is none. */
  readonly confederation: ReadonlySet<number>;
  /** Whether the paths of an external peer begin with its AS, RFC 4271 §6.3; those of a route server do not, RFC 7947 §2.2.2. */
  readonly enforceFirstAs: boolean;
  readonly families: readonly FamilySettings[];
  /** Seconds: 0, or 3 to 65535. */
  readonly holdTime: number;
  /** Seconds for which the peer may send its OPEN before we send ours, RFC 4271 §8.1.1 (DelayOpen); 0: ours goes at once. */
  readonly delayOpen: number;
  /** Seconds for which we wait for an OPEN. */
  readonly openHoldTime: number;
  /** Seconds without the peer taking anything of what is queued, after which it is dropped; `undefined`: RFC 9687 §6. */
  readonly sendHoldTime: number | undefined;
  /** Seconds between two attempts to connect, and how long one may take. */
  readonly connectRetry: number;
  /** Never connects, only accepts. */
  readonly passive: boolean;
  /** How long a peer whose session failed is left alone, in milliseconds as every `BackOff`. */
  readonly idleHold: BackOff;
  /** Seconds after which a session that ended for too many prefixes is tried again; 0: only when started by hand. */
  readonly maxPrefixesHold: number;
  readonly extendedMessage: boolean;
  /** Our role, RFC 9234; strict: a peer that tells none is refused. External peers only. */
  readonly role: { readonly role: Role['role']; readonly strict: boolean } | undefined;
  readonly restart: RestartSettings | undefined;
  /** Our name, for people. */
  readonly hostname: string | undefined;
}

/** Who and what must be said; the rest may be. */
export type PeerOptions = Pick<PeerSettings, 'local' | 'remote' | 'families'> &
  Partial<PeerSettings>;

export function peerSettings(options: PeerOptions): PeerSettings {
  return Object.freeze({ ...usual, ...options });
}

const usual = {
  confederation: new Set<number>(),
  enforceFirstAs: true,
  // RFC 4271 §10 suggests 90 s.
  holdTime: 90,
  delayOpen: 0,
  // RFC 4271 §8.2.2: "a HoldTimer value of 4 minutes is suggested".
  openHoldTime: 240,
  sendHoldTime: undefined,
  // RFC 4271 §10 suggests 120 s, written for the Internet; in a fabric a switch is back within seconds.
  connectRetry: 10,
  passive: false,
  // The first failure costs a second; a peer that flaps is left alone for a minute in the end.
  idleHold: { initial: 1_000, max: 60_000 },
  // The routes that were too many are still there, until somebody has looked.
  maxPrefixesHold: 0,
  extendedMessage: true,
  role: undefined,
  restart: undefined,
  hostname: undefined,
} satisfies Partial<PeerSettings>;

/** What cannot be put on the wire, or would be refused by any peer. */
export function checkSettings(settings: PeerSettings): readonly Issue[] {
  const { delayOpen, families, holdTime, local, openHoldTime, restart } = settings;
  const issues: Issue[] = [];
  const check = (path: string, isRight: boolean, message: string): void => {
    if (!isRight) issues.push(issue(message, path));
  };
  const seconds = (path: string, value: number, most: number): void =>
    check(path, Number.isInteger(value) && value >= 0 && value <= most, `not 0 to ${most} seconds`);
  check('local.id', local.id.value !== 0, '0.0.0.0 identifies nobody');
  check('families', families.length > 0, 'no family is left to speak');
  seconds('holdTime', holdTime, 0xffff);
  check('holdTime', holdTime !== 1 && holdTime !== 2, 'a hold time is 0 or at least 3 seconds');
  seconds('delayOpen', delayOpen, 0xffff);
  check('openHoldTime', openHoldTime > 0, 'an OPEN takes longer than no time');
  check('connectRetry', settings.connectRetry > 0, 'attempts without a pause');
  check('sendHoldTime', settings.sendHoldTime !== 0, 'nobody takes anything in no time');
  check('idleHold', settings.idleHold.max > 0, 'failures without a pause');
  if (settings.role !== undefined) {
    check('role', settings.remote !== 'internal', 'roles are for external peers');
  }
  if (restart !== undefined) {
    seconds('restart.time', restart.time, 0xfff);
    for (const [family, time] of restart.longLived) {
      seconds(`restart.longLived.${family}`, time, 0xffffff);
    }
  }
  return issues;
}
