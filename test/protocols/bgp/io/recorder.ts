/** A handler that keeps what it is told, and can be waited on. */

import type {
  AddressFamily,
  Down,
  MessageError,
  Session,
  SessionHandler,
} from '../../../../src/protocols/bgp/index.ts';

export class Recorder implements SessionHandler {
  /** `up`, `down`, `refresh l2vpn-evpn request`, `expired l2vpn-evpn delete`. */
  readonly calls: string[] = [];
  session: Session | undefined;
  lastDown: Down | undefined;
  updates = 0;
  octets = 0;
  /** What the next UPDATE is answered with. */
  verdict: MessageError | undefined;
  /** Called with each UPDATE. */
  onUpdate: (octets: Uint8Array) => void = () => {};
  readonly #waiting = new Set<() => void>();

  up(session: Session): void {
    this.session = session;
    this.#record('up');
  }

  update(octets: Uint8Array, start: number, end: number): MessageError | undefined {
    this.updates += 1;
    this.octets += end - start;
    this.onUpdate(octets.subarray(start, end));
    this.wake();
    return this.verdict;
  }

  refresh(family: AddressFamily, subtype: string): void {
    this.#record(`refresh ${family.name} ${subtype}`);
  }

  down(why: Down): void {
    this.session = undefined;
    this.lastDown = why;
    this.#record('down');
  }

  expired(family: AddressFamily, next: string): void {
    this.#record(`expired ${family.name} ${next}`);
  }

  /** Resolves when the condition holds; it is looked at after each call. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  /** The session that is up, or comes up next. */
  async whenUp(): Promise<Session> {
    await this.until(() => this.session !== undefined);
    if (this.session === undefined) throw new Error('no session');
    return this.session;
  }

  async whenDown(): Promise<Down> {
    await this.until(() => this.lastDown !== undefined && this.session === undefined);
    if (this.lastDown === undefined) throw new Error('never down');
    return this.lastDown;
  }

  #record(call: string): void {
    this.calls.push(call);
    this.wake();
  }

  /** Has conditions looked at that hang on something else. */
  wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
