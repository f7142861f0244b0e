/**
 * Asks the kernel: single requests, batches and dumps on one netlink socket, one after the other. Every request gets its
 * own result; a refusal is a value. No knowledge of any object, no cache: what is dumped is handed over.
 *
 * A batch goes out as datagrams of at most `maxMessages` with an acknowledgement asked for the last only. The kernel
 * runs a datagram within send() and goes on after a failure; failures are reported without being asked for. So the last
 * answer ends the datagram and all that was not refused is done. More messages, each acknowledged, would overflow the
 * receive buffer (256 acknowledgements fill the default one) and the last answer would never come.
 */

import { err, ok, type Result } from '../../../base/result.ts';
import { Turns } from '../../../base/turns.ts';
import { encodeBatch, maxMessages, nextSequence } from '../wire/batch.ts';
import { failed, type NetlinkError, type ownErrors, refused } from '../wire/error.ts';
import {
  type Answer,
  decodeDone,
  decodeError,
  type Message,
  visitMessages,
} from '../wire/message.ts';
import { NETLINK_ROUTE, NLM_F, NLMSG } from '../wire/numbers.ts';
import type { ObjectCodec } from '../wire/object.ts';
import { dumpOf, get, type Request } from '../wire/request.ts';
import { type Alarm, systemAlarm } from './alarm.ts';
import { type Arrival, netlinkTransport, type Transport } from './transport.ts';

export interface SocketOptions {
  /** Milliseconds without any answer after which a request is given up. */
  readonly timeout?: number;
  readonly alarm?: Alarm;
  readonly transport?: Transport;
  /** Octets of the receive buffer; 0 leaves the system's default, which is enough for the batches made here. */
  readonly receiveBuffer?: number;
}

const defaults = {
  // The kernel answers within send(); seconds only pass when it waits for its own big lock.
  timeout: 10_000,
  receiveBuffer: 1 << 20,
};

/** A dump that is overtaken by changes is made again this often. */
const maxDumps = 8;

/** Everything that one datagram with requests is waiting for. */
interface Exchange {
  readonly first: number;
  readonly count: number;
  /** By the place of the request in the datagram. Only refusals and the last one are answered. */
  readonly answers: Map<number, Answer>;
  /** Takes a message that is no answer. */
  readonly onBody: (data: DataView, message: Message) => void;
  readonly settle: (ended: Ended) => void;
  interrupted: boolean;
}

/** `lost` when answers are missing: the socket overflowed, was silent or closed. */
type Ended =
  | { readonly done: true; readonly interrupted: boolean }
  | { readonly done: false; readonly lost: 'ENOBUFS' | 'MALFORMED' | 'TIMED_OUT' | 'CLOSED' };

const ENOBUFS = 105;

export class NetlinkSocket {
  readonly #transport: Transport;
  readonly #alarm: Alarm;
  readonly #timeout: number;
  #sequence = 1;
  #port = 0;
  #closed = false;
  #current: Exchange | undefined;
  readonly #turns = new Turns();
  /** Takes the alarm back that ends a silent exchange. The alarm also keeps the process alive until the answer. */
  #calm: () => void = () => {};

  private constructor(transport: Transport, alarm: Alarm, timeout: number) {
    this.#transport = transport;
    this.#alarm = alarm;
    this.#timeout = timeout;
    transport.onData((arrival) => this.#receive(arrival));
  }

  /** Opens a socket in the network namespace of this process. Does not keep the process alive when idle. */
  static open(options: SocketOptions = {}): Result<NetlinkSocket, NetlinkError> {
    const { transport = netlinkTransport(), alarm = systemAlarm } = options;
    const socket = new NetlinkSocket(transport, alarm, options.timeout ?? defaults.timeout);
    const errno = transport.open({
      protocol: NETLINK_ROUTE,
      groups: [],
      receiveBuffer: options.receiveBuffer ?? defaults.receiveBuffer,
      keepAlive: false,
    });
    return errno === 0 ? ok(socket) : err(refused('open a netlink socket', { errno, text: '' }));
  }

  /** The number by which a monitor tells changes made here from those of others; 0 before the first answer. */
  get port(): number {
    return this.#port;
  }

  /** One request; done when the kernel says so. */
  async request(request: Request): Promise<Result<void, NetlinkError>> {
    const [result] = await this.batch([request]);
    return result ?? ok(undefined);
  }

  /** Many requests, in order; one result each. A refused one does not stop those after it. */
  batch(requests: readonly Request[]): Promise<readonly Result<void, NetlinkError>[]> {
    return this.#turns.take(async () => {
      const results: Result<void, NetlinkError>[] = [];
      while (results.length < requests.length) {
        results.push(...(await this.#sendSome(requests, results.length)));
      }
      return results;
    });
  }

  /** All objects that the filter names, as of one moment: a dump that was overtaken by a change is made again. */
  dump<T, F>(codec: ObjectCodec<T, F>, filter: F): Promise<Result<readonly T[], NetlinkError>> {
    return this.#turns.take(async () => {
      for (let attempt = 1; ; attempt += 1) {
        const dumped = await this.#dumpOnce(codec, filter);
        const again = !dumped.ok && retried.includes(dumped.error.code) && attempt < maxDumps;
        if (!again) return dumped;
      }
    });
  }

  /** The one object that `value` names: a link by index or name, the route towards a destination. */
  get<T>(codec: ObjectCodec<T, never>, value: T): Promise<Result<T, NetlinkError>> {
    const request = get(codec, value);
    return this.#turns.take(async () => {
      let found: T | string | undefined;
      const { answers, ended } = await this.#exchange([request], (data, message) => {
        found = codec.decode(data, message.at, message.end);
      });
      const result = resultOf(request, answers.get(0), ended);
      if (!result.ok) return result;
      if (found === undefined || typeof found === 'string') {
        return err(failed(request.what, 'MALFORMED'));
      }
      return ok(found);
    });
  }

  /** Ends what is under way with CLOSED. May be called twice. */
  close(): void {
    this.#closed = true;
    this.#transport.close();
    this.#settle({ done: false, lost: 'CLOSED' });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** As many of the requests from `from` on as fit into one datagram. */
  async #sendSome(
    requests: readonly Request[],
    from: number,
  ): Promise<readonly Result<void, NetlinkError>[]> {
    const { count, answers, ended } = await this.#exchange(
      requests.slice(from, from + maxMessages),
      () => {},
    );
    const sent = requests.slice(from, from + count);
    return sent.map((one, i) => resultOf(one, answers.get(i), ended));
  }

  async #dumpOnce<T, F>(
    codec: ObjectCodec<T, F>,
    filter: F,
  ): Promise<Result<readonly T[], NetlinkError>> {
    const request = dumpOf(codec, filter);
    const rows: T[] = [];
    let malformed = 0;
    const take = (data: DataView, message: Message): void => {
      if (message.type !== codec.type) return;
      const row = codec.decode(data, message.at, message.end);
      if (row === 'malformed') malformed += 1;
      else if (row !== 'foreign') rows.push(row);
    };
    const { answers, ended } = await this.#exchange([request], take, true);
    const result = resultOf(request, answers.get(0), ended);
    if (!result.ok) return result;
    if (malformed > 0) return err(failed(request.what, 'MALFORMED'));
    if (ended.done && ended.interrupted) return err(failed(request.what, 'DUMP_INTERRUPTED'));
    return ok(rows);
  }

  /** Sends as many of `requests` as fit, `count`, and waits for the last answer. */
  async #exchange(
    requests: readonly Request[],
    onBody: Exchange['onBody'],
    isDump = false,
  ): Promise<{ count: number; answers: ReadonlyMap<number, Answer>; ended: Ended }> {
    const first = this.#sequence;
    const { datagram, count } = encodeBatch(requests, first);
    const answers = new Map<number, Answer>();
    if (this.#closed) return { count, answers, ended: { done: false, lost: 'CLOSED' } };
    this.#sequence = nextSequence(first, count);
    const ended = await new Promise<Ended>((settle) => {
      this.#current = { first, count, answers, onBody, settle, interrupted: false };
      const errno = this.#transport.send(datagram);
      if (errno !== 0) this.#refuseAll(errno);
      // A dump goes on with each read: that is for the event loop.
      else if (isDump || !this.#isAnswered()) this.#watch();
    });
    return { count, answers, ended };
  }

  /**
   * HOT: the kernel has answered within send(), so that what follows from the answer need not wait for the event loop, and on
   * one processor for whoever was woken by what the kernel did.
   */
  #isAnswered(): boolean {
    while (this.#current !== undefined) {
      const arrival = this.#transport.receive();
      if (arrival === undefined) return false;
      this.#receive(arrival);
      // An error may be there for ever: the event loop, or the alarm, goes on.
      if ('errno' in arrival) break;
    }
    return this.#current === undefined;
  }

  /** The datagram did not even get to the kernel. */
  #refuseAll(errno: number): void {
    const { count, answers } = this.#current ?? { count: 0, answers: new Map<number, Answer>() };
    for (let index = 0; index < count; index += 1) answers.set(index, { errno, text: '' });
    this.#settle({ done: true, interrupted: false });
  }

  #receive(arrival: Arrival): void {
    const current = this.#current;
    if (current === undefined) return;
    if ('errno' in arrival) {
      if (arrival.errno === ENOBUFS) this.#settle({ done: false, lost: 'ENOBUFS' });
      return;
    }
    const { datagram } = arrival;
    const data = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
    const sound = visitMessages(data, (message) => this.#take(current, data, message));
    if (!sound) this.#settle({ done: false, lost: 'MALFORMED' });
    else if (this.#current === current) this.#watch();
  }

  /** One message. Late answers to what was given up have an older sequence number and fall through. */
  #take(current: Exchange, data: DataView, message: Message): void {
    const index = message.sequence - current.first;
    if (this.#current !== current || index < 0 || index >= current.count) return;
    this.#port = message.port;
    if ((message.flags & NLM_F.dumpInterrupted) !== 0) current.interrupted = true;
    if (message.type === NLMSG.error || message.type === NLMSG.done) {
      const isError = message.type === NLMSG.error;
      const answer = isError ? decodeError(data, message) : decodeDone(data, message);
      // One that cannot be read is as good as none: the time-out ends the request.
      if (answer === undefined) return;
      current.answers.set(index, answer);
      if (index === current.count - 1)
        this.#settle({ done: true, interrupted: current.interrupted });
    } else if (message.type > NLMSG.overrun) {
      current.onBody(data, message);
    }
  }

  #settle(ended: Ended): void {
    const current = this.#current;
    this.#current = undefined;
    this.#calm();
    current?.settle(ended);
  }

  /** Gives up on the exchange when nothing is heard of it from now on. */
  #watch(): void {
    this.#calm();
    this.#calm = this.#alarm(this.#timeout, () => this.#settle({ done: false, lost: 'TIMED_OUT' }));
  }
}

const retried: readonly string[] = ['DUMP_INTERRUPTED', 'ENOBUFS'];

function resultOf(
  request: Request,
  answer: Answer | undefined,
  ended: Ended,
): Result<void, NetlinkError> {
  if (answer !== undefined) {
    return answer.errno === 0 ? ok(undefined) : err(refused(request.what, answer));
  }
  // No word of it in a finished exchange is success.
  if (ended.done) return ok(undefined);
  if (ended.lost === 'ENOBUFS') return err(refused(request.what, { errno: ENOBUFS, text: '' }));
  const code: keyof typeof ownErrors = ended.lost;
  return err(failed(request.what, code));
}
