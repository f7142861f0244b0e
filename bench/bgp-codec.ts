/**
 * How many messages and routes a second the BGP codec reads and writes: UPDATEs of 100 EVPN routes (85 type 2, 5 type 3, 10
 * type 5) that share their attributes, and UPDATEs of one route. CPU time of this process, the best round of two seconds. Prints a
 * table and a line of JSON.
 *
 *     node bench/bgp-codec.ts [routes]
 */

import { unwrap } from '../src/base/result.ts';
import type { Esi } from '../src/net/esi.ts';
import type { Mac } from '../src/net/mac.ts';
import {
  checkAttributes,
  decodeMessage,
  encodeAttributes,
  type EvpnRoute,
  families,
  Framer,
  maxKeyLength,
  messageLength,
  NlriCursor,
  type Rd,
  routeTargetOf,
  scanUpdate,
  splitUpdate,
  UpdateWriter,
  wireSession,
} from '../src/protocols/bgp/index.ts';
import { parseRouteTarget } from '../src/net/route-distinguisher.ts';

/** Of each step as many rounds as fit: few messages are read before the compiler has seen to them. */
const secondsPerStep = 2;
const session = wireSession({ fourOctetAs: true, families: ['l2vpn-evpn'] });
const evpn = families['l2vpn-evpn'];
const nextHop = Uint8Array.of(10, 0, 0, 1);
const rd = 0x0000_fde8_0000_0001n as Rd;
const noEsi = 0n as Esi;

function routeOf(index: number): EvpnRoute {
  const kind = index % 20;
  const ip = { family: 4, value: 0x0a000000 + index } as const;
  if (kind === 0) return { type: 'imet', rd, tag: 0, originator: ip };
  if (kind > 2) {
    const mac = (0x020000000000 + index) as Mac;
    return { type: 'mac', rd, esi: noEsi, tag: 0, mac, ip, label: 1001 };
  }
  const gateway = { family: 4, value: 0 } as const;
  const prefix = { ip, length: 32 };
  return { type: 'prefix', rd, esi: noEsi, tag: 0, prefix, gateway, label: 4001 };
}

/** One stream of UPDATEs; each `perMessage` routes have attributes of their own. */
function streamOf(routes: number, perMessage: number): Uint8Array {
  const writer = new UpdateWriter(session);
  const rt = routeTargetOf(unwrap(parseRouteTarget('65000:100')));
  for (let index = 0; index < routes; index += 1) {
    if (index % perMessage === 0) {
      const attributes = encodeAttributes(
        {
          origin: 'igp',
          asPath: [{ type: 'sequence', asns: [65001, 65002] }],
          localPref: 100,
          med: index,
          extendedCommunities: [rt, { kind: 'encapsulation', tunnel: 8 }],
        },
        session,
      );
      writer.announce(evpn, nextHop, attributes);
    }
    writer.addRoute(evpn, { nlri: routeOf(index) });
  }
  return writer.take();
}

const key = new Uint8Array(maxKeyLength);
const cursor = new NlriCursor();
const chunkSize = 65536;

/** Calls `use` with each message of the stream, as it comes in chunks. */
function framed(stream: Uint8Array, use: (octets: Uint8Array, start: number, end: number) => void) {
  const framer = new Framer();
  for (let at = 0; at < stream.length; at += chunkSize) {
    framer.push(stream.subarray(at, at + chunkSize));
    while (framer.next()) use(framer.octets, framer.start, framer.end);
  }
}

interface Step {
  readonly name: string;
  run(stream: Uint8Array): void;
}

const steps: readonly Step[] = [
  { name: 'frame', run: (stream) => framed(stream, () => {}) },
  {
    name: 'split',
    run: (stream) =>
      framed(stream, (octets, start, end) => splitUpdate(octets, start, end, session)),
  },
  {
    name: 'scan',
    run: (stream) =>
      framed(stream, (octets, start, end) => scanUpdate(octets, start, end, session)),
  },
  {
    name: 'scan, a key per route',
    run: (stream) =>
      framed(stream, (octets, start, end) => {
        const scan = scanUpdate(octets, start, end, session);
        if (scan.verdict === 'reset') throw new Error(scan.error.reason);
        for (const range of scan.announced) {
          cursor.open(octets, range);
          while (cursor.next())
            range.family.nlri.writeKey(octets, cursor.start, cursor.end, key, 0);
        }
      }),
  },
  {
    name: 'decode to values',
    run: (stream) =>
      framed(stream, (octets, start, end) =>
        unwrap(decodeMessage(octets.subarray(start, end), session)),
      ),
  },
  { name: 'pack again', run: pack },
];

/** What a route reflector does: the routes of each message, as octets, with the attributes they came with. */
function pack(stream: Uint8Array): void {
  const writer = new UpdateWriter(session);
  framed(stream, (octets, start, end) => {
    const split = splitUpdate(octets, start, end, session);
    const [from, to] = split.attributes;
    const attributes = octets.subarray(from, to);
    checkAttributes(attributes, [0, attributes.length], session);
    for (const range of split.announced) {
      writer.announce(evpn, octets.subarray(range.nextHopStart, range.nextHopEnd), attributes);
      cursor.open(octets, range);
      while (cursor.next()) writer.add(octets, cursor.start, cursor.end, cursor.pathId);
    }
    if (writer.length > chunkSize) writer.take();
  });
}

function messagesIn(stream: Uint8Array): number {
  let messages = 0;
  for (let at = 0; at < stream.length; at += messageLength(stream, at)) messages += 1;
  return messages;
}

/** CPU seconds of the fastest round. */
function best(step: Step, stream: Uint8Array): number {
  let least = Infinity;
  const started = performance.now();
  while (performance.now() - started < secondsPerStep * 1000) {
    const before = process.cpuUsage();
    step.run(stream);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1e6);
  }
  return least;
}

const routes = Number(process.argv[2] ?? 200_000);
const figures: Record<string, Record<string, string | number>> = {};
for (const perMessage of [100, 1]) {
  const stream = streamOf(routes, perMessage);
  const messages = messagesIn(stream);
  for (const step of steps) {
    const seconds = best(step, stream);
    figures[`${step.name}, ${perMessage} a message`] = {
      'messages/s': Math.round(messages / seconds),
      'routes/s': Math.round(routes / seconds),
      'MB/s': Math.round(stream.length / seconds / 1e6),
    };
  }
}
console.table(figures);
console.log(JSON.stringify({ node: process.version, routes, figures }));
