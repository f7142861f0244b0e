/**
 * What it costs to take in UPDATEs: CPU time of this process for messages of 4096 octets, or of 64, that another process sends
 * over loopback as fast as it can. The handler only counts. Prints a table and a line of JSON.
 *
 *     node bench/bgp-session.ts [octets]
 */

import { fork } from 'node:child_process';

import {
  parseAsn,
  parseIp,
  peerSettings,
  type Session,
  type SessionHandler,
  Speaker,
  unwrap,
} from '../src/protocols/bgp/index.ts';
import { ip4 } from '../src/protocols/bgp/wire/octets.ts';

/** Routes of type 2 that fit into an UPDATE beside attributes of the usual size. */
const routesPerMessage: ReadonlyMap<number, number> = new Map([
  [4096, 100],
  [64, 1],
]);

function speakerAt(last: number, address: string, port: number, handler: SessionHandler) {
  const speaker = new Speaker();
  const asn = unwrap(parseAsn(65000));
  const ip = (text: string) => unwrap(parseIp(text));
  const listening = unwrap(speaker.listen({ ip: ip(address), port: 0 }));
  const peer = unwrap(
    speaker.add({
      remote: { ip: ip(last === 1 ? '127.0.0.2' : '127.0.0.1') },
      settings: peerSettings({
        local: { asn, id: ip4(Uint8Array.of(10, 0, 0, last), 0) },
        remote: 'internal',
        families: [{ family: 'l2vpn-evpn' }],
        passive: last === 1,
      }),
      connection: { port, source: { ip: ip(address) } },
      handler,
    }),
  );
  peer.start();
  return { speaker, port: listening.port };
}

const idle = { update: () => undefined, refresh: () => {}, expired: () => {} };

/** The other process: sends `octets` in messages of `length`, whenever there is room. */
function sendAll(port: number, length: number, octets: number): void {
  const message = new Uint8Array(length).fill(0xff);
  message.set([length >> 8, length & 0xff, 2], 16);
  const run = new Uint8Array(Math.ceil(65536 / length) * length);
  for (let at = 0; at < run.length; at += length) run.set(message, at);
  let left = octets;
  const send = (session: Session): void => {
    for (; session.queued < 1 << 20 && left > 0; left -= run.length) session.send(run);
    if (left > 0) session.whenDrained(() => send(session));
  };
  speakerAt(2, '127.0.0.2', port, { ...idle, up: send, down: () => process.exit(0) });
}

async function measure(length: number, octets: number) {
  const done = Promise.withResolvers<void>();
  let [messages, bytes] = [0, 0];
  let [cpu, began] = [process.cpuUsage(), 0];
  const { port, speaker } = speakerAt(1, '127.0.0.1', 179, {
    ...idle,
    up: () => {
      [cpu, began] = [process.cpuUsage(), performance.now()];
    },
    update: (_octets, start, end) => {
      messages += 1;
      bytes += end - start;
      if (bytes >= octets) done.resolve();
      return undefined;
    },
    down: () => {},
  });
  fork(import.meta.filename, ['send', String(port), String(length), String(octets)]);
  await done.promise;
  const { system, user } = process.cpuUsage(cpu);
  const seconds = (performance.now() - began) / 1000;
  speaker.shutdown();
  const routes = messages * (routesPerMessage.get(length) ?? 1);
  return {
    length,
    messages,
    'MB/s': Math.round(bytes / seconds / 1e6),
    'µs of user time a message': Number((user / messages).toFixed(3)),
    'µs of system time a message': Number((system / messages).toFixed(3)),
    'routes a second of CPU time': Math.round((routes / (user + system)) * 1e6),
  };
}

const [verb, ...rest] = process.argv.slice(2);
if (verb === 'send') {
  const [port = 0, length = 0, octets = 0] = rest.map(Number);
  sendAll(port, length, octets);
} else {
  const octets = Number(verb ?? 1e9);
  const rows = [];
  for (const [length, share] of [
    [4096, 1],
    [64, 0.1],
  ] as const) {
    rows.push(await measure(length, octets * share));
  }
  console.table(rows);
  console.log(JSON.stringify(rows));
}
