/** Time that passes when the test says so, and a TCP without a kernel. */

import { unwrap, ok } from '../../../../src/base/result.ts';
import {
  encodeMessage,
  Framer,
  formatMessage,
  decodeMessage,
  type Message,
  type Stream,
  type StreamListener,
  type Timers,
  type Transport,
  wireSession,
} from '../../../../src/protocols/bgp/index.ts';
import { EAGAIN } from '../../../../src/protocols/bgp/io/transport.ts';
import { ip } from './pair.ts';

export class VirtualTimers implements Timers {
  #now = 0;
  readonly #alarms = new Set<{ readonly at: number; readonly ring: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, ring: () => void): () => void {
    const alarm = { at: this.#now + ms, ring };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  get running(): number {
    return this.#alarms.size;
  }

  /** Lets all ring that is due within `ms`, in its order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#alarms].toSorted((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.ring();
    }
    this.#now = end;
  }

  /** The event loop is held up: time passes, and nothing rings before `pass`. */
  stall(ms: number): void {
    this.#now += ms;
  }
}

/** A stream whose other end is the test. */
export class FakeStream implements Stream {
  readonly remote = { ip: ip('10.0.0.2'), port: 179, scope: 0 };
  isClosed = false;
  /** Octets that the kernel still takes. */
  room = Number.POSITIVE_INFINITY;
  readonly #incoming: Uint8Array[] = [];
  readonly #framer = new Framer();
  #listener: StreamListener | undefined;
  readonly sent: string[] = [];

  local() {
    return { ip: ip('10.0.0.1'), port: 179, scope: 0 };
  }

  read(into: Uint8Array): number {
    const octets = this.#incoming.shift();
    if (octets === undefined) return -EAGAIN;
    into.set(octets);
    return octets.length;
  }

  write(octets: Uint8Array): number {
    const taken = Math.min(this.room, octets.length);
    if (taken === 0) return -EAGAIN;
    this.room -= taken;
    this.#framer.push(octets.slice(0, taken));
    while (this.#framer.next()) {
      const { end, octets: all, start } = this.#framer;
      const decoded = decodeMessage(all.subarray(start, end), wireSession());
      if (decoded.ok) this.sent.push(formatMessage(decoded.value.message));
    }
    return taken;
  }

  wantWritable(): void {}

  listen(listener: StreamListener): void {
    this.#listener = listener;
  }

  close(): void {
    this.isClosed = true;
  }

  connect(): void {
    this.#listener?.connected();
  }

  fail(): void {
    this.#listener?.failed('connection refused');
  }

  /** Octets come, and the event loop says so. */
  arrive(...messages: readonly Message[]): void {
    this.wait(...messages);
    this.#deliver();
  }

  arriveOctets(octets: Uint8Array): void {
    if (octets.length > 0) this.#incoming.push(octets);
    this.#deliver();
  }

  #deliver(): void {
    while (this.#incoming.length > 0 && !this.isClosed) this.#listener?.readable();
  }

  /** They come, and nobody has been told yet. */
  wait(...messages: readonly Message[]): void {
    for (const message of messages)
      this.#incoming.push(unwrap(encodeMessage(message, wireSession())));
  }

  drain(): void {
    this.room = Number.POSITIVE_INFINITY;
    this.#listener?.writable();
  }
}

export class FakeTransport implements Transport {
  readonly streams: FakeStream[] = [];

  get last(): FakeStream {
    const stream = this.streams.at(-1);
    if (stream === undefined) throw new Error('nothing was connected');
    return stream;
  }

  connect(): ReturnType<Transport['connect']> {
    const stream = new FakeStream();
    this.streams.push(stream);
    return ok(stream);
  }

  listen(): ReturnType<Transport['listen']> {
    return ok({ port: 179, setPassword: () => ok(undefined), close: () => {} });
  }

  adopt(): ReturnType<Transport['adopt']> {
    return ok(undefined);
  }

  isScope(): boolean {
    return false;
  }
}
