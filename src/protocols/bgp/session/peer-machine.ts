/**
 * One peer: the machine that connects to it, those for the connections that it makes, and what spans them: which
 * connection is kept, how long a peer that fails is left alone (DampPeerOscillations, RFC 4271 §8.1.1), how long its routes
 * are kept. Pure like machine.ts, whose actions it passes on with the number of the connection they are for.
 */

import { assertNever } from '../../../base/assert-never.ts';
import type { BackOff } from '../../../base/back-off.ts';
import type { AddressFamily } from '../wire/family.ts';
import { CEASE, ERROR } from '../wire/numbers.ts';
import { cease, type Notification } from '../wire/notification.ts';
import { resolveCollision } from './collision.ts';
import type { Down } from './handler.ts';
import {
  type Action,
  collision,
  type Event,
  idle,
  type Side,
  type State,
  type StateName,
  step,
} from './machine.ts';
import type { Negotiated } from './negotiate.ts';
import { type Reason, sent } from './reason.ts';
import { age, type Expiry, nextExpiry, resumed, retained, type Stale, stale } from './retention.ts';
import type { PeerSettings } from './settings.ts';

/** The connection that we make, the only one that lasts; those that the peer makes are numbered from 1 on. */
export const outgoingLink = 0;

export type PeerEvent =
  | { readonly type: 'start' }
  /** Until the next start. */
  | { readonly type: 'stop'; readonly reason: Reason }
  /** Ends the session and begins anew. */
  | { readonly type: 'reset'; readonly reason: Reason }
  /** BFD says that the path is gone, RFC 9384. */
  | { readonly type: 'bfd-down' }
  /** The peer has made a connection, which is to have this number; one that was not used before. */
  | { readonly type: 'accepted'; readonly link: number }
  | { readonly type: 'link'; readonly link: number; readonly event: Event }
  | { readonly type: 'timer'; readonly timer: PeerTimer };

export type PeerTimer =
  /** The peer is left alone: event 13. */
  | 'idle-hold'
  /** It is so long since the peer has failed that it does not count any more. */
  | 'stable'
  /** Some routes that were retained have had their time. */
  | 'retention';

/** The states of RFC 4271 §8.2.2: while our OPEN is delayed, a connection of ours is in Connect, one of the peer's in Active. */
export type PeerState = Exclude<StateName, 'OpenDelayed'>;

type LinkAction = Exclude<Action, { readonly do: 'up' | 'down' }>;

export type PeerAction =
  | (LinkAction & { readonly link: number })
  | {
      readonly do: 'up';
      readonly link: number;
      readonly negotiated: Negotiated;
      readonly resumed: ReadonlySet<AddressFamily>;
    }
  | { readonly do: 'down'; readonly down: Down }
  | { readonly do: 'expired'; readonly expiry: Expiry }
  | { readonly do: 'start-peer-timer'; readonly timer: PeerTimer; readonly seconds: number }
  | { readonly do: 'stop-peer-timer'; readonly timer: PeerTimer };

/** A connection that the peer has made. */
interface Incoming {
  readonly link: number;
  readonly state: State;
  /** It was made when a session was Established already. */
  readonly isLate: boolean;
}

type Admin =
  | 'stopped'
  /** Left alone for a while, or until it is started by hand. */
  | 'held'
  | 'running';

export class PeerMachine {
  #settings: PeerSettings;
  #admin: Admin = 'stopped';
  #outgoing: State = idle;
  /** Two at most: one that is Established, and the newest. With the outgoing one there may be three for a moment. */
  #incoming: readonly Incoming[] = [];
  /** How often it has failed, each time before `stable` was over. */
  #failures = 0;
  #stale: readonly Stale[] = [];
  /** What the timer `retention` was started for. */
  #untilExpiry = 0;
  #lastReason: Reason | undefined;
  #actions: PeerAction[] = [];

  constructor(settings: PeerSettings) {
    this.#settings = settings;
  }

  /** Holds for what begins from now on; whether a session must begin anew for it is `isSameOffer`'s to say. */
  set settings(settings: PeerSettings) {
    this.#settings = settings;
  }

  get settings(): PeerSettings {
    return this.#settings;
  }

  /** That of the connection which is furthest on, as operators know it. */
  get state(): PeerState {
    const names = this.#links.map(([link, { name }]) => {
      if (name !== 'OpenDelayed') return name;
      return sideOf(link) === 'outgoing' ? 'Connect' : 'Active';
    });
    return order.findLast((name) => names.includes(name)) ?? 'Idle';
  }

  get admin(): Admin {
    return this.#admin;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Why the last connection of weight ended; `undefined` before the first did. */
  get lastReason(): Reason | undefined {
    return this.#lastReason;
  }

  /** What is kept of a past session; `left` is as of the last time that something ran out. */
  get kept(): readonly Stale[] {
    return this.#stale;
  }

  /** Whether routes of a past session are still kept. */
  get retains(): boolean {
    return this.#stale.length > 0;
  }

  stateOf(link: number): State {
    return this.#links.find(([number]) => number === link)?.[1] ?? idle;
  }

  step(event: PeerEvent): readonly PeerAction[] {
    this.#actions = [];
    switch (event.type) {
      case 'start':
        this.#start();
        break;
      case 'stop':
        this.#stop(event.reason);
        break;
      case 'reset':
        this.#reset(event.reason);
        break;
      case 'bfd-down':
        if (this.state === 'Established') this.#reset(sent(cease(CEASE.bfdDown)), 1);
        break;
      case 'accepted':
        this.#accept(event.link);
        break;
      case 'link':
        this.#step(event.link, event.event);
        break;
      case 'timer':
        this.#expire(event.timer);
        break;
      default:
        assertNever(event);
    }
    return this.#actions;
  }

  get #links(): readonly (readonly [number, State])[] {
    const incoming = this.#incoming.map(({ link, state }) => [link, state] as const);
    return [[outgoingLink, this.#outgoing], ...incoming];
  }

  /** By hand: whatever was counted against the peer is forgotten. */
  #start(): void {
    if (this.#admin === 'running') return;
    this.#failures = 0;
    this.#run();
  }

  #run(): void {
    this.#admin = 'running';
    this.#stopTimer('idle-hold');
    this.#step(outgoingLink, { type: 'start' });
  }

  #stop(reason: Reason): void {
    this.#admin = 'stopped';
    this.#endAll(reason);
    this.#stopTimer('idle-hold');
    this.#stopTimer('stable');
    for (const { family } of this.#stale) this.#expired([{ family, next: 'delete' }]);
    this.#keep([]);
  }

  /** A peer that is left alone is so no longer: somebody has looked at it. */
  #reset(reason: Reason, failures = 0): void {
    if (this.#admin === 'held') return this.#start();
    if (this.#admin !== 'running') return;
    this.#endAll(reason);
    this.#holdOrRun(reason, this.#failures + failures);
  }

  /** A connection that the peer has made. */
  #accept(link: number): void {
    if (this.#admin !== 'running') {
      // To a peer that is left alone not a word is said: it would count that as a failure of its own, and leave us alone.
      const reason: Reason =
        this.#admin === 'stopped'
          ? sent(cease(CEASE.connectionRejected))
          : { kind: 'left', detail: 'the peer is left alone for a while' };
      if (reason.kind === 'sent') this.#act({ do: 'send', link, message: reason.notification });
      this.#act({ do: 'close', link, reason });
      return;
    }
    // Who connects again has given up the connection before.
    const rival = this.#incoming.find(({ state }) => state.name !== 'Established');
    if (rival !== undefined) this.#end(rival.link, replaced);
    const isLate = this.state === 'Established';
    this.#incoming = [...this.#incoming, { link, state: idle, isLate }];
    this.#step(link, { type: 'connected' });
  }

  /** Lets one machine take one step, and draws the conclusions. */
  #step(link: number, event: Event): void {
    const before = this.stateOf(link);
    const { state, actions } = step(before, event, this.#settings, sideOf(link));
    this.#enter(link, state);
    for (const action of actions) this.#pass(link, action);
    if (state.name === 'OpenConfirm' && before.name !== 'OpenConfirm') this.#collide(link);
    if (state.name === 'Idle' && before.name !== 'Idle') {
      this.#settle(before, reasonAmong(actions));
    }
  }

  #enter(link: number, state: State): void {
    if (link === outgoingLink) this.#outgoing = state;
    else {
      this.#incoming = this.#incoming
        .map((one) => (one.link === link ? { ...one, state } : one))
        .filter((one) => one.state.name !== 'Idle' || one.link !== link);
    }
  }

  #pass(link: number, action: Action): void {
    if (action.do === 'up') this.#up(link, action.negotiated);
    else if (action.do === 'down') this.#down(action.negotiated, action.reason);
    else this.#act({ ...action, link });
  }

  #up(link: number, negotiated: Negotiated): void {
    // RFC 4271 §6.8 speaks of connections on which the peer has said who it is; the attempt to make another is given up.
    if (link !== outgoingLink && isAttempt(this.#outgoing)) this.#end(outgoingLink, notNeeded);
    this.#stale = [];
    this.#stopTimer('retention');
    this.#startTimer('stable', this.#settings.idleHold.max / 1000);
    this.#act({ do: 'up', link, negotiated, resumed: resumed(negotiated) });
  }

  #down(negotiated: Negotiated, reason: Reason): void {
    this.#stopTimer('stable');
    const kept = this.#admin === 'stopped' ? [] : retained(negotiated, reason);
    this.#act({ do: 'down', down: { reason, retained: kept } });
    this.#keep(stale(kept));
    // Families without a restart time are long-lived stale from the beginning.
    this.#age(0);
  }

  /** `link` has received the peer's OPEN: every other connection on which ours was sent collides with it. */
  #collide(link: number): void {
    const isLate = this.#incoming.some((one) => one.link === link && one.isLate);
    for (const [other, state] of this.#links) {
      const own = this.stateOf(link);
      if (other === link || own.name !== 'OpenConfirm' || !isUnderWay(state)) continue;
      const verdict = resolveCollision(
        { side: sideOf(link), negotiated: own.negotiated, isLate },
        { established: state.name === 'Established' ? state.negotiated : undefined },
      );
      if (verdict === 'keep') this.#end(link, collision());
      else this.#end(other, verdict === 'replace' ? collision() : { kind: 'restarted' });
    }
  }

  /** Ends a connection without counting it as a failure of the peer. */
  #end(link: number, reason: Reason): void {
    const { state, actions } = step(
      this.stateOf(link),
      { type: 'stop', reason },
      this.#settings,
      sideOf(link),
    );
    this.#enter(link, state);
    for (const action of actions) this.#pass(link, action);
    if (actions.some((action) => action.do === 'down')) this.#lastReason = reason;
  }

  #endAll(reason: Reason): void {
    for (const [link] of this.#links) this.#end(link, reason);
    this.#lastReason = reason;
  }

  /** A machine came to its end by itself. While running, there is always one that is not Idle. */
  #settle(before: State, reason: Reason): void {
    const counts = isFailure(before, reason);
    if (counts) this.#lastReason = reason;
    // Another connection goes on.
    if (this.#links.some(([, state]) => isUnderWay(state))) return;
    if (isAttempt(this.#outgoing)) {
      if (!counts) return;
      this.#end(outgoingLink, notNeeded);
    }
    this.#holdOrRun(reason, counts ? this.#failures + 1 : this.#failures);
  }

  #holdOrRun(reason: Reason, failures: number): void {
    const { idleHold, maxPrefixesHold } = this.#settings;
    const seconds = isMaxPrefixes(reason) ? maxPrefixesHold : holdAfter(failures, idleHold);
    this.#failures = failures;
    if (failures > 0) this.#startTimer('stable', seconds + idleHold.max / 1000);
    if (seconds === 0 && !isMaxPrefixes(reason)) return this.#run();
    this.#admin = 'held';
    if (seconds > 0) this.#startTimer('idle-hold', seconds);
  }

  #expire(timer: PeerTimer): void {
    switch (timer) {
      case 'idle-hold':
        if (this.#admin === 'held') this.#run();
        break;
      case 'stable':
        this.#failures = 0;
        break;
      case 'retention':
        this.#age(this.#untilExpiry);
        break;
      default:
        assertNever(timer);
    }
  }

  #age(seconds: number): void {
    const { kept, expired } = age(this.#stale, seconds);
    this.#expired(expired);
    this.#keep(kept);
  }

  #expired(expiries: readonly Expiry[]): void {
    for (const expiry of expiries) this.#act({ do: 'expired', expiry });
  }

  #keep(kept: readonly Stale[]): void {
    this.#stale = kept;
    const seconds = nextExpiry(kept);
    this.#untilExpiry = seconds ?? 0;
    if (seconds === undefined) this.#stopTimer('retention');
    else this.#startTimer('retention', seconds);
  }

  #startTimer(timer: PeerTimer, seconds: number): void {
    this.#act({ do: 'start-peer-timer', timer, seconds });
  }

  #stopTimer(timer: PeerTimer): void {
    this.#act({ do: 'stop-peer-timer', timer });
  }

  #act(action: PeerAction): void {
    this.#actions.push(action);
  }
}

const order: readonly PeerState[] = [
  'Idle',
  'Active',
  'Connect',
  'OpenSent',
  'OpenConfirm',
  'Established',
];

const replaced: Reason = { kind: 'left', detail: 'the peer has connected once more' };
const notNeeded: Reason = { kind: 'left', detail: 'there is a connection already' };

function sideOf(link: number): Side {
  return link === outgoingLink ? 'outgoing' : 'incoming';
}

/** Seconds. The first failure costs nothing: the peer may just have been restarted, and be about to connect. */
function holdAfter(failures: number, { initial, max }: BackOff): number {
  return failures <= 1 ? 0 : Math.min(max, initial * 2 ** Math.min(failures - 2, 30)) / 1000;
}

/** Not a connection that the peer closed before it said anything, nor one of two of which the other is kept. */
function isFailure(before: State, reason: Reason): boolean {
  const isSilent = isBeforeOpen(before) && reason.kind === 'lost';
  return !isSilent && ceaseIn(reason)?.subcode !== CEASE.connectionCollision;
}

/** There is a connection, and the peer has not sent its OPEN. */
function isBeforeOpen({ name }: State): boolean {
  return name === 'OpenDelayed' || name === 'OpenSent';
}

/** There is no connection. */
function isAttempt({ name }: State): boolean {
  return name === 'Connect' || name === 'Active';
}

function isUnderWay(state: State): boolean {
  return state.name !== 'Idle' && !isAttempt(state);
}

function reasonAmong(actions: readonly Action[]): Reason {
  const closed = actions.find((action) => action.do === 'close');
  return closed?.reason ?? notNeeded;
}

function isMaxPrefixes(reason: Reason): boolean {
  return reason.kind === 'sent' && ceaseIn(reason)?.subcode === CEASE.maxPrefixes;
}

/** The Cease in a reason. */
function ceaseIn(reason: Reason): Notification | undefined {
  if (reason.kind !== 'sent' && reason.kind !== 'received') return undefined;
  return reason.notification.code === ERROR.cease ? reason.notification : undefined;
}
