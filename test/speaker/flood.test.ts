/** One neighbour that says more than can be heard, or hears nothing: it costs itself, and no other one, and bounded memory. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { unwrap } from '../../src/base/result.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { families } from '../../src/protocols/bgp/index.ts';
import { none } from '../../src/protocols/bgp/rib/destinations.ts';
import { encodeAttributes } from '../../src/protocols/bgp/wire/path-attributes.ts';
import { encodeNlri } from '../../src/protocols/bgp/wire/nlri/route.ts';
import { wireSession } from '../../src/protocols/bgp/wire/session.ts';
import { UpdateWriter } from '../../src/protocols/bgp/wire/update-writer.ts';
import { freeAddress } from '../interop/harness/fixture.ts';
import { formatConfig, Selvedge } from '../interop/harness/peers/selvedge.ts';
import { bgpPort } from '../interop/harness/router.ts';
import type { Route } from '../interop/harness/routes.ts';
import { SelvedgeProcess } from '../interop/harness/selvedge-process.ts';
import { until } from '../interop/harness/until.ts';
import { RawPeer } from '../protocols/bgp/io/raw-peer.ts';
import { asn, id } from '../protocols/bgp/session/settings.ts';

const as = 65000;
const nothing = new Uint8Array(0);
const ipv4 = { families: ['ipv4'] } as const;

/** That many routes with this preference, and so many communities that few of them go into an UPDATE. */
function announced(localPref: number, routes: number): Uint8Array {
  const family = families['ipv4-unicast'];
  const session = wireSession();
  const writer = new UpdateWriter(session, routes * 16);
  const nlri = Array.from({ length: routes }, (_, index) => {
    const prefix = unwrap(parsePrefix(`10.${index >> 8}.${index & 0xff}.0/24`));
    return encodeNlri(family, prefix);
  });
  const communities = Array.from({ length: 800 }, (_, index) => index);
  const values = { origin: 'igp', asPath: [], localPref, communities } as const;
  writer.announce(family, Uint8Array.from([127, 0, 0, 9]), encodeAttributes(values, session));
  for (const each of nlri) writer.add(each, 0, each.length);
  return writer.take();
}

const [ones = nothing, others = nothing] = [100, 200].map((each) => announced(each, 20_000));

/** The process as a reflector, between a source and a sink that do as they should, and neighbours that may not. */
async function start(t: TestContext) {
  const [ours, source, sink] = [freeAddress(), freeAddress(), freeAddress()];
  const [loud, deaf] = [freeAddress(), freeAddress()];
  const addresses = [source, sink, loud, deaf];
  const client = { as, ...ipv4, client: true, passive: true };
  const configured = addresses.map((address) => ({ ...client, address }));
  const process = await SelvedgeProcess.start(
    t,
    formatConfig({ as, routerId: '192.0.2.1', address: ours, neighbors: configured }),
  );
  const neighbors = [{ address: ours, as, ...ipv4 }];
  const from = Selvedge.start(t, { as, routerId: '192.0.2.2', address: source, neighbors });
  const to = Selvedge.start(t, { as, routerId: '192.0.2.3', address: sink, neighbors });
  const raws = await Promise.all(
    [loud, deaf].map(async (address, index) => {
      const raw = await RawPeer.connect(t, bgpPort, address, ours);
      const local = { asn: asn(as), id: id(`192.0.2.${4 + index}`) };
      await raw.establish({ local, families: [{ family: 'ipv4-unicast' }], holdTime: 0 });
      return raw;
    }),
  );
  for (const address of addresses) await process.established(address);
  return { process, ours, source, deaf, from, to, raws };
}

function route(nextHop: string, last: number): Route {
  const nlri = { type: 'ipv4', prefix: `198.51.100.${last}/32` } as const;
  return { nlri, attributes: { nextHop, origin: 'igp', asPath: [], localPref: 100 } };
}

/** By the octets of the one route: to list all that the sink has would take longer than the flood. */
function hears({ us }: Selvedge, last: number): Promise<void> {
  const rib = us.routing.rib('ipv4-unicast');
  const octets = encodeNlri(families['ipv4-unicast'], unwrap(parsePrefix(`198.51.100.${last}/32`)));
  return until('the sink hears of it', () => {
    const found = rib?.destinations.find(octets, 0, octets.length) ?? none;
    return found !== none;
  });
}

/** Resident memory, MiB. */
function rss({ pid }: SelvedgeProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+([0-9]+)/.exec(status)?.[1] ?? 0) / 1024;
}

test('while one neighbour floods, others are heard and told', async (t) => {
  const { process, source, from, to, raws } = await start(t);
  const [loud] = raws;
  let isOver = false;
  let written = 0;
  const flood = (): void => {
    if (isOver || loud?.socket.writable !== true) return;
    written += 1;
    if (loud.socket.write(written % 2 === 0 ? ones : others)) setImmediate(flood);
    else loud.socket.once('drain', flood);
  };
  flood();
  t.after(() => {
    isOver = true;
  });
  for (const last of [1, 2, 3]) {
    const before = written;
    await until('more of the flood is taken', () => written > before + 4);
    await from.announce(route(source, last));
    await hears(to, last);
    const then = written;
    await until('the flood has not ended before', () => written > then);
  }
  assert.ok(rss(process) < 400, `${rss(process)} MiB`);
});

test('a neighbour that reads nothing costs no memory for what it has missed, and holds up nobody', async (t) => {
  const { process, source, deaf: address, from, to, raws } = await start(t);
  const [loud, deaf] = raws;
  assert.ok(loud !== undefined && deaf !== undefined);
  deaf.socket.pause();
  // The sink hears of what each round ends with, and so of all before it: more than the kernel has room for.
  for (let round = 1; round <= 60; round += 1) {
    const isFull = !loud.socket.write(round % 2 === 0 ? ones : others);
    if (isFull) await once(loud.socket, 'drain');
    await until('it is read', () => loud.socket.writableLength === 0);
    await from.announce(route(source, round));
    await hears(to, round);
  }
  const queued = (await process.peer(address))?.queued ?? Number.NaN;
  // What is asked for at most, and what one portion of routes may add to that.
  assert.ok(queued < 3 << 19, `${queued} octets wait for it`);
  assert.ok(rss(process) < 300, `${rss(process)} MiB`);
});
