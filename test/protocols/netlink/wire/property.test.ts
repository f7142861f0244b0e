/** Any value of any object is the same after encoding and decoding, and so are its octets after decoding and encoding. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Writer } from '../../../../src/base/bytes.ts';
import { equalData } from '../../../../src/base/equal.ts';
import type { IfName } from '../../../../src/net/if-name.ts';
import type { Family, Ip, Ip4, Ip6 } from '../../../../src/net/ip.ts';
import type { Mac } from '../../../../src/net/mac.ts';
import type { TableId, VlanId, Vni } from '../../../../src/net/numbers.ts';
import { networkOf, type Prefix } from '../../../../src/net/prefix.ts';
import { type ObjectName, objects } from '../../../../src/protocols/netlink/index.ts';
import {
  addrGenModes,
  bridgePortStates,
  encapTypes,
  NUD,
  operStates,
  routePreferences,
  routeTypes,
  ruleActions,
  scopes,
  vxlanDfModes,
} from '../../../../src/protocols/netlink/wire/numbers.ts';
import { type AnyCodec, canonical, viewOf } from '../vectors.ts';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const i32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const index = fc.integer({ min: 0, max: 0x7fffffff });
const bool = fc.boolean();
const ip4: fc.Arbitrary<Ip4> = u32.map((value) => ({ family: 4, value }));
const ip6: fc.Arbitrary<Ip6> = fc
  .bigInt({ min: 0n, max: (1n << 128n) - 1n })
  .map((value) => ({ family: 6, value }));
const mac = fc.integer({ min: 0, max: 2 ** 48 - 1 }).map((value) => value as Mac);
const table = fc.integer({ min: 1, max: 0xffffffff }).map((value) => value as TableId);
const vlan = fc.integer({ min: 1, max: 4094 }).map((value) => value as VlanId);
const vni = fc.integer({ min: 1, max: 0xffffff }).map((value) => value as Vni);
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,14}$/).map((text) => text as IfName);
const word = fc.stringMatching(/^[a-zäß ]{1,20}$/);
const family = fc.constantFrom<Family>(4, 6);

function named<N extends string>(codes: Readonly<Record<N, number>>): fc.Arbitrary<N> {
  return fc.constantFrom(...(Object.keys(codes) as N[]));
}

function ip(of: Family): fc.Arbitrary<Ip> {
  return of === 4 ? ip4 : ip6;
}

function prefix(of: Family): fc.Arbitrary<Prefix> {
  return fc
    .record({ ip: ip(of), length: fc.integer({ min: 0, max: of === 4 ? 32 : 128 }) })
    .map(networkOf);
}

/** Attributes that no table knows, so that they come back as they went. */
const opaque = fc.array(
  fc.record({
    type: fc.integer({ min: 0x1000, max: 0x1fff }),
    raw: fc.uint8Array({ maxLength: 20 }),
  }),
  { minLength: 1, maxLength: 3 },
);

/** All of `required`, any of `optional`. */
function record<R extends object, O extends object>(
  required: { readonly [K in keyof R]: fc.Arbitrary<R[K]> },
  optional: { readonly [K in keyof O]: fc.Arbitrary<O[K]> },
): fc.Arbitrary<R & Partial<O>> {
  const all = { ...required, ...optional, opaque };
  const requiredKeys = Object.keys(required);
  return fc.record(all, { requiredKeys: requiredKeys as never }) as never;
}

const header = { index, flags: u32, change: u32, hardware: u16 };
const port = {
  state: named(bridgePortStates),
  priority: u16,
  cost: u32,
  hairpin: bool,
  learning: bool,
  unicastFlood: bool,
  neighSuppress: bool,
  isolated: bool,
  vlanTunnel: bool,
  backupPort: u32,
};
const veth = record({ type: fc.constant('veth') }, { peer: record(header, { name, mtu: u32 }) });
const linkKind = fc.oneof(
  record({ type: fc.constant('vrf') }, { table }),
  record(
    { type: fc.constant('vxlan') },
    {
      vni,
      local: ip4,
      local6: ip6,
      group: ip4,
      group6: ip6,
      link: u32,
      port: u16,
      portRange: fc.record({ low: u16, high: u16 }),
      learning: bool,
      external: bool,
      vniFilter: bool,
      ttl: u8,
      ttlInherit: bool,
      df: named(vxlanDfModes),
      ageing: u32,
      gbp: fc.constant(true),
      flowLabel: u32,
    },
  ),
  record(
    { type: fc.constant('bridge') },
    {
      vlanFiltering: bool,
      vlanProtocol: u16,
      defaultPvid: u16,
      stp: u32,
      ageingTime: u32,
      multicastSnooping: bool,
    },
  ),
  record(
    { type: fc.constant('vlan') },
    { id: vlan, protocol: u16, flags: fc.record({ set: u32, mask: u32 }) },
  ),
  veth,
  fc.constant({ type: 'dummy' }),
  fc.record(
    {
      type: fc.constant('other'),
      kind: fc.constant('ipip'),
      data: fc.uint8Array({ maxLength: 9 }),
    },
    { requiredKeys: ['type', 'kind'] },
  ),
);
const linkMember = fc.oneof(
  record({ of: fc.constant('bridge') }, port),
  record({ of: fc.constant('vrf') }, { table }),
  fc.record({ of: fc.constant('other'), kind: fc.constant('bond'), data: fc.uint8Array() }),
);
const via = (of: Family) => ({
  gateway: ip(of),
  via: ip(of === 4 ? 6 : 4),
  encapType: named(encapTypes),
  encap: fc.uint8Array({ maxLength: 12 }),
});
const hop = (of: Family) =>
  record({ index: i32, flags: u8, weight: fc.integer({ min: 1, max: 256 }) }, via(of));
const age = fc.record({ confirmed: u32, used: u32, updated: u32, references: u32 });
const range = fc.record({ first: u16, last: u16 });

/** Ascending, not overlapping, as VLANs of one device are. */
const vlanRanges = fc.uniqueArray(vlan, { maxLength: 8 }).chain((ids) => {
  const sorted = ids.sort((a, b) => a - b);
  const pairs = sorted.flatMap((first, i) => {
    const last = sorted[i + 1];
    return i % 2 === 0 ? [{ first, last: last ?? first }] : [];
  });
  return fc
    .array(fc.constantFrom(0, 2, 4, 6, 32), { minLength: pairs.length, maxLength: pairs.length })
    .map((flags) => pairs.map((pair, i) => ({ ...pair, flags: flags[i] ?? 0 })));
});

const generators: { readonly [K in ObjectName]: fc.Arbitrary<unknown> } = {
  link: record(header, {
    name,
    address: mac,
    mtu: u32,
    link: u32,
    linkNetNsId: i32,
    master: u32,
    alias: word,
    txQueueLength: u32,
    group: u32,
    operState: named(operStates),
    carrier: bool,
    info: record({}, { is: linkKind, member: linkMember }),
    families: record({}, { inet6: record({}, { addrGenMode: named(addrGenModes) }) }),
  }),
  vlan: record(header, {
    name,
    master: u32,
    port: record({}, port),
    spec: record(
      {
        vlans: vlanRanges,
        tunnels: vlanRanges.map((all) =>
          all.map(({ first, last }) => ({ first, last, vni: first + 10000 })),
        ),
      },
      { flags: u16 },
    ),
  }),
  address: family.chain((of) =>
    record(
      {
        index,
        prefix: fc.record({ ip: ip(of), length: fc.integer({ min: 0, max: of === 4 ? 32 : 128 }) }),
        scope: named(scopes),
        flags: u32,
      },
      {
        peer: ip(of),
        protocol: u8,
        metric: u32,
        label: word,
        broadcast: ip(of),
        lifetime: fc.record({ preferred: u32, valid: u32, created: u32, updated: u32 }),
      },
      // An address is not its own other end.
    ).filter(({ prefix: own, peer }) => peer?.value !== own.ip.value),
  ),
  route: family.chain((of) =>
    record(
      {
        destination: prefix(of),
        table,
        type: named(routeTypes),
        protocol: u8,
        scope: named(scopes),
        tos: u8,
        flags: u32,
      },
      {
        ...via(of),
        source: prefix(of).filter(({ length }) => length > 0),
        metric: u32,
        oif: u32,
        iif: u32,
        prefSource: ip(of),
        multipath: fc.array(hop(of), { maxLength: 3 }),
        nextHopId: u32,
        preference: named(routePreferences),
      },
    ),
  ),
  rule: family.chain((of) =>
    record(
      { family: fc.constant(of), action: named(ruleActions), flags: u32, tos: u8 },
      {
        priority: u32,
        table,
        source: prefix(of).filter(({ length }) => length > 0),
        destination: prefix(of).filter(({ length }) => length > 0),
        iif: name,
        oif: name,
        mark: u32,
        mask: u32,
        l3mdev: bool,
        protocol: u8,
        goto: u32,
        ipProtocol: u8,
        sourcePorts: range,
        destinationPorts: range,
        users: fc.record({ first: u32, last: u32 }),
        suppressPrefixLength: u8,
      },
    ),
  ),
  neigh: family.chain((of) =>
    record(
      { index: i32, ip: ip(of), state: named(NUD), flags: u8, type: u8 },
      { address: mac, protocol: u8, probes: u32, age, extendedFlags: u32 },
    ),
  ),
  fdb: record(
    { index: i32, mac, state: u16, flags: u8, type: u8 },
    {
      vlan,
      master: u32,
      destination: fc.oneof(ip4, ip6),
      vni,
      sourceVni: vni,
      port: u16,
      link: u32,
      linkNetNsId: i32,
      nextHopId: u32,
      protocol: u8,
      age,
      extendedFlags: u32,
    },
  ),
  netconf: record(
    { family, index: i32 },
    {
      forwarding: i32,
      rpFilter: i32,
      multicastForwarding: i32,
      proxyNeigh: i32,
      ignoreRoutesWithLinkdown: i32,
      broadcastForwarding: i32,
    },
  ),
};

function encoded(codec: AnyCodec, value: unknown): Uint8Array {
  const writer = new Writer('little');
  codec.encode(writer, value);
  return writer.finish();
}

for (const [object, generator] of Object.entries(generators)) {
  const codec: AnyCodec = objects[object as ObjectName];
  test(`any ${object} is the same after encoding and decoding, twice`, () => {
    fc.assert(
      fc.property(generator, (value) => {
        const octets = encoded(codec, value);
        const decoded = codec.decode(viewOf(octets), 0, octets.length);
        assert.ok(
          equalData(withoutViews(decoded), withoutViews(value)),
          `${show(decoded)} instead of ${show(value)}`,
        );
        assert.deepEqual(canonical(object, encoded(codec, decoded)), canonical(object, octets));
      }),
    );
  });

  test(`any ${object} that is cut anywhere makes no decoder throw`, () => {
    fc.assert(
      fc.property(generator, fc.nat(), (value, cut) => {
        const octets = encoded(codec, value);
        const end = cut % (octets.length + 1);
        const decoded = codec.decode(viewOf(octets), 0, end);
        if (typeof decoded === 'object') encoded(codec, decoded);
      }),
    );
  });
}

test('any octets at all make no decoder throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0, 2, 7, 10), (octets, af) => {
      if (octets.length > 0) octets[0] = af;
      for (const codec of Object.values(objects)) codec.decode(viewOf(octets), 0, octets.length);
    }),
  );
});

/** Octets as hexadecimal text, so that a view on a datagram equals an array of the same octets. */
function withoutViews(value: unknown): unknown {
  return JSON.parse(show(value));
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner instanceof Uint8Array) return Buffer.from(inner).toString('hex');
    return typeof inner === 'bigint' ? String(inner) : inner;
  });
}
