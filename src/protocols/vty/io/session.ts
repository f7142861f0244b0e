/**
 * A conversation with one FRR daemon over its vty socket: commands out, replies in, in order, any number under way.
 * It opens once and ends once; connecting again is the caller's to decide, who learns of the end by `closed` at once
 * (a daemon that stops closes its sockets, so a restart of FRR is seen without asking). Configuration goes through
 * `configure`, which holds everything else back until it has left the configuration again.
 */

import { connect, type Socket } from 'node:net';

import type { Issue } from '../../../base/issue.ts';
import type { Clock } from '../../../base/ports.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import {
  type Command,
  configureCommand,
  encodeCommand,
  endCommand,
  parseCommand,
} from '../wire/command.ts';
import { isSuccess, type Reply, ReplyDecoder } from '../wire/reply.ts';
import type { VtyClosed, VtyError, VtyRefused } from './error.ts';

export interface VtyOptions {
  /** The socket: `/var/run/frr/bgpd.vty`. */
  readonly path: string;
  readonly clock: Clock;
  /** Milliseconds within which a command must be answered, counted from when those before it were. */
  readonly silence?: number;
}

export interface RunOptions {
  /** Another limit for this command. */
  readonly silence?: number;
}

/** Why a list of configuration lines was not carried out to its end. The lines before `at` were. */
export interface ConfigureError {
  /** Index of the line; 0 also when not even the first was sent. */
  readonly at: number;
  readonly command: string;
  readonly reason: VtyRefused | VtyError;
}

interface Pending {
  readonly command: Command;
  readonly silence: number;
  /** When it became the oldest, on the clock. */
  since: number;
  readonly settle: (result: Result<Reply, VtyError>) => void;
}

/** `show running-config` of a full bgpd takes a second or two; a busy bgpd may take longer to come to it. */
const defaultSilence = 15_000;

/** Connects and enters the enable node, where `show running-config` and `configure terminal` are known. */
export async function openVty(options: VtyOptions): Promise<Result<VtySession, VtyError>> {
  const socket = await connectTo(options.path);
  if (!socket.ok) return socket;
  const session = new VtySession(socket.value, options);
  const enabled = await session.run('enable');
  return enabled.ok ? ok(session) : enabled;
}

export class VtySession {
  /** Resolves when the session is over, with how; never rejects. */
  readonly closed: Promise<VtyClosed>;
  readonly path: string;

  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #silence: number;
  readonly #decoder = new ReplyDecoder();
  readonly #pending: Pending[] = [];
  readonly #announceClosed: (why: VtyClosed) => void;
  #why: VtyClosed | undefined;
  /** Ends with the session. */
  readonly #over = new AbortController();
  /** When it is looked next whether the oldest command was answered, on the clock. */
  #alarm = Number.POSITIVE_INFINITY;
  /** Resolves when the configuration under way has been left. */
  #configuring: Promise<void> | undefined;

  constructor(socket: Socket, options: VtyOptions) {
    this.#socket = socket;
    this.path = options.path;
    this.#clock = options.clock;
    this.#silence = options.silence ?? defaultSilence;
    const { promise, resolve } = Promise.withResolvers<VtyClosed>();
    this.closed = promise;
    this.#announceClosed = resolve;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#end({ cause: 'failed', detail: error.message }));
    socket.on('close', () =>
      this.#end({ cause: 'ended', detail: 'the daemon closed the session' }),
    );
  }

  get isOpen(): boolean {
    return this.#why === undefined;
  }

  /** Runs one command of the enable node. Several may be under way; their replies come in order. */
  async run(text: string, options: RunOptions = {}): Promise<Result<Reply, VtyError>> {
    const command = parseCommand(text);
    if (!command.ok) return err(unsendable(text, command.error));
    while (this.#configuring !== undefined) await this.#configuring;
    return this.#send(command.value, options.silence ?? this.#silence);
  }

  /** What the daemon prints for a command that it must carry out. */
  async ask(
    text: string,
    options: RunOptions = {},
  ): Promise<Result<string, VtyError | VtyRefused>> {
    const reply = await this.run(text, options);
    if (!reply.ok) return reply;
    return isSuccess(reply.value) ? ok(reply.value.text) : err(this.#refused(text, reply.value));
  }

  /**
   * Carries out `lines` from the top of the configuration, in order, until one is refused. FRR has no rollback: what
   * was done stays done, and the caller reads the configuration again. One at a time per session; FRR itself lets
   * other sessions and people configure in between (8.4 to 10.7: no lock held from one line to the next).
   */
  async configure(lines: readonly string[]): Promise<Result<readonly Reply[], ConfigureError>> {
    // All are checked first: one that cannot be sent must not leave half of a change behind.
    const commands: Command[] = [];
    for (const text of lines) {
      const command = parseCommand(text);
      if (!command.ok) {
        return err({ at: 0, command: text, reason: unsendable(text, command.error) });
      }
      commands.push(command.value);
    }
    while (this.#configuring !== undefined) await this.#configuring;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#configuring = promise;
    try {
      return await this.#carryOut(commands);
    } finally {
      this.#configuring = undefined;
      resolve();
    }
  }

  /** Ends the session; what is under way is answered with `closed`. */
  close(): void {
    this.#end({ cause: 'asked', detail: 'closed on request' });
  }

  async #carryOut(commands: readonly Command[]): Promise<Result<readonly Reply[], ConfigureError>> {
    // Whoever ran `configure terminal` by himself is brought out first.
    const entered = await this.#inOrder([endCommand, configureCommand]);
    const done = entered.ok ? await this.#inOrder(commands) : err({ ...entered.error, at: 0 });
    // After a refused line that should have entered a node the session stands one level further out, and the lines
    // that follow would hit the wrong node: hence the stop at the first failure, and `end` in any case.
    await this.#send(endCommand, this.#silence);
    return done;
  }

  /** One by one, waiting for each: pipelining gains nothing in bgpd, and could not stop. */
  async #inOrder(commands: readonly Command[]): Promise<Result<readonly Reply[], ConfigureError>> {
    const replies: Reply[] = [];
    for (const [at, command] of commands.entries()) {
      const reply = await this.#send(command, this.#silence);
      if (!reply.ok) return err({ at, command, reason: reply.error });
      if (!isSuccess(reply.value)) {
        return err({ at, command, reason: this.#refused(command, reply.value) });
      }
      replies.push(reply.value);
    }
    return ok(replies);
  }

  #send(command: Command, silence: number): Promise<Result<Reply, VtyError>> {
    if (this.#why !== undefined) return Promise.resolve(err(this.#lost(this.#why)));
    return new Promise((settle) => {
      this.#pending.push({ command, silence, since: 0, settle });
      this.#socket.write(encodeCommand(command));
      if (this.#pending.length === 1) this.#watchOldest();
    });
  }

  #receive(chunk: Uint8Array): void {
    const replies = this.#decoder.push(chunk);
    if (!replies.ok) return this.#end({ cause: 'garbled', detail: replies.error.message });
    for (const reply of replies.value) {
      const pending = this.#pending.shift();
      if (pending === undefined) {
        return this.#end({ cause: 'garbled', detail: 'a reply to nothing that was asked' });
      }
      pending.settle(ok(reply));
    }
    if (replies.value.length > 0) this.#watchOldest();
  }

  /**
   * A daemon that does not answer ends the session: a late reply could not be told from the next one's. One alarm, which
   * goes off for commands long since answered, because arming one for each costs more than it is worth.
   */
  #watchOldest(): void {
    const [oldest] = this.#pending;
    if (oldest === undefined) return;
    oldest.since = this.#clock.now();
    this.#alarmAt(oldest.since + oldest.silence);
  }

  #alarmAt(due: number): void {
    if (due >= this.#alarm) return;
    this.#alarm = due;
    this.#clock.sleep(due - this.#clock.now(), this.#over.signal).then(
      () => this.#look(due),
      () => {}, // the session is over
    );
  }

  #look(due: number): void {
    // An earlier alarm was set meanwhile, and sees to it.
    if (due !== this.#alarm) return;
    this.#alarm = Number.POSITIVE_INFINITY;
    const [oldest] = this.#pending;
    if (oldest === undefined) return;
    const { since, silence, command } = oldest;
    if (since + silence > this.#clock.now()) return this.#alarmAt(since + silence);
    this.#end({ cause: 'silent', detail: `no answer to '${command}' in ${silence} ms` });
  }

  /** The first reason counts; the others are its echo. */
  #end(why: VtyClosed): void {
    if (this.#why !== undefined) return;
    this.#why = why;
    this.#over.abort();
    this.#socket.destroy();
    for (const pending of this.#pending.splice(0)) pending.settle(err(this.#lost(why)));
    this.#announceClosed(why);
  }

  #refused(command: string, reply: Reply): VtyRefused {
    return { kind: 'refused', path: this.path, command, reply };
  }

  #lost(why: VtyClosed): VtyError {
    return { kind: 'closed', path: this.path, why };
  }
}

function unsendable(command: string, because: Issue): VtyError {
  return { kind: 'unsendable', command, issue: because };
}

function connectTo(path: string): Promise<Result<Socket, VtyError>> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const refuse = (error: NodeJS.ErrnoException): void => {
      resolve(err({ kind: 'unreachable', path, code: error.code ?? error.message }));
    };
    socket.once('error', refuse);
    socket.once('connect', () => {
      socket.off('error', refuse);
      resolve(ok(socket));
    });
  });
}
