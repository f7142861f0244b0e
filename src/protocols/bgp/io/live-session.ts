/** What the handler of a peer holds while its session is up. After `down` the connection is closed, and all this does nothing. */

import type { Ip } from '../../../net/ip.ts';
import type { Session } from '../session/handler.ts';
import type { Connection } from './connection.ts';

export interface LiveOptions extends Pick<Session, 'negotiated' | 'resumed' | 'reset'> {
  readonly connection: Connection;
  /** The number of the connection. */
  readonly link: number;
  /** When it was established, by `Timers.now`. */
  readonly since: number;
}

export class LiveSession implements Session {
  readonly negotiated: Session['negotiated'];
  readonly resumed: Session['resumed'];
  readonly reset: Session['reset'];
  readonly link: number;
  readonly since: number;
  readonly #connection: Connection;
  #callback: (() => void) | undefined;

  constructor({ connection, link, negotiated, reset, resumed, since }: LiveOptions) {
    this.#connection = connection;
    this.link = link;
    this.negotiated = negotiated;
    this.resumed = resumed;
    this.since = since;
    this.reset = reset;
  }

  get localAddress(): Ip | undefined {
    return this.#connection.ends.local?.ip;
  }

  get queued(): number {
    return this.#connection.queued;
  }

  send(octets: Uint8Array): void {
    this.#connection.send(octets);
  }

  whenDrained(callback: () => void): void {
    this.#callback = callback;
    this.#connection.whenDrained();
  }

  /** Little is queued: whoever waits for that is told. */
  drained(): void {
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.();
  }
}
