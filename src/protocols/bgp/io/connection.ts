/**
 * Messages on one stream: takes those that come out of it, a portion a turn, and queues those that go into it. Has the two
 * timers that hang on octets: hold time (nothing came) and send-hold time (nothing was taken). No state of a session: what
 * comes is told to the owner.
 */

import { getSystemErrorMessage } from 'node:util';

import { unwrap } from '../../../base/result.ts';
import type { Event } from '../session/machine.ts';
import { Framer } from '../wire/framer.ts';
import { messageLength, messageType } from '../wire/header.ts';
import { decodeMessage, encodeMessage, keepalive, type Message } from '../wire/message.ts';
import { MESSAGE } from '../wire/numbers.ts';
import type { RouteRefresh } from '../wire/route-refresh.ts';
import { longestReceived, type WireSession, wireSession } from '../wire/session.ts';
import { Deadline } from './deadline.ts';
import { OutQueue } from './out-queue.ts';
import type { SocketName } from './socket-address.ts';
import type { Timers } from './timers.ts';
import { EAGAIN, type Stream } from './transport.ts';

export interface ConnectionOwner {
  /** HOT: one UPDATE, [start, end) of octets that hold during the call only. */
  update(octets: Uint8Array, start: number, end: number): void;
  refresh(message: RouteRefresh): void;
  /** Everything else. */
  event(event: Event): void;
  /** Less than `lowWater` octets are queued. */
  drained(): void;
}

/** What all connections of a speaker share. */
export interface ConnectionContext {
  readonly timers: Timers;
  /** Read into, and taken apart before anything else is read: one for all. Its length is the portion a turn. */
  readonly buffer: Uint8Array;
  /** Octets queued at which more may be built. */
  readonly lowWater: number;
}

/** What has gone through, by all connections of a peer. */
export class Traffic {
  /** Messages by their type code. */
  readonly received = new Float64Array(messageTypes);
  readonly sent = new Float64Array(messageTypes);
  octetsReceived = 0;
  octetsSent = 0;
  /** When the last portion with a whole message came, by `Timers.now`; `undefined` before the first. */
  lastReceived: number | undefined;
}

/** Type codes below this one are all there are; 0 is none's. RFC 4271 §4.1, RFC 2918 §3. */
const messageTypes = MESSAGE.routeRefresh + 1;
/** Octets queued at which they go out at once, without waiting for what else this turn brings. */
const flushAt = 65536;
/** Milliseconds in which a last message, the reason for the end, may still be taken. */
const lingerTime = 5_000;
/** Octets that are read and dropped at the end. */
const maxDropped = 1 << 20;
const droppedAtOnce = 65536;

/** `local` is not known of a connection that is gone. */
export interface Ends {
  readonly local: SocketName | undefined;
  readonly remote: SocketName;
}

export class Connection {
  readonly #stream: Stream;
  readonly #owner: ConnectionOwner;
  readonly #traffic: Traffic;
  readonly #context: ConnectionContext;
  readonly #framer = new Framer();
  readonly #queue = new OutQueue();
  #wire: WireSession = wireSession();
  #isFlushDue = false;
  /** The kernel has taken less than all. */
  #isBlocked = false;
  #isClosed = false;
  #wantsDrained = false;
  readonly #hold: Deadline;
  readonly #sendHold: Deadline;
  /** Milliseconds. */
  #sendHoldTime = 0;

  constructor(
    stream: Stream,
    owner: ConnectionOwner,
    traffic: Traffic,
    context: ConnectionContext,
  ) {
    this.#stream = stream;
    this.#owner = owner;
    this.#traffic = traffic;
    this.#context = context;
    this.#hold = new Deadline(context.timers, () => this.#expireHold());
    this.#sendHold = new Deadline(context.timers, () => owner.event({ type: 'send-hold-expired' }));
    stream.listen({
      connected: () => owner.event({ type: 'connected' }),
      failed: (detail) => owner.event({ type: 'disconnected', detail }),
      readable: () => this.#readable(),
      writable: () => this.#flush(),
    });
  }

  /** Octets that the kernel has not taken. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Both ends of it, as the kernel names them. */
  get ends(): Ends {
    return { local: this.#stream.local(), remote: this.#stream.remote };
  }

  /** Messages are those of this session from now on. */
  agree(wire: WireSession, sendHoldTime: number): void {
    this.#wire = wire;
    this.#framer.longest = longestReceived(wire);
    this.#sendHoldTime = sendHoldTime;
  }

  startHold(ms: number): void {
    this.#hold.start(ms);
  }

  stopHold(): void {
    this.#hold.stop();
  }

  /** Whole messages; they go out when this turn is over, or sooner. */
  send(octets: Uint8Array): void {
    if (this.#isClosed) return;
    this.#queue.push(octets);
    this.#traffic.octetsSent += octets.length;
    for (let at = 0; at < octets.length; at += messageLength(octets, at)) {
      countMessage(this.#traffic.sent, messageType(octets, at));
    }
    // While the kernel has no room, it is asked again when it says so.
    if (this.#isBlocked) return;
    if (this.#queue.length >= flushAt) this.#flush();
    else this.#flushSoon();
  }

  /** A message of the session itself. */
  sendMessage(message: Message): void {
    const octets = message.type === 'keepalive' ? keepaliveOctets : this.#encode(message);
    // What is still to be said is worth nothing when the session is over.
    if (message.type === 'notification') this.#queue.trim();
    this.send(octets);
    this.#flush();
  }

  /** `drained` is told once, when it is so. */
  whenDrained(): void {
    this.#wantsDrained = true;
    this.#flushSoon();
  }

  /** What was sent last may still go out. Nothing is told any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#flush();
    this.#isClosed = true;
    this.#hold.stop();
    this.#sendHold.stop();
    if (this.#queue.length === 0) this.#drop();
    else this.#linger();
  }

  #linger(): void {
    const stop = this.#context.timers.after(lingerTime, () => this.#stream.close());
    const finish = (): void => {
      const refused = this.#queue.drain((octets) => this.#stream.write(octets));
      if (this.#queue.length > 0 && (refused === 0 || refused === -EAGAIN)) return;
      stop();
      this.#drop();
    };
    const scratch = new Uint8Array(droppedAtOnce);
    const ignore = (): void => {
      const got = this.#stream.read(scratch);
      if (got > 0 || got === -EAGAIN) return;
      stop();
      this.#stream.close();
    };
    this.#stream.listen({ connected: ignore, failed: ignore, readable: ignore, writable: finish });
    this.#stream.wantWritable(true);
  }

  /** Octets that nobody reads would make the kernel reset the connection, and the peer might lose our last message. */
  #drop(): void {
    // Not the common buffer: somebody else's messages may be in it, one of which has led here.
    const scratch = new Uint8Array(droppedAtOnce);
    for (let dropped = 0; dropped < maxDropped; dropped += scratch.length) {
      if (this.#stream.read(scratch) <= 0) break;
    }
    this.#stream.close();
  }

  #expireHold(): void {
    // The event loop was late: what came in time has yet to be read.
    this.#readable();
    if (this.#isClosed || this.#hold.isRunning) return;
    this.#owner.event({ type: 'hold-expired' });
  }

  /** HOT: bench/bgp-session.ts. One portion; the stream tells again as long as there is more. */
  #readable(): void {
    const { buffer } = this.#context;
    const got = this.#stream.read(buffer);
    if (got > 0) {
      this.#traffic.octetsReceived += got;
      this.#framer.push(buffer.subarray(0, got));
      this.#takeMessages();
    } else if (got !== -EAGAIN) {
      const detail = got === 0 ? 'closed by the peer' : getSystemErrorMessage(got);
      this.#owner.event({ type: 'disconnected', detail });
    }
  }

  #takeMessages(): void {
    const framer = this.#framer;
    const { received } = this.#traffic;
    let count = 0;
    while (!this.#isClosed && framer.next()) {
      count += 1;
      countMessage(received, framer.type);
      if (framer.type === MESSAGE.update) {
        this.#owner.update(framer.octets, framer.start, framer.end);
      } else {
        this.#tell(framer.octets.subarray(framer.start, framer.end));
      }
    }
    // Once a portion; messages that are not all there yet do not count, or an octet a minute would keep a session up.
    if (count > 0) {
      this.#hold.touch();
      this.#traffic.lastReceived = this.#context.timers.now();
    }
    if (!this.#isClosed && framer.error !== undefined) {
      this.#owner.event({ type: 'malformed', error: framer.error });
    }
  }

  #tell(octets: Uint8Array): void {
    if (messageType(octets, 0) === MESSAGE.keepalive) {
      return this.#owner.event({ type: 'keepalive' });
    }
    const decoded = decodeMessage(octets, this.#wire);
    if (!decoded.ok) return this.#owner.event({ type: 'malformed', error: decoded.error });
    const { message } = decoded.value;
    if (message.type === 'open') this.#owner.event({ type: 'open', open: message });
    else if (message.type === 'notification') {
      this.#owner.event({ type: 'notification', notification: message });
    } else if (message.type === 'route-refresh') this.#owner.refresh(message);
  }

  #encode(message: Message): Uint8Array {
    return unwrap(encodeMessage(message, this.#wire));
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    if (this.#isClosed) return;
    const before = this.#queue.length;
    // A refusal but for want of room shows when the stream is read, where the peer's reason for it may stand.
    this.#queue.drain((octets) => this.#stream.write(octets));
    const left = this.#queue.length;
    this.#isBlocked = left > 0;
    this.#stream.wantWritable(this.#isBlocked);
    if (left === 0) this.#sendHold.stop();
    else if (left < before || !this.#sendHold.isRunning) this.#startSendHold();
    if (this.#wantsDrained && left <= this.#context.lowWater) {
      this.#wantsDrained = false;
      // Not from here: what has led to this may be a call that must not be called back into.
      queueMicrotask(() => this.#tellDrained());
    }
  }

  #tellDrained(): void {
    if (!this.#isClosed) this.#owner.drained();
  }

  /** Not before there is a session: until then the hold time of the OPEN ends everything. */
  #startSendHold(): void {
    if (this.#sendHoldTime > 0) this.#sendHold.start(this.#sendHoldTime);
  }
}

const keepaliveOctets = unwrap(encodeMessage(keepalive, wireSession()));

function countMessage(counts: Float64Array, type: number): void {
  counts[type] = (counts[type] ?? 0) + 1;
}
