/**
 * What two OPENs agree on: the one place where ours and theirs are laid side by side. The result is what the wire needs
 * (`wire`), what the timers need, what may be done when the session breaks, and what operators are shown. Pure.
 */

import type { Ip4 } from '../../../net/ip.ts';
import type { AddPath, ExtendedNextHop } from '../wire/capability/families.ts';
import type { GracefulRestart, LongLivedGracefulRestart } from '../wire/capability/restart.ts';
import type { Role } from '../wire/capability/speaker.ts';
import type { Capability, KnownCapability } from '../wire/capability.ts';
import {
  type AddressFamily,
  type AfiSafi,
  type FamilyName,
  families,
  familyNames,
  familyNumber,
} from '../wire/family.ts';
import { AFI } from '../wire/numbers.ts';
import { asnOf, type Open } from '../wire/open.ts';
import {
  type FamilyOptions,
  type PeerKind,
  type WireSession,
  wireSession,
} from '../wire/session.ts';
import type { PeerSettings } from './settings.ts';

/** What one side has told of graceful restart. RFC 4724 §3, RFC 8538 §2, RFC 9494 §3. */
export interface RestartOffer {
  /** It has just restarted, and waits for our End-of-RIB. */
  readonly restarted: boolean;
  /** Keeps routes over a NOTIFICATION. */
  readonly notification: boolean;
  /** Seconds. */
  readonly time: number;
  /** Families that it can keep, and whether it has kept the forwarding state of them this time. */
  readonly families: ReadonlyMap<FamilyName, { readonly forwarding: boolean }>;
  /** Seconds, by family. */
  readonly longLived: ReadonlyMap<
    FamilyName,
    { readonly forwarding: boolean; readonly time: number }
  >;
}

export interface Negotiated {
  /** All that octets depend on: kind of peer, families with the directions of ADD-PATH, length of AS numbers and messages. */
  readonly wire: WireSession;
  readonly local: Identity;
  readonly remote: Identity;
  /** Those of `wire`, in the order of the table of families. */
  readonly families: readonly FamilyName[];
  /** Seconds; 0: none, and no keepalives either. */
  readonly holdTime: number;
  /** Seconds between two keepalives. */
  readonly keepaliveTime: number;
  /** Whether the peer can be asked for its routes again, RFC 2918, and tells where they begin and end, RFC 7313. */
  readonly refresh: 'none' | 'plain' | 'enhanced';
  /** Where we have told ours, RFC 9234: it holds although the peer need not have told any, §4.2. */
  readonly roles:
    | { readonly local: Role['role']; readonly remote: Role['role'] | undefined }
    | undefined;
  /** `undefined` where the capability was not sent. */
  readonly restart: {
    readonly local: RestartOffer | undefined;
    readonly remote: RestartOffer | undefined;
  };
  /** As sent and as received, for people. */
  readonly capabilities: {
    readonly local: readonly Capability[];
    readonly remote: readonly Capability[];
  };
}

/** Who one end is. */
export interface Identity {
  readonly asn: number;
  readonly id: Ip4;
}

/** What we know of the peer besides its OPEN. */
export type Expected = Partial<Pick<PeerSettings, 'confederation' | 'enforceFirstAs'>>;

export function negotiate(
  ours: Open,
  theirs: Open,
  { confederation = none, enforceFirstAs = false }: Expected = {},
): Negotiated {
  const [local, remote] = [tell(ours), tell(theirs)];
  const common = familyNames
    .map((name) => families[name])
    .filter((row) => isCommon(row, local, remote));
  const holdTime = Math.min(ours.holdTime, theirs.holdTime);
  const peer = kindOf(asnOf(ours), asnOf(theirs), confederation);
  return Object.freeze({
    wire: wireSession({
      peer,
      firstAs: enforceFirstAs && peer === 'external' ? asnOf(theirs) : undefined,
      fourOctetAs: local.fourOctetAs && remote.fourOctetAs,
      extendedMessage: local.extendedMessage && remote.extendedMessage,
      receivesExtended: local.extendedMessage,
      families: common.map((row) => agreed(row, local, remote)),
    }),
    local: { asn: asnOf(ours), id: ours.id },
    remote: { asn: asnOf(theirs), id: theirs.id },
    families: common.map(({ name }) => name),
    holdTime,
    // RFC 4271 §4.4: at most a third of the hold time, and not more often than once a second.
    keepaliveTime: holdTime / 3,
    refresh: refreshOf(local, remote),
    roles: rolesOf(local, remote),
    restart: { local: restartOf(ours), remote: restartOf(theirs) },
    capabilities: { local: ours.capabilities, remote: theirs.capabilities },
  });
}

const none: ReadonlySet<number> = new Set();

/** Of which AS the peer is, seen from ours. */
export function kindOf(ours: number, theirs: number, members: ReadonlySet<number>): PeerKind {
  if (ours === theirs) return 'internal';
  return members.has(theirs) ? 'confederation' : 'external';
}

/** The families that both name; RFC 5492 §5 is for the caller to speak, who knows whether none is too few. */
export function commonFamilies(ours: Open, theirs: Open): readonly FamilyName[] {
  const [local, remote] = [tell(ours), tell(theirs)];
  return familyNames.filter((name) => isCommon(families[name], local, remote));
}

/** An OPEN's capabilities by what they are about. */
interface Told {
  /** By `familyNumber`. */
  readonly families: ReadonlySet<number>;
  readonly paths: ReadonlyMap<number, AddPath['families'][number]>;
  readonly extendedNextHops: ReadonlySet<number>;
  readonly fourOctetAs: boolean;
  readonly extendedMessage: boolean;
  readonly refresh: boolean;
  readonly enhancedRefresh: boolean;
  readonly role: Role['role'] | undefined;
}

function tell(open: Open): Told {
  const has = (kind: KnownCapability['kind']) => allOf(open, kind).length > 0;
  const spoken = allOf(open, 'multiprotocol').map((one) => familyNumber(one));
  return {
    // RFC 4760 §8: who names no family speaks the one that BGP was made for.
    families: new Set(spoken.length === 0 ? [familyNumber(families['ipv4-unicast'])] : spoken),
    paths: byFamily(allOf(open, 'add-path').flatMap((one) => one.families)),
    extendedNextHops: new Set(
      allOf(open, 'extended-next-hop')
        .flatMap((one) => overIpv6(one))
        .map((one) => familyNumber(one)),
    ),
    fourOctetAs: has('four-octet-as'),
    extendedMessage: has('extended-message'),
    refresh: has('route-refresh'),
    enhancedRefresh: has('enhanced-route-refresh'),
    role: lastOf(open, 'role')?.role,
  };
}

function overIpv6({ families: told }: ExtendedNextHop): readonly AfiSafi[] {
  return told.filter(({ nextHopAfi }) => nextHopAfi === AFI.ipv6);
}

/** Of a family that is named twice the last is meant, as RFC 5492 §4 has it for instances of a capability. */
function byFamily<T extends AfiSafi>(told: readonly T[]): ReadonlyMap<number, T> {
  return new Map(told.map((one) => [familyNumber(one), one]));
}

function allOf<K extends KnownCapability['kind']>(
  { capabilities }: Open,
  kind: K,
): readonly Extract<KnownCapability, { kind: K }>[] {
  return capabilities.filter(
    (one): one is Extract<KnownCapability, { kind: K }> => one.kind === kind,
  );
}

function lastOf<K extends KnownCapability['kind']>(
  open: Open,
  kind: K,
): Extract<KnownCapability, { kind: K }> | undefined {
  return allOf(open, kind).at(-1);
}

function isCommon(row: AddressFamily, local: Told, remote: Told): boolean {
  const number = familyNumber(row);
  return local.families.has(number) && remote.families.has(number);
}

/** RFC 7911 §4: a direction is used when one side sends and the other receives. */
function agreed(row: AddressFamily, local: Told, remote: Told): FamilyOptions {
  const number = familyNumber(row);
  const [ours, theirs] = [local.paths.get(number), remote.paths.get(number)];
  return {
    family: row.name,
    receivePathIds: ours?.receive === true && theirs?.send === true,
    sendPathIds: ours?.send === true && theirs?.receive === true,
    extendedNextHop: local.extendedNextHops.has(number) && remote.extendedNextHops.has(number),
  };
}

/** RFC 7313 §3.1: only who understands the request can be told where the answer begins. */
function refreshOf(local: Told, remote: Told): Negotiated['refresh'] {
  if (!local.refresh || !remote.refresh) return 'none';
  return local.enhancedRefresh && remote.enhancedRefresh ? 'enhanced' : 'plain';
}

function rolesOf(local: Told, remote: Told): Negotiated['roles'] {
  return local.role === undefined ? undefined : { local: local.role, remote: remote.role };
}

function restartOf(open: Open): RestartOffer | undefined {
  const told = lastOf(open, 'graceful-restart');
  if (told === undefined) return undefined;
  const { notification, restarted, time } = told;
  // RFC 9494 §4.5: without the other capability this one is to be ignored.
  const longLived = lastOf(open, 'long-lived-graceful-restart')?.families ?? [];
  return Object.freeze({
    restarted,
    notification,
    time,
    families: namedFamilies<GracefulRestart['families'][number]>(told.families),
    longLived: namedFamilies<LongLivedGracefulRestart['families'][number]>(longLived),
  });
}

function namedFamilies<T extends AfiSafi>(told: readonly T[]): ReadonlyMap<FamilyName, T> {
  const byNumber = byFamily(told);
  return new Map(
    familyNames.flatMap((name) => {
      const found = byNumber.get(familyNumber(families[name]));
      return found === undefined ? [] : [[name, found] as const];
    }),
  );
}
