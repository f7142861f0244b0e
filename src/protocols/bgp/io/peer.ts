/**
 * One peer at work: carries out what its machine decides (session/peer-machine.ts) on streams and timers, and hands the
 * established session to its handler. Decides nothing itself.
 */

import { assertNever } from '../../../base/assert-never.ts';
import type { Log, Random } from '../../../base/ports.ts';
import type { MessageError } from '../wire/error.ts';
import { type FamilyName, familyNumber } from '../wire/family.ts';
import { cease, hardReset, type Notification } from '../wire/notification.ts';
import { CEASE } from '../wire/numbers.ts';
import { type RouteRefresh, refreshSubtypes } from '../wire/route-refresh.ts';
import type { SessionHandler } from '../session/handler.ts';
import type { Event, Timer } from '../session/machine.ts';
import type { Negotiated } from '../session/negotiate.ts';
import { isSameOffer } from '../session/offer.ts';
import {
  outgoingLink,
  type PeerAction,
  type PeerEvent,
  PeerMachine,
  type PeerState,
  type PeerTimer,
} from '../session/peer-machine.ts';
import { formatReason, type Reason, sent } from '../session/reason.ts';
import type { Stale } from '../session/retention.ts';
import type { PeerSettings } from '../session/settings.ts';
import { Connection, type ConnectionContext, type Ends, Traffic } from './connection.ts';
import { LiveSession } from './live-session.ts';
import type { ConnectionSettings, Place, Stream, Transport } from './transport.ts';

/** What all peers of a speaker share. */
export interface PeerContext extends ConnectionContext {
  readonly transport: Transport;
  readonly random: Random;
  readonly log: Log;
}

export interface PeerOptions {
  /** For logs and lists. */
  readonly name: string;
  /** `undefined` while it is not known: then the peer can only connect to us. */
  readonly place: Place | undefined;
  readonly settings: PeerSettings;
  readonly connection: ConnectionSettings;
  readonly handler: SessionHandler;
}

/** What operators are shown. */
export interface PeerStatus {
  readonly name: string;
  readonly state: PeerState;
  /** `held`: left alone for a while after failures. */
  readonly admin: 'stopped' | 'held' | 'running';
  /** Of the session of now. */
  readonly negotiated: Negotiated | undefined;
  /** Milliseconds since it was established. */
  readonly uptime: number | undefined;
  /** Octets that the peer has not taken. */
  readonly queued: number;
  /** Since the peer was added. */
  readonly traffic: Readonly<Traffic>;
  /** Sessions that were established, since the peer was added. */
  readonly sessions: number;
  /** Failures in a row. */
  readonly failures: number;
  /** Why the last connection ended, and how many milliseconds ago. */
  readonly lastReason: Reason | undefined;
  readonly lastReasonAge: number | undefined;
  /** Milliseconds since the last message. */
  readonly silence: number | undefined;
  /** The addresses and ports of the session of now. */
  readonly ends: Ends | undefined;
  /** Families of which routes of a past session are kept, RFC 4724 §4.2. */
  readonly retained: readonly { readonly family: FamilyName; readonly phase: Stale['phase'] }[];
}

export interface ResetOptions {
  /** To the administrator of the peer: RFC 9003, at most 255 octets. */
  readonly words?: string;
  /** The peer may keep our routes meanwhile, if it has agreed to: RFC 8538. Not unless said. */
  readonly isSoft?: boolean;
}

export class Peer {
  readonly name: string;
  #place: Place | undefined;
  readonly #connection: ConnectionSettings;
  readonly #handler: SessionHandler;
  readonly #context: PeerContext;
  readonly #machine: PeerMachine;
  readonly #links = new Map<number, Connection>();
  /** By link and name; what takes them back. */
  readonly #timers = new Map<string, () => void>();
  readonly #changed: (peer: Peer) => void;
  readonly #traffic = new Traffic();
  #session: LiveSession | undefined;
  #sessions = 0;
  #lastReasonAt: number | undefined;
  /** What the log was last told of why there is no session. */
  #lastFailure = '';
  #nextLink = outgoingLink + 1;
  /** Events wait for the one at work, so that no call of the handler comes from within another. */
  #isBusy = false;
  readonly #waiting: PeerEvent[] = [];

  /** `changed` is called when something has happened that `status` shows, besides octets. */
  constructor(
    options: PeerOptions,
    context: PeerContext,
    changed: (peer: Peer) => void = () => {},
  ) {
    this.name = options.name;
    this.#place = options.place;
    this.#connection = options.connection;
    this.#handler = options.handler;
    this.#context = context;
    this.#changed = changed;
    this.#machine = new PeerMachine(options.settings);
  }

  get settings(): PeerSettings {
    return this.#machine.settings;
  }

  /** Where it is, as far as that is known. */
  get place(): Place | undefined {
    return this.#place;
  }

  get connection(): ConnectionSettings {
    return this.#connection;
  }

  get status(): PeerStatus {
    const { admin, failures, kept, lastReason, state } = this.#machine;
    const session = this.#session;
    const since = (time: number | undefined): number | undefined =>
      time === undefined ? undefined : this.#context.timers.now() - time;
    return {
      name: this.name,
      state,
      admin,
      negotiated: session?.negotiated,
      uptime: since(session?.since),
      queued: session?.queued ?? 0,
      traffic: this.#traffic,
      sessions: this.#sessions,
      failures,
      lastReason,
      lastReasonAge: since(this.#lastReasonAt),
      silence: since(this.#traffic.lastReceived),
      ends: session === undefined ? undefined : this.#links.get(session.link)?.ends,
      retained: kept.map(({ family, phase }) => ({ family: family.name, phase })),
    };
  }

  /** Nothing is under way and nothing kept: who need not be remembered may be forgotten. */
  get isAtRest(): boolean {
    const { admin, failures, retains, state } = this.#machine;
    const isQuiet = state === 'Idle' || state === 'Active';
    return isQuiet && !retains && failures === 0 && admin !== 'held';
  }

  start(): void {
    this.#post({ type: 'start' });
  }

  /** Ends the session until the next `start`; the peer is told to forget our routes, and why. RFC 9003. */
  stop(words = ''): void {
    this.#post({ type: 'stop', reason: this.#cease(CEASE.administrativeShutdown, words) });
  }

  /** As `stop`, of a peer that will be no more. */
  deconfigure(): void {
    this.#post({ type: 'stop', reason: this.#cease(CEASE.peerDeconfigured) });
  }

  /** Ends the session without a word, as if this program had crashed: a peer that helps restarts keeps our routes. */
  abandon(): void {
    this.#post({ type: 'stop', reason: { kind: 'left', detail: 'this speaker restarts' } });
  }

  /** Ends the session and begins anew. */
  reset({ words, isSoft }: ResetOptions = {}): void {
    this.#post({ type: 'reset', reason: this.#cease(CEASE.administrativeReset, words, isSoft) });
  }

  /** The hook of BFD: it says that the path to the peer is gone. RFC 9384. */
  bfdDown(): void {
    this.#post({ type: 'bfd-down' });
  }

  /** Other settings; a session begins anew when these need it, otherwise they hold from the next occasion on. */
  configure(settings: PeerSettings): void {
    const isSame = isSameOffer(this.#machine.settings, settings);
    this.#machine.settings = settings;
    if (isSame) return;
    const reason = this.#cease(CEASE.otherConfigurationChange, '', true);
    this.#post({ type: 'reset', reason });
  }

  /** Where the peer is, for the next attempt to connect: of one that is known by its link, as a neighbour table tells it. */
  locate(place: Place | undefined): void {
    this.#place = place;
  }

  /** A connection that the peer has made. */
  accept(stream: Stream): void {
    const link = this.#nextLink;
    this.#nextLink += 1;
    this.#attach(link, stream);
    this.#post({ type: 'accepted', link });
  }

  /** RFC 8538 §3.1: what is to be obeyed at once is wrapped, where the peer would otherwise keep our routes over it. */
  #cease(subcode: number, words = '', isSoft = false): Reason {
    const notification: Notification = cease(subcode, words);
    const { local, remote } = this.#session?.negotiated.restart ?? {};
    const isKept = local?.notification === true && remote?.notification === true;
    return sent(isKept && !isSoft ? hardReset(notification) : notification);
  }

  #attach(link: number, stream: Stream): void {
    const connection: Connection = new Connection(
      stream,
      {
        update: (octets, start, end) => this.#update(link, octets, start, end),
        refresh: (message) => this.#refresh(link, message),
        event: (event) => this.#tell(link, event),
        drained: () => this.#drained(link),
      },
      this.#traffic,
      this.#context,
    );
    this.#links.set(link, connection);
  }

  #tell(link: number, event: Event): void {
    this.#post({ type: 'link', link, event });
  }

  /** HOT: one UPDATE. Only what is not as usual reaches the machine. */
  #update(link: number, octets: Uint8Array, start: number, end: number): void {
    if (this.#session?.link !== link) return this.#tell(link, { type: 'update' });
    this.#isBusy = true;
    try {
      const error = this.#handler.update(octets, start, end);
      if (error !== undefined) this.#waiting.push(malformed(link, error));
    } finally {
      this.#isBusy = false;
    }
    if (this.#waiting.length > 0) this.#work();
  }

  #refresh(link: number, message: RouteRefresh): void {
    this.#tell(link, { type: 'refresh' });
    const session = this.#session;
    if (session?.link !== link) return;
    const family = session.negotiated.wire.families.get(familyNumber(message))?.family;
    const subtype = refreshSubtypes.find((name) => name === message.subtype);
    // RFC 2918 §4 and RFC 7313 §5: what was not agreed on is ignored.
    const isAgreed = subtype === 'request' || session.negotiated.refresh === 'enhanced';
    if (family === undefined || subtype === undefined || !isAgreed) return;
    this.#calling(() => this.#handler.refresh(family, subtype));
  }

  #drained(link: number): void {
    const session = this.#session;
    if (session?.link === link) this.#calling(() => session.drained());
  }

  /** What it causes waits until it is over. */
  #calling(call: () => void): void {
    this.#isBusy = true;
    try {
      call();
    } finally {
      this.#isBusy = false;
      this.#work();
    }
  }

  #post(event: PeerEvent): void {
    this.#waiting.push(event);
    this.#work();
  }

  #work(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let event = this.#waiting.shift(); event; event = this.#waiting.shift()) {
        const { lastReason, state: before } = this.#machine;
        const shown = this.#shown;
        for (const action of this.#machine.step(event)) this.#perform(action);
        if (this.#machine.lastReason !== lastReason) {
          this.#lastReasonAt = this.#context.timers.now();
          if (before !== 'Established') this.#reportFailure();
        }
        if (this.#machine.state !== before) this.#report(before);
        if (this.#shown !== shown) this.#changed(this);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #report(before: PeerState): void {
    const { lastReason, state } = this.#machine;
    if (state === 'Established') this.#lastFailure = '';
    const isEnd = before === 'Established' && lastReason !== undefined;
    const why = isEnd ? `: ${formatReason(lastReason)}` : '';
    const level = before === 'Established' || state === 'Established' ? 'info' : 'debug';
    this.#context.log(level, `${this.name}: ${before} to ${state}${why}`);
  }

  /** Why no session comes about: each reason once, until there is one or another reason. */
  #reportFailure(): void {
    const { admin, lastReason } = this.#machine;
    if (lastReason === undefined || admin === 'stopped') return;
    const why = formatReason(lastReason);
    if (why !== this.#lastFailure) this.#context.log('warn', `${this.name}: no session: ${why}`);
    this.#lastFailure = why;
  }

  /** Differs when `changed` is to be called. */
  get #shown(): string {
    const { admin, failures, state } = this.#machine;
    return `${state} ${admin} ${failures}`;
  }

  #perform(action: PeerAction): void {
    switch (action.do) {
      case 'connect':
        return this.#connect();
      case 'send':
        return this.#links.get(action.link)?.sendMessage(action.message);
      case 'close':
        return this.#close(action.link, action.reason);
      case 'agree':
        return this.#agree(action.link, action.negotiated);
      case 'start':
        return this.#start(action.link, action.timer, action.seconds);
      case 'stop':
        return this.#stop(action.link, action.timer);
      case 'up':
        return this.#up(action);
      case 'down':
        this.#session = undefined;
        return this.#handler.down(action.down);
      case 'expired':
        return this.#handler.expired(action.expiry.family, action.expiry.next);
      case 'start-peer-timer':
        return this.#startPeerTimer(action.timer, action.seconds);
      case 'stop-peer-timer':
        return this.#cancel(action.timer);
      default:
        return assertNever(action);
    }
  }

  #connect(): void {
    if (this.#place === undefined) {
      const detail = 'the address of the peer is not known';
      return this.#tell(outgoingLink, { type: 'disconnected', detail });
    }
    const made = this.#context.transport.connect(this.#place, this.#connection);
    if (made.ok) this.#attach(outgoingLink, made.value);
    else this.#tell(outgoingLink, { type: 'disconnected', detail: made.error });
  }

  #close(link: number, reason: Reason): void {
    this.#links.get(link)?.close();
    this.#links.delete(link);
    this.#context.log('debug', `${this.name}: connection ${link} closed: ${formatReason(reason)}`);
  }

  #agree(link: number, negotiated: Negotiated): void {
    const seconds = sendHoldTime(this.#machine.settings, negotiated);
    this.#links.get(link)?.agree(negotiated.wire, seconds * 1000);
  }

  #up({ link, negotiated, resumed }: Extract<PeerAction, { do: 'up' }>): void {
    const connection = this.#links.get(link);
    if (connection === undefined) return;
    this.#sessions += 1;
    const since = this.#context.timers.now();
    const reset = (error: MessageError): void => this.#post(malformed(link, error));
    this.#session = new LiveSession({ link, connection, negotiated, resumed, since, reset });
    this.#handler.up(this.#session);
  }

  #start(link: number, timer: Timer, seconds: number): void {
    if (timer === 'hold') return this.#links.get(link)?.startHold(seconds * 1000);
    this.#after(`${link} ${timer}`, this.#jittered(seconds), () =>
      this.#tell(link, { type: `${timer}-expired` }),
    );
  }

  #stop(link: number, timer: Timer): void {
    if (timer === 'hold') this.#links.get(link)?.stopHold();
    else this.#cancel(`${link} ${timer}`);
  }

  #startPeerTimer(timer: PeerTimer, seconds: number): void {
    // Only what makes us come to the peer needs to be out of step with others.
    const ms = timer === 'idle-hold' ? this.#jittered(seconds) : seconds * 1000;
    this.#after(timer, ms, () => this.#post({ type: 'timer', timer }));
  }

  /** RFC 4271 §10: three quarters of the time to all of it. Milliseconds. */
  #jittered(seconds: number): number {
    return seconds * 1000 * (0.75 + 0.25 * this.#context.random());
  }

  #after(name: string, ms: number, ring: () => void): void {
    this.#cancel(name);
    const cancel = this.#context.timers.after(ms, () => {
      this.#timers.delete(name);
      ring();
    });
    this.#timers.set(name, cancel);
  }

  #cancel(name: string): void {
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }
}

function malformed(link: number, error: MessageError): PeerEvent {
  return { type: 'link', link, event: { type: 'malformed', error } };
}

/** RFC 9687 §6: "the greater of 8 minutes or 2 times the negotiated HoldTime". Seconds. */
function sendHoldTime(settings: PeerSettings, { holdTime }: Negotiated): number {
  return settings.sendHoldTime ?? Math.max(8 * 60, 2 * holdTime);
}
