/** A peer that does what the test says, right or wrong: octets on a plain socket. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

import { unwrap } from '../../../../src/base/result.ts';
import {
  decodeMessage,
  encodeMessage,
  formatMessage,
  Framer,
  type Message,
  type PeerOptions,
  wireSession,
} from '../../../../src/protocols/bgp/index.ts';
import { openOfB } from '../session/settings.ts';

export class RawPeer {
  readonly socket: Socket;
  readonly #framer = new Framer();
  readonly #messages: Message[] = [];
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#framer.longest = 65535;
    socket.on('data', (chunk) => this.#take(chunk));
    // A reset is an end like any other.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async connect(
    t: TestContext,
    port: number,
    from = '127.0.0.2',
    host = '127.0.0.1',
  ): Promise<RawPeer> {
    const socket = connect({ host, port, localAddress: from });
    t.after(() => socket.destroy());
    const raw = new RawPeer(socket);
    await once(socket, 'connect');
    return raw;
  }

  send(message: Message): void {
    this.socket.write(unwrap(encodeMessage(message, wireSession())));
  }

  open(options: Partial<PeerOptions> = {}): void {
    this.send(openOfB(options));
  }

  /** The next message, as text; `closed` at the end. */
  async next(): Promise<string> {
    while (this.#messages.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
    const message = this.#messages.shift();
    return message === undefined ? 'closed' : formatMessage(message);
  }

  /** All that comes until the end, keepalives aside. */
  async rest(): Promise<readonly string[]> {
    const told: string[] = [];
    for (let text = await this.next(); text !== 'closed'; text = await this.next()) {
      if (text !== 'KEEPALIVE') told.push(text);
    }
    return told;
  }

  /** Answers the OPEN, and waits until it is confirmed. */
  async establish(options: Partial<PeerOptions> = {}): Promise<void> {
    await this.next();
    this.open(options);
    this.send({ type: 'keepalive' });
    await this.next();
  }

  #take(chunk: Uint8Array): void {
    this.#framer.push(chunk);
    while (this.#framer.next()) {
      const { end, octets, start } = this.#framer;
      const decoded = decodeMessage(octets.subarray(start, end), wireSession());
      if (decoded.ok) this.#messages.push(decoded.value.message);
    }
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Time that passes faster, for what is to happen after a long one. */
export function fastTimers(factor: number) {
  return {
    now: () => performance.now() * factor,
    after: (ms: number, ring: () => void) => {
      const timer = setTimeout(ring, ms / factor);
      return () => clearTimeout(timer);
    },
  };
}
