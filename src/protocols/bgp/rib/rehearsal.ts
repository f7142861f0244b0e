/**
 * A table that comes and goes before there is any peer: so that the code which every route runs through is compiled when the
 * first session comes up, and its hundred thousand routes take as long as the next ones will.
 */

import { Writer } from '../../../base/bytes.ts';
import type { Session } from '../session/handler.ts';
import { Framer } from '../wire/framer.ts';
import { families } from '../wire/family.ts';
import { encodeAttributes } from '../wire/path-attributes.ts';
import { wireSession } from '../wire/session.ts';
import { UpdateWriter } from '../wire/update-writer.ts';
import { singleHomed } from '../../../net/esi.ts';
import type { Mac } from '../../../net/mac.ts';
import type { RouteDistinguisher } from '../../../net/route-distinguisher.ts';
import { rdOf } from '../wire/administered.ts';
import type { EvpnRoute } from '../wire/nlri/evpn.ts';
import { Routing } from './routing.ts';

const family = families['l2vpn-evpn'];
const wire = wireSession({ fourOctetAs: true, extendedMessage: true, families: ['l2vpn-evpn'] });
const nextHop = Uint8Array.of(192, 0, 2, 1);
const routesPerSet = 100;

/** Passes so many routes from one peer to two others that do not exist, and takes them back, a few times. */
export function rehearse(routes = 20_000, rounds = 3): void {
  const turns: (() => void)[] = [];
  const local = { as: 64_512, routerId: 1, clusterId: 1 };
  const soon = (callback: () => void): void => void turns.push(callback);
  const routing = new Routing({ local, families: ['l2vpn-evpn'], soon });
  const [source, ...sinks] = [2, 3, 4].map((id) => {
    const peer = routing.peer({ address: String(id), client: true });
    peer.up(sessionOf(id));
    return peer;
  });
  const tell = (chunks: readonly Uint8Array[]): void => {
    for (const chunk of chunks) {
      const framer = new Framer();
      framer.longest = 65_535;
      framer.push(chunk);
      while (framer.next()) source?.update(framer.octets, framer.start, framer.end);
      for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn();
    }
  };
  const announced = updates(routes, (writer, set) => {
    const attributes = { origin: 'igp', asPath: [], localPref: 100, med: set } as const;
    const tunnel = { kind: 'encapsulation', tunnel: 8 } as const;
    const octets = encodeAttributes({ ...attributes, extendedCommunities: [tunnel] }, wire);
    writer.announce(family, nextHop, octets);
  });
  const withdrawn = updates(routes, (writer) => writer.withdraw(family));
  for (let round = 0; round < rounds; round += 1) {
    tell(announced);
    tell(withdrawn);
  }
  for (const peer of [source, ...sinks]) peer?.finish();
}

/** UPDATEs in chunks as a socket would give them. */
function updates(
  routes: number,
  open: (writer: UpdateWriter, set: number) => void,
): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const writer = new UpdateWriter(wire);
  for (let n = 0; n < routes; n += 1) {
    if (n % routesPerSet === 0) {
      if (writer.length > 32_768) chunks.push(writer.take());
      open(writer, n / routesPerSet);
    }
    const nlri = new Writer();
    family.nlri.encode(nlri, routeOf(n));
    writer.add(nlri.finish(), 0, nlri.length);
  }
  return [...chunks, writer.take()];
}

/** Mostly hosts, as in any fabric. */
function routeOf(n: number): EvpnRoute {
  const rd = rdOf(`192.0.2.1:${n >>> 10}` as RouteDistinguisher);
  const ip = { family: 4, value: (0x0a00_0000 + n) >>> 0 } as const;
  const kind = n % 20;
  if (kind === 0) return { type: 'imet', rd, tag: n, originator: ip };
  if (kind <= 2) {
    const zero = { family: 4, value: 0 } as const;
    return {
      type: 'prefix',
      rd,
      esi: singleHomed,
      tag: 0,
      prefix: { ip, length: 32 },
      gateway: zero,
      label: 100,
    };
  }
  return { type: 'mac', rd, esi: singleHomed, tag: 0, mac: n as Mac, ip, label: 100 };
}

function sessionOf(id: number): Session {
  const identity = { asn: 64_512, id: { family: 4, value: id } as const };
  return {
    negotiated: {
      wire,
      local: identity,
      remote: identity,
      families: ['l2vpn-evpn'],
      holdTime: 0,
      keepaliveTime: 0,
      refresh: 'none',
      roles: undefined,
      restart: { local: undefined, remote: undefined },
      capabilities: { local: [], remote: [] },
    },
    resumed: new Set(),
    send: () => {},
    queued: 0,
    whenDrained: () => {},
    reset: () => {},
  };
}
