/** What one peer says and is told, over all its sessions: the handler that a session is given. */

import { unwrap } from '../../../base/result.ts';
import type { Down, Session, SessionHandler } from '../session/handler.ts';
import type { MessageError } from '../wire/error.ts';
import { type AddressFamily, families, familyNumber } from '../wire/family.ts';
import { encodeMessage } from '../wire/message.ts';
import type { PeerKind } from '../wire/session.ts';
import type { refreshSubtypes } from '../wire/route-refresh.ts';
import type { Member } from './advertiser.ts';
import { PolicyChain } from '../policy/decision-tree.ts';
import { Constraint } from './constraint.ts';
import { none } from './destinations.ts';
import { Intake } from './intake.ts';
import { markLongLived } from './long-lived.ts';
import type { Form } from './outgoing.ts';
import { formOptions } from './form-options.ts';
import type { Neighbour, ReflectorRole } from './peer.ts';
import { PrefixLimits } from './prefix-limit.ts';
import type { Rib } from './rib.ts';
import type { Alterable, Job, PeerRouting, Policies, Routing } from './routing.ts';

/** Octets that wait for a peer, above which nothing more is made for it. */
const highWater = 1 << 20;
/** Milliseconds for which a peer may tell what it asks for: one that will say when it has, and one that may not. */
const longWait = 60_000;
const briefWait = 3_000;
const noFilters = new Uint8Array(0);
/** RFC 8212 §2: without a policy nothing passes. */
const nothing = new PolicyChain([]);

export class PeerRoutes implements SessionHandler {
  readonly id: number;
  readonly #routing: Routing;
  #settings: PeerRouting;
  #neighbour: Neighbour;
  #session: Session | undefined;
  #intake: Intake | undefined;
  #limits: PrefixLimits | undefined;
  /** By `familyNumber`: what the peer is told of. */
  readonly #members = new Map<number, Member>();
  /** What it has asked for by route target; of use while its session speaks of that. */
  readonly constraint: Constraint;
  /** What is being removed or marked: nothing may be announced in its place before that is done. */
  readonly #removals = new Set<Job>();
  #isWaiting = false;
  #stopWait: () => void = () => {};

  constructor(routing: Routing, id: number, settings: PeerRouting) {
    this.#routing = routing;
    this.id = id;
    this.#settings = settings;
    this.constraint = new Constraint(routing.askedAlike);
    this.#neighbour = { ...routing.ourselves, id, address: settings.address };
  }

  get neighbour(): Neighbour {
    return this.#neighbour;
  }

  /** How many destinations of this family it was told of. */
  toldOf(family: AddressFamily): number {
    return this.#members.get(familyNumber(family))?.told.count ?? 0;
  }

  /** Routes of this family that the policies did not let pass in this session, from the peer and to it. */
  rejectedOf(family: AddressFamily): { readonly import: number; readonly export: number } {
    return {
      import: this.#intake?.rejectedOf(family) ?? 0,
      export: this.#members.get(familyNumber(family))?.rejected ?? 0,
    };
  }

  /** Routes that the peer has leaked in this session, RFC 9234 §5. */
  get leaks(): number {
    return this.#intake?.leaks ?? 0;
  }

  /** Other policies, as `alter` has it. */
  setPolicies(policies: Policies): boolean {
    return this.alter({ policies });
  }

  /**
   * Other settings. The session stays: of what the peer was told, what is another thing now is told again, and the peer is
   * asked for its routes, RFC 2918, where others of them are taken. False when it cannot be asked, so that only a new session
   * brings what is made of its routes now.
   */
  alter(changes: Alterable): boolean {
    const before = this.#settings;
    this.#settings = { ...before, ...changes };
    const session = this.#session;
    if (session === undefined) return true;
    for (const [number, member] of this.#members) {
      const form = this.#formOf(session, number);
      if (form === undefined || form === member.receiver.form) continue;
      this.#routing.advertisers.get(number)?.reform(member, form);
      this.#routing.wake();
    }
    const { allowOwnAs = 0, policies } = this.#settings;
    const isSame = policies?.import === before.policies?.import;
    if (isSame && allowOwnAs === this.#neighbour.allowOwnAs) return true;
    this.#neighbour = { ...this.#neighbour, allowOwnAs };
    this.#intake?.change(this.#neighbour, this.#effective(policies?.import));
    return this.askAgain();
  }

  /** It was a peer before our restart, too, and has yet to say what it has. */
  expect(): void {
    this.#routing.deferral?.expect(this.id, this.#routing.ribs.keys());
  }

  up(session: Session): void {
    this.#finishRemovals();
    const { negotiated, resumed } = session;
    const { asn, id } = negotiated.remote;
    const kind = negotiated.wire.peer;
    const role = roleOf(kind, this.#settings.client);
    const { address, allowOwnAs = 0 } = this.#settings;
    this.#neighbour = { id: this.id, kind, role, as: asn, routerId: id.value, address, allowOwnAs };
    this.#session = session;
    // What the session before this one had to tell is told no more.
    this.#isWaiting = false;
    const { attributes, ribs } = this.#routing;
    const heard = new Map(ribs);
    this.#intake = new Intake({
      from: this.#neighbour,
      session: negotiated.wire,
      attributes,
      ribs: heard,
      policy: this.#effective(this.#settings.policies?.import),
      role: negotiated.roles?.local,
      found: (findings) => this.#settings.found?.(findings),
      endOfRib: (family) => this.#ended(family),
      disable: (family) => {
        // RFC 7606 §2: what has come of it goes, what comes of it is not heard.
        heard.delete(familyNumber(family));
        ribs.get(familyNumber(family))?.removeFrom(this.#neighbour, false);
      },
    });
    this.#limits = this.#limitsOf(session);
    this.#stopDeferral(session);
    if (speaksOfTargets(session)) this.#awaitMemberships(session);
    for (const rib of ribs.values()) {
      const number = familyNumber(rib.family);
      const isSpoken = negotiated.wire.families.has(number);
      if (!isSpoken || !resumed.has(rib.family)) this.#remove(rib, true);
      if (isSpoken) this.#join(session, number);
    }
    this.#finishRemovals();
    this.#routing.wake();
  }

  update(octets: Uint8Array, start: number, end: number): MessageError | undefined {
    this.#routing.wake();
    return this.#intake?.update(octets, start, end) ?? this.#limits?.check();
  }

  refresh(family: AddressFamily, subtype: (typeof refreshSubtypes)[number]): void {
    const number = familyNumber(family);
    const rib = this.#routing.ribs.get(number);
    const member = this.#members.get(number);
    if (rib === undefined) return;
    if (subtype === 'begin') rib.markStale(this.#neighbour);
    else if (subtype === 'end') this.#removeStale(family);
    else if (member !== undefined) this.#repeat(number, member);
    this.#routing.wake();
  }

  /** Tells it all routes again: RFC 2918, without being asked. */
  tellAgain(): void {
    for (const [number, member] of this.#members) this.#repeat(number, member);
    this.#routing.wake();
  }

  /** Asks for all its routes again, RFC 2918; false when it cannot be asked. */
  askAgain(): boolean {
    const session = this.#session;
    if (session === undefined || session.negotiated.refresh === 'none') return false;
    for (const name of session.negotiated.families) {
      sendRefresh(session, families[name], 'request');
    }
    return true;
  }

  down({ retained }: Down): void {
    for (const [number, member] of this.#members) {
      this.#routing.advertisers.get(number)?.leave(member);
    }
    this.#members.clear();
    this.#session = undefined;
    this.#intake?.close();
    this.#intake = undefined;
    this.#limits = undefined;
    this.constraint.close();
    this.#stopWait();
    const kept = new Set(retained.map(({ family }) => familyNumber(family)));
    for (const [number, rib] of this.#routing.ribs) {
      if (kept.has(number)) rib.markStale(this.#neighbour);
      else this.#remove(rib, false);
    }
    this.#routing.wake();
  }

  /** RFC 9494 §4.2, §4.3: what has a time after the restart time lives on, as the last to be used. */
  expired(family: AddressFamily, next: 'long-lived' | 'delete'): void {
    const rib = this.#routing.ribs.get(familyNumber(family));
    if (rib === undefined) return;
    if (next === 'delete') this.#remove(rib, true);
    else this.#begin(rib, (at, portion) => markLongLived(rib, this.#neighbour, at, portion));
  }

  /** Ends what is left of it, at once. */
  finish(): void {
    for (const rib of this.#routing.ribs.values()) this.#remove(rib, false);
    this.#finishRemovals();
  }

  /** RFC 4724 §4.1: who cannot tell the end, or waits for ours, is not waited for. */
  #stopDeferral({ negotiated }: Session): void {
    const { remote } = negotiated.restart;
    const isWaitedFor = remote !== undefined && !remote.restarted;
    const spoken = negotiated.wire.families;
    const silent = [...this.#routing.ribs.keys()].filter(
      (each) => !isWaitedFor || !spoken.has(each),
    );
    this.#routing.deferral?.heard(this.id, silent);
  }

  #ended(family: AddressFamily): void {
    this.#routing.deferral?.heard(this.id, [familyNumber(family)]);
    this.#removeStale(family);
    if (family.name === 'route-target') this.constraint.isKnown = true;
  }

  /** RFC 4684 §6: what it asks for is known by its End-of-RIB, or when it has had time to say it. */
  #awaitMemberships(session: Session): void {
    this.constraint.isKnown = false;
    const wait = session.negotiated.restart.remote === undefined ? briefWait : longWait;
    this.#stopWait();
    this.#stopWait = this.#routing.after(wait, () => {
      this.constraint.isKnown = true;
      this.#routing.wake();
    });
  }

  /** It asks for others than before: tells what that concerns. */
  reconsider(): void {
    const { advertisers, attributes } = this.#routing;
    const sets = this.constraint.takeChanges(attributes.all());
    for (const [number, member] of this.#members) {
      if (member.receiver.wanted === undefined) continue;
      advertisers.get(number)?.reconsider(member, sets);
    }
  }

  #limitsOf(session: Session): PrefixLimits | undefined {
    const { limits, nearLimit } = this.#settings;
    if (limits === undefined || limits.size === 0) return undefined;
    return new PrefixLimits(session, {
      limits,
      countOf: (family) =>
        this.#routing.ribs.get(familyNumber(family))?.countOf(this.#neighbour) ?? 0,
      near: (family, count, limit) => nearLimit?.(family, count, limit),
    });
  }

  #join(session: Session, number: number): void {
    const form = this.#formOf(session, number);
    if (form === undefined) return;
    const isConstrained = this.#isConstrained(session, number);
    const { constraint } = this;
    const member = this.#routing.advertisers.get(number)?.join({
      neighbour: this.#neighbour,
      form,
      ...(isConstrained ? { wanted: constraint } : {}),
      isReady: () => (!isConstrained || constraint.isKnown) && this.#isReady(session),
      send: (octets) => session.send(octets),
    });
    if (member !== undefined) this.#members.set(number, member);
  }

  /** What the peer is told of this family in; `undefined` of one that is not held. */
  #formOf(session: Session, number: number): Form | undefined {
    const rib = this.#routing.ribs.get(number);
    if (rib === undefined) return undefined;
    const { role } = this.#neighbour;
    const form = this.#routing.form(
      session,
      role,
      formOptions(rib.family, session, this.#settings),
    );
    const policy = this.#effective(this.#settings.policies?.export);
    if (policy === undefined) return form;
    return this.#routing.filtered(form, policy, session.localAddress);
  }

  /** RFC 8212 §2. */
  #effective(policy: PolicyChain | undefined): PolicyChain | undefined {
    const isRequired = this.#settings.requiresPolicy === true;
    return policy ?? (isRequired && this.#neighbour.kind === 'external' ? nothing : undefined);
  }

  /** RFC 4684 §1: of routes with targets, VPN and EVPN, where the peer speaks of those. */
  #isConstrained(session: Session, number: number): boolean {
    const rib = this.#routing.ribs.get(number);
    return rib?.family.nlri.rd !== undefined && speaksOfTargets(session);
  }

  #isReady(session: Session): boolean {
    if (session.queued < highWater) return true;
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      session.whenDrained(() => {
        this.#isWaiting = false;
        this.#routing.wake();
      });
    }
    return false;
  }

  /** All of it again, between the marks of RFC 7313 where the peer knows them. */
  #repeat(number: number, member: Member): void {
    const session = this.#session;
    const rib = this.#routing.ribs.get(number);
    if (session === undefined || rib === undefined) return;
    const mark = (subtype: 'begin' | 'end'): void => sendRefresh(session, rib.family, subtype);
    const isMarked = session.negotiated.refresh === 'enhanced';
    if (isMarked) mark('begin');
    this.#routing.advertisers.get(number)?.repeat(member, isMarked ? () => mark('end') : undefined);
  }

  #removeStale(family: AddressFamily): void {
    const rib = this.#routing.ribs.get(familyNumber(family));
    if (rib !== undefined) this.#remove(rib, true);
  }

  #remove(rib: Rib, staleOnly: boolean): void {
    const from = this.#neighbour;
    this.#begin(rib, (at, portion) => rib.removeFrom(from, staleOnly, at, portion));
  }

  /** Goes through the paths in portions; `step` takes one, and returns where the next begins. */
  #begin(rib: Rib, step: (at: number, portion: number) => number): void {
    if (rib.countOf(this.#neighbour) === 0) return;
    let at = 0;
    const job: Job = (portion) => {
      at = step(at, portion);
      if (at === none) this.#removals.delete(job);
      return at !== none;
    };
    this.#removals.add(job);
    this.#routing.begin(job);
  }

  #finishRemovals(): void {
    for (const job of this.#removals) {
      job(Number.POSITIVE_INFINITY);
      this.#routing.end(job);
    }
  }
}

function sendRefresh(
  session: Session,
  { afi, safi }: AddressFamily,
  subtype: (typeof refreshSubtypes)[number],
): void {
  const message = { type: 'route-refresh', afi, safi, subtype, filters: noFilters } as const;
  session.send(unwrap(encodeMessage(message, session.negotiated.wire)));
}

function speaksOfTargets({ negotiated }: Session): boolean {
  return negotiated.families.includes('route-target');
}

function roleOf(kind: PeerKind, client: boolean): ReflectorRole {
  if (kind !== 'internal') return 'external';
  return client ? 'client' : 'non-client';
}
