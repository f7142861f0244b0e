/**
 * A client of the route reflector, in a thread of its own: opens the session and keeps it, sends the load when told,
 * counts what comes. Times are those of the machine's monotonic clock, which all threads share.
 */

import { connect, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { addressOctets } from '../../test/interop/harness/octets.ts';
import { Counter } from './counter.ts';
import { encodeLoad, encodeOpen, encodeProbe, keepalive, type Load } from './routes.ts';

export interface ClientOptions {
  /** Its own address and router id. */
  readonly local: string;
  readonly address: string;
  readonly port: number;
  readonly as: number;
  /** Seconds. */
  readonly hold: number;
  /** What it will send, for one that sends. */
  readonly routes?: number;
  readonly pack?: number;
}

export type ToClient =
  | { readonly do: 'announce' | 'withdraw' }
  | { readonly do: 'announce probe' | 'withdraw probe'; readonly n: number }
  /** Says `expecting`, and `reached` when it has got so many more. */
  | { readonly do: 'expect'; readonly what: 'announced' | 'withdrawn'; readonly count: number }
  | { readonly do: 'close' };

export type FromClient =
  | { readonly is: 'encoded' }
  | { readonly is: 'up'; readonly at: number; readonly connectedAt: number }
  | { readonly is: 'sending'; readonly at: number }
  | { readonly is: 'expecting' }
  | { readonly is: 'reached'; readonly at: number }
  | { readonly is: 'down'; readonly why: string };

const port = parentPort;
if (port === null) throw new Error('this is a thread of bench/bgp.ts');
const options: ClientOptions = workerData;

function say(message: FromClient): void {
  port?.postMessage(message);
}

/** Milliseconds. */
function now(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

const load: Load =
  options.routes === undefined
    ? { announce: [], withdraw: [] }
    : encodeLoad(options.routes, options.pack);
const batches = { announce: batchesOf(load.announce), withdraw: batchesOf(load.withdraw) };
say({ is: 'encoded' });

/** What one write hands to the kernel; many small writes would be what is measured. */
function batchesOf(messages: readonly Buffer[]): readonly Buffer[] {
  const perBatch = 1000;
  return Array.from({ length: Math.ceil(messages.length / perBatch) }, (_, i) =>
    Buffer.concat(messages.slice(i * perBatch, (i + 1) * perBatch)),
  );
}

let connectedAt = now();
let heardAt = now();
let isUp = false;
let expected: { readonly what: 'announced' | 'withdrawn'; readonly total: number } | undefined;

const counter = new Counter((type, message) => {
  if (type === 1) socket.write(keepalive);
  if (type === 3) say({ is: 'down', why: `NOTIFICATION ${message[19]}/${message[20]}` });
  if (type === 4 && !isUp) {
    isUp = true;
    say({ is: 'up', at: now(), connectedAt });
  }
});

/** The reflector may not listen yet. */
function open(): Socket {
  const made = connect({ host: options.address, port: options.port, localAddress: options.local });
  made.setNoDelay(true);
  made.on('connect', () => {
    connectedAt = now();
    made.write(encodeOpen(options.as, addressOctets(options.local), options.hold));
  });
  made.on('data', (chunk) => {
    heardAt = now();
    counter.read(chunk);
    check();
  });
  made.on('error', () => {});
  made.on('close', () => {
    if (isUp) say({ is: 'down', why: 'closed' });
    else setTimeout(() => (socket = open()), 100);
  });
  return made;
}

function check(): void {
  if (expected === undefined || counter[expected.what] < expected.total) return;
  expected = undefined;
  say({ is: 'reached', at: now() });
}

/** The kernel takes as much as the reflector does; the rest waits here. */
function send(octets: readonly Buffer[]): void {
  const at = now();
  for (const batch of octets) socket.write(batch);
  say({ is: 'sending', at });
}

let socket = open();
setInterval(keep, (options.hold * 1000) / 3).unref();

/** RFC 4271 §6.5: nothing for so long, and the session is over. */
function keep(): void {
  if (!isUp) return;
  socket.write(keepalive);
  const silence = now() - heardAt;
  if (silence > options.hold * 1000) {
    say({ is: 'down', why: `hold time expired: nothing was heard for ${Math.round(silence)} ms` });
  }
}

port.on('message', (message: ToClient) => {
  switch (message.do) {
    case 'announce':
    case 'withdraw':
      send(batches[message.do]);
      break;
    case 'announce probe':
      send([encodeProbe(message.n).announce]);
      break;
    case 'withdraw probe':
      send([encodeProbe(message.n).withdraw]);
      break;
    case 'expect':
      expected = { what: message.what, total: counter[message.what] + message.count };
      say({ is: 'expecting' });
      break;
    case 'close':
      isUp = false;
      socket.removeAllListeners('close');
      socket.destroy();
      port.close();
      break;
    default:
  }
});
