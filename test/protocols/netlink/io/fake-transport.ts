/** A transport whose other end is the test: what was sent is kept, what arrives is said. */

import { Writer } from '../../../../src/base/bytes.ts';
import type { Arrival, Transport } from '../../../../src/protocols/netlink/index.ts';
import { visitMessages, writeMessage } from '../../../../src/protocols/netlink/wire/message.ts';
import { NLMSG } from '../../../../src/protocols/netlink/wire/numbers.ts';
import { viewOf } from '../vectors.ts';

export interface Sent {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

export class FakeTransport implements Transport {
  readonly sent: (readonly Sent[])[] = [];
  isOpen = false;
  /** What `send` gives: 0, or the errno of a refusal. */
  sendErrno = 0;
  /** What is there as soon as something was sent: an answer to it. */
  answerAtOnce: ((sent: readonly Sent[]) => Uint8Array) | undefined;
  #listener: (arrival: Arrival) => void = () => {};
  #arrived: Arrival | undefined;
  /** How many of `sent` the test has been given. */
  #given = 0;
  #arise: () => void = () => {};

  open(): number {
    this.isOpen = true;
    return 0;
  }

  send(datagram: Uint8Array): number {
    const messages: Sent[] = [];
    visitMessages(viewOf(datagram), ({ type, flags, sequence, at, end }) => {
      messages.push({ type, flags, sequence, body: datagram.slice(at, end) });
    });
    this.sent.push(messages);
    const answer = this.answerAtOnce?.(messages);
    this.#arrived = answer && { datagram: answer };
    this.#arise();
    return this.sendErrno;
  }

  receive(): Arrival | undefined {
    const arrived = this.#arrived;
    this.#arrived = undefined;
    return arrived;
  }

  onData(listener: (arrival: Arrival) => void): void {
    this.#listener = listener;
  }

  close(): void {
    this.isOpen = false;
  }

  /** The next datagram that is sent, or was sent already and not given yet. */
  async nextSent(): Promise<readonly Sent[]> {
    while (this.sent.length === this.#given) {
      await new Promise<void>((resolve) => {
        this.#arise = resolve;
      });
    }
    this.#given += 1;
    return this.sent[this.#given - 1] ?? [];
  }

  arrive(...messages: readonly Uint8Array[]): void {
    this.#listener({ datagram: Buffer.concat(messages) });
  }

  fail(errno: number): void {
    this.#listener({ errno });
  }
}

/** NLMSG_ERROR for a request; errno 0 acknowledges it. */
export function answerTo({ sequence, type, flags }: Sent, errno = 0, text?: string): Uint8Array {
  const writer = new Writer('little');
  const answerFlags = 0x100 | (text === undefined ? 0 : 0x200);
  writeMessage(writer, { type: NLMSG.error, flags: answerFlags, sequence }, () => {
    writer.i32(-errno).u32(16).u16(type).u16(flags).u32(sequence).u32(0);
    if (text !== undefined) {
      const octets = Buffer.from(`${text}\0`);
      writer
        .u16(4 + octets.length)
        .u16(1)
        .bytes(octets);
      writer.zeros(-writer.length & 3);
    }
  });
  return writer.finish();
}

/** A message with a body, as part of a dump. */
export function messageTo(
  { sequence }: Sent,
  type: number,
  encode: (writer: Writer) => void,
  flags = 2,
): Uint8Array {
  const writer = new Writer('little');
  writeMessage(writer, { type, flags, sequence }, encode);
  return writer.finish();
}

export function doneTo(sent: Sent, flags = 2, errno = 0): Uint8Array {
  return messageTo(sent, NLMSG.done, (writer) => writer.i32(-errno), flags);
}
