/** The host's end of a guest's command ports: one connection runs one command at a time. */

import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FrameReader, formatFrame, type Reply, type Request } from './frames.ts';

/** How many people can have a command running in one guest at the same time. */
export const portCount = 4;

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly terminal?: boolean;
}

export interface Sink {
  write(to: 'stdout' | 'stderr', data: Buffer): void;
}

/** Where QEMU listens for port `index` of the guest whose files lie in `dir`. */
export function portPath(dir: string, index: number): string {
  return join(dir, `port${index}`);
}

export class GuestConnection {
  readonly #socket: Socket;
  readonly #lock: string;
  readonly #replies = new FrameReader<Reply>();
  #waiting: ((reply: Reply | undefined) => void) | undefined;
  #queue: Reply[] = [];

  private constructor(socket: Socket, lock: string) {
    this.#socket = socket;
    this.#lock = lock;
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      for (const reply of this.#replies.read(chunk)) this.#deliver(reply);
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#deliver(undefined));
  }

  /** Connects to the first free port and waits until the guest answers there; rejects when `signal` aborts. */
  static async open(dir: string, signal: AbortSignal): Promise<GuestConnection> {
    for (let index = 0; index < portCount; index++) {
      const lock = `${portPath(dir, index)}.lock`;
      if (!takeLock(lock)) continue;
      const socket = await openSocket(portPath(dir, index), signal);
      const connection = new GuestConnection(socket, lock);
      await connection.#greet(signal);
      return connection;
    }
    throw new Error(`cannot reach the guest: all ${portCount} command ports are in use`);
  }

  /** Runs a command to its end; its exit status, or undefined when the guest went away. */
  async run(command: Command, sink: Sink): Promise<number | undefined> {
    const { argv, env = {}, terminal = false } = command;
    const at = command.cwd === undefined ? {} : { cwd: command.cwd };
    this.send({ op: 'start', argv, env, terminal, ...at });
    for (;;) {
      const reply = await this.#next();
      if (reply === undefined) return undefined;
      if (reply.op === 'exit') return reply.code;
      if (reply.op === 'output') sink.write(reply.to, Buffer.from(reply.data, 'base64'));
    }
  }

  send(request: Request): void {
    this.#socket.write(formatFrame(request));
  }

  close(): void {
    this.#socket.destroy();
    rmSync(this.#lock, { force: true });
  }

  /** The guest may still be booting: QEMU keeps one greeting for it, and drops what came before the port was opened. */
  async #greet(signal: AbortSignal): Promise<void> {
    const pauseMs = 200;
    while (!signal.aborted && !this.#socket.destroyed) {
      this.send({ op: 'hello' });
      const pause = sleep(pauseMs).then(() => 'late' as const);
      const reply = await Promise.race([this.#next(), pause]);
      this.#waiting = undefined;
      if (reply !== 'late' && reply?.op === 'ready') return;
    }
    throw new Error('cannot reach the guest: it did not answer');
  }

  #next(): Promise<Reply | undefined> {
    const queued = this.#queue.shift();
    if (queued !== undefined) return Promise.resolve(queued);
    if (this.#socket.destroyed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #deliver(reply: Reply | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) waiting(reply);
    else if (reply !== undefined) this.#queue.push(reply);
  }
}

/** A lock file with our pid; one whose process is gone counts for nothing. */
function takeLock(path: string): boolean {
  if (existsSync(path) && !existsSync(`/proc/${readFileSync(path, 'utf8')}`)) rmSync(path);
  try {
    const fd = openSync(path, 'wx');
    writeSync(fd, String(process.pid));
    closeSync(fd);
    return true;
  } catch {
    return false;
  }
}

async function openSocket(path: string, signal: AbortSignal): Promise<Socket> {
  const pauseMs = 100;
  for (;;) {
    const socket = connect(path);
    const opened = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (opened) return socket;
    await sleep(pauseMs, undefined, { signal });
  }
}
