/** A speaker with tables and without sessions: turns happen when the test says so, and so does time. */

import assert from 'node:assert/strict';
import { Writer } from '../../../../../src/base/bytes.ts';
import { unwrap } from '../../../../../src/base/result.ts';
import { singleHomed } from '../../../../../src/net/esi.ts';
import { formatIp, type Ip, parseIp } from '../../../../../src/net/ip.ts';
import { formatMac, type Mac, parseMac } from '../../../../../src/net/mac.ts';
import {
  parseRouteDistinguisher,
  parseRouteTarget,
} from '../../../../../src/net/route-distinguisher.ts';
import { ownForm, valuesOf } from '../../../../../src/protocols/bgp/rib/attribute-table.ts';
import type { NextHopPorts } from '../../../../../src/protocols/bgp/rib/next-hops.ts';
import type { Neighbour } from '../../../../../src/protocols/bgp/rib/peer.ts';
import { Routing } from '../../../../../src/protocols/bgp/rib/routing.ts';
import { formatTableKey } from '../../../../../src/protocols/bgp/rib/tables/key.ts';
import type { IpVrf, IpVrfSettings } from '../../../../../src/protocols/bgp/rib/tables/ip-vrf.ts';
import type {
  MacVrf,
  MacVrfSettings,
} from '../../../../../src/protocols/bgp/rib/tables/mac-vrf.ts';
import type { TablePath } from '../../../../../src/protocols/bgp/rib/tables/path.ts';
import { type TableReport, Tables } from '../../../../../src/protocols/bgp/rib/tables/tables.ts';
import { parseImportTarget } from '../../../../../src/protocols/bgp/rib/tables/targets.ts';
import { type Rd, rdOf } from '../../../../../src/protocols/bgp/wire/administered.ts';
import {
  type ExtendedCommunity,
  formatExtendedCommunity,
  routeTargetOf,
} from '../../../../../src/protocols/bgp/wire/extended-community.ts';
import type { FamilyName } from '../../../../../src/protocols/bgp/wire/family.ts';
import type { NlriValues } from '../../../../../src/protocols/bgp/wire/family.ts';
import { encodeNextHop } from '../../../../../src/protocols/bgp/wire/next-hop.ts';
import type { MacRoute } from '../../../../../src/protocols/bgp/wire/nlri/evpn/mac.ts';
import { encodeNlri } from '../../../../../src/protocols/bgp/wire/nlri/route.ts';
import { encodeAttributes } from '../../../../../src/protocols/bgp/wire/path-attributes.ts';
import { VirtualTimers } from '../../io/virtual-time.ts';
import { local, neighbour, plain } from '../fixtures.ts';

export const vtep = ip('10.0.0.100');
export const routerMac = mac('02:00:00:00:00:fe');

export function ip(text: string): Ip {
  return unwrap(parseIp(text));
}

export function mac(text: string): Mac {
  return unwrap(parseMac(text));
}

export function rd(text: string): Rd {
  return rdOf(unwrap(parseRouteDistinguisher(text)));
}

export function target(text: string) {
  return routeTargetOf(unwrap(parseRouteTarget(text)));
}

export function imports(...texts: readonly string[]) {
  return texts.map((text) => unwrap(parseImportTarget(text)));
}

/** A route as a router at 10.0.0.`from` announces it. */
export interface Announcement<F extends FamilyName = 'l2vpn-evpn'> {
  readonly family?: F;
  readonly from: number;
  readonly route: NlriValues[F];
  readonly communities?: readonly ExtendedCommunity[];
  readonly localPref?: number;
}

export class World {
  readonly routing: Routing;
  readonly timers = new VirtualTimers();
  readonly tables: Tables;
  readonly reports: string[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(nextHops?: NextHopPorts) {
    this.routing = new Routing({
      local,
      families: ['l2vpn-evpn', 'ipv4-vpn'],
      soon: (callback) => this.#waiting.push(callback),
      ...(nextHops === undefined ? {} : { nextHops }),
    });
    this.tables = new Tables({
      routing: this.routing,
      timers: this.timers,
      report: (report) => this.reports.push(formatReport(report)),
    });
  }

  get evpn() {
    const rib = this.routing.rib('l2vpn-evpn');
    assert.ok(rib !== undefined);
    return rib;
  }

  announce<F extends FamilyName = 'l2vpn-evpn'>(what: Announcement<F>): void {
    const { from, communities = [], localPref = 100 } = what;
    const rib = this.#rib(what);
    const hop = new Writer();
    encodeNextHop(hop, { ip: router(from) }, rib.family.nextHop);
    const attributes = { ...plain, localPref, extendedCommunities: communities };
    const octets = encodeAttributes(attributes, ownForm);
    const set = this.routing.attributes.intern(octets, hop.finish().slice());
    const nlri = encodeNlri(rib.family, what.route);
    rib.announce(peerOf(from), 0, nlri, 0, nlri.length, set);
    this.routing.wake();
  }

  withdraw<F extends FamilyName = 'l2vpn-evpn'>(what: Announcement<F>): void {
    const rib = this.#rib(what);
    const nlri = encodeNlri(rib.family, what.route);
    rib.withdraw(peerOf(what.from), 0, nlri, 0, nlri.length);
    this.routing.wake();
  }

  #rib<F extends FamilyName = 'l2vpn-evpn'>({ family }: Announcement<F>) {
    const rib = this.routing.rib(family ?? 'l2vpn-evpn');
    assert.ok(rib !== undefined);
    return rib;
  }

  /** One turn of the event loop; whether there was anything to do. */
  turn(): boolean {
    const now = this.#waiting.splice(0);
    for (const each of now) each();
    return now.length > 0;
  }

  settle(): void {
    while (this.turn());
  }

  macVrf(changes: Partial<MacVrfSettings> = {}): MacVrf {
    return unwrap(
      this.tables.declareMacVrf({
        name: 'red',
        rd: rd('10.0.0.100:1'),
        vni: 100,
        vtep,
        imports: imports('65000:100'),
        exports: [target('65000:100')],
        ...changes,
      }),
    );
  }

  ipVrf(changes: Partial<IpVrfSettings> = {}): IpVrf {
    return unwrap(
      this.tables.declareIpVrf({
        name: 'blue',
        rd: rd('10.0.0.100:2'),
        vni: 5000,
        vtep,
        routerMac,
        imports: imports('65000:5000'),
        exports: [target('65000:5000')],
        ...changes,
      }),
    );
  }

  /** What others are told of ours: the route, its labels and communities. */
  ours(): readonly string[] {
    const { destinations, paths, attributes, family } = this.evpn;
    return [...destinations]
      .filter((each) => paths.peer(destinations.bestPath(each)) === this.routing.ourselves.id)
      .map((each) => {
        const best = destinations.bestPath(each);
        const address = this.evpn.nlriOf(best, each);
        const { octets } = destinations;
        const slab = octets.slab(address);
        const route = family.nlri.decode(slab, octets.start(address), octets.end(address));
        const set = attributes.get(paths.attributes(best));
        const values = set === undefined ? {} : valuesOf(set);
        const communities = values.extendedCommunities?.map(formatExtendedCommunity) ?? [];
        return `${family.nlri.format(route)} ${communities.join(' ')}`;
      })
      .toSorted();
  }
}

function formatReport({ table, type, mac: address }: TableReport): string {
  return `${table.name} ${type} ${formatMac(address)}`;
}

export function router(last: number): Ip {
  return { family: 4, value: 0x0a00_0000 + last };
}

function peerOf(from: number): Neighbour {
  return neighbour(from, { role: 'client' });
}

export const host = mac('02:00:00:00:00:01');

/** RT of the MAC-VRF, and whatever else. */
export function l2(...others: readonly ExtendedCommunity[]): readonly ExtendedCommunity[] {
  return [target('65000:100'), { kind: 'encapsulation', tunnel: 8 }, ...others];
}

export function moved(sequence: number, sticky = false): ExtendedCommunity {
  return { kind: 'mac-mobility', sequence, sticky };
}

/** `host` at 10.0.0.`from`. */
export function macRoute(from: number, changes: Partial<MacRoute> = {}): MacRoute {
  return {
    type: 'mac',
    rd: rd(`10.0.0.${from}:1`),
    esi: singleHomed,
    tag: 0,
    mac: host,
    label: 100,
    ...changes,
  };
}

/** `mac 0 02:00:00:00:00:01 via 10.0.0.2 (remote 3)`. */
export function used(table: MacVrf | IpVrf): readonly string[] {
  return [...table].map(([key, path]) => `${formatTableKey(key)} ${formatPath(path)}`).toSorted();
}

export function formatPath(path: TablePath | undefined): string {
  if (path === undefined) return 'none';
  const sticky = path.sticky ? ' sticky' : '';
  return `via ${formatIp(path.nextHop.ip)} (${path.source} ${path.sequence}${sticky})`;
}
