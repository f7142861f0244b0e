/**
 * JSON-RPC over one stream, RFC 7047 §4: requests with their replies, notifications, answers to
 * echo, and probes of a silent peer. Ends once, with a reason. Knows nothing of databases or of
 * reconnecting.
 */

import type { Socket } from 'node:net';

import type { Clock } from '../../../base/ports.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { formatRpcError, type RpcMessage, type RpcReply, readMessage } from '../wire/rpc.ts';
import { type RowPlace, Slicer, type SlicedRow, type SlicerLimits } from '../wire/slicer.ts';
import type { Uuid } from '../wire/uuid.ts';
import { type Reason, reason, reasonOf } from './reason.ts';
import type { Stream } from './socket.ts';

export interface SessionOptions {
  readonly clock: Clock;
  /** Milliseconds of silence before a probe, and again before giving up; 0 never probes. */
  readonly probeInterval: number;
  readonly limits: SlicerLimits;
}

export interface SessionEvents {
  /** Called for each row as it comes; what it returns is what the message's `rows` carry. */
  onRow(place: RowPlace, uuid: Uuid, json: unknown): unknown;
  onNotification(method: string, params: readonly unknown[], rows: readonly SlicedRow[]): void;
}

type ReplyListener = (reply: Result<RpcReply, Reason>) => void;

export class Session {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #slicer: Slicer;
  readonly #pending = new Map<number, ReplyListener>();
  readonly #stopProbing = new AbortController();
  readonly #ended = Promise.withResolvers<Reason>();
  #events: SessionEvents | undefined;
  #nextId = 1;
  #lastHeard: number;
  #endedBecause: Reason | undefined;

  constructor({ socket, hear }: Stream, options: SessionOptions) {
    this.#socket = socket;
    this.#clock = options.clock;
    this.#lastHeard = options.clock.now();
    this.#slicer = new Slicer(
      {
        onRow: (place, uuid, json) => this.#events?.onRow(place, uuid, json) ?? json,
        onMessage: (json, rows) => this.#receive(readMessage(json, rows)),
      },
      options.limits,
    );
    hear((octets) => this.#read(octets));
    socket.on('error', (cause) => this.end(reasonOf('closed-by-server', cause)));
    socket.on('close', () =>
      this.end(reason('closed-by-server', 'the server closed the connection')),
    );
    if (options.probeInterval > 0) void this.#probe(options.probeInterval);
  }

  /** Resolves with the reason when the session is over; never rejects. */
  get ended(): Promise<Reason> {
    return this.#ended.promise;
  }

  get endedBecause(): Reason | undefined {
    return this.#endedBecause;
  }

  /** Requests that wait for their reply. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Who hears of rows and notifications from now on. */
  listen(events: SessionEvents): void {
    this.#events = events;
  }

  /**
   * Sends a request. `onReply` is called before anything that came after the reply is looked at.
   */
  call(method: string, params: unknown, onReply: ReplyListener): void {
    if (this.#endedBecause !== undefined) {
      onReply(err(this.#endedBecause));
      return;
    }
    const id = this.#nextId;
    this.#nextId += 1;
    this.#pending.set(id, onReply);
    this.#send({ method, params, id });
  }

  /** Sends a request; a reply that is an error is a `refused`. */
  request(method: string, params: unknown): Promise<Result<RpcReply, Reason>> {
    return new Promise((resolve) =>
      this.call(method, params, (reply) => resolve(refusalOf(reply))),
    );
  }

  /** Ends the session. Whoever waits for a reply learns the reason; only the first one counts. */
  end(because: Reason): void {
    if (this.#endedBecause !== undefined) return;
    this.#endedBecause = because;
    this.#stopProbing.abort();
    this.#events = undefined;
    this.#socket.removeAllListeners();
    this.#socket.on('error', () => {}).destroy();
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const onReply of waiting) onReply(err(because));
    this.#ended.resolve(because);
  }

  #read(chunk: Uint8Array): void {
    this.#lastHeard = this.#clock.now();
    const failure = this.#slicer.push(chunk);
    if (failure !== undefined) this.end(reason('nonsense', failure.message));
  }

  #receive(message: RpcMessage | undefined): void {
    switch (message?.kind) {
      case undefined:
        return this.end(reason('nonsense', 'a message that is no request and no reply'));
      case 'request':
        return this.#answer(message.id, message.method, message.params);
      case 'notification':
        return this.#events?.onNotification(message.method, message.params, message.rows);
      case 'reply':
        return this.#settle(message.id, message.reply);
    }
  }

  /** RFC 7047 §4.1.11: echo is the one request that a server makes. */
  #answer(id: unknown, method: string, params: unknown): void {
    const isEcho = method === 'echo';
    this.#send({ id, result: isEcho ? params : null, error: isEcho ? null : 'unknown method' });
  }

  #settle(id: unknown, reply: RpcReply): void {
    const listener = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (listener === undefined || typeof id !== 'number') {
      return this.end(reason('nonsense', `a reply to no request of ours: ${JSON.stringify(id)}`));
    }
    this.#pending.delete(id);
    listener(ok(reply));
  }

  #send(message: unknown): void {
    if (this.#endedBecause === undefined) this.#socket.write(JSON.stringify(message));
  }

  /** One probe for each silence; whatever is heard, not only the answer, is a sign of life. */
  async #probe(interval: number): Promise<void> {
    let probedAt: number | undefined;
    while (this.#endedBecause === undefined) {
      const now = this.#clock.now();
      if (probedAt !== undefined && this.#lastHeard >= probedAt) probedAt = undefined;
      if (probedAt === undefined && now - this.#lastHeard >= interval) {
        probedAt = now;
        this.call('echo', [], () => {});
      } else if (probedAt !== undefined && now - probedAt >= interval) {
        this.end(reason('silent', `nothing was heard for ${(now - this.#lastHeard) / 1000} s`));
        return;
      }
      const since = probedAt ?? this.#lastHeard;
      await this.#sleep(Math.max(1, since + interval - now));
    }
  }

  async #sleep(ms: number): Promise<void> {
    try {
      await this.#clock.sleep(ms, this.#stopProbing.signal);
    } catch {
      // The session ended meanwhile; the loop sees it.
    }
  }
}

/** A reply that carries an error, as the failure that it is. */
export function refusalOf(reply: Result<RpcReply, Reason>): Result<RpcReply, Reason> {
  if (!reply.ok || reply.value.error === null) return reply;
  return err(reason('refused', formatRpcError(reply.value.error)));
}
