/** Cases of kernel.test.ts: addresses, routes of every type, rules, settings; random ones, dumped and shown. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { type Family, formatIp, type Ip } from '../../../../src/net/ip.ts';
import { formatPrefix, type Prefix } from '../../../../src/net/prefix.ts';
import {
  type Address,
  address,
  addressOf,
  change,
  create,
  decodeIpEncap,
  encodeIpEncap,
  IFA_F,
  link,
  linkOf,
  netconf,
  RTNH_F,
  type Route,
  type Rule,
  remove,
  replace,
  route,
  routeOf,
  rule,
  ruleOf,
} from '../../../../src/protocols/netlink/index.ts';
import {
  assertHas,
  ifName,
  ip,
  must,
  mustAll,
  netlink,
  orSkip,
  prefix,
  show,
  sortBy,
  table,
  up,
  withLink,
} from './kernel.ts';
import { type Cases, runCases } from './namespace.ts';

const runs = { numRuns: 6 };
const families = fc.constantFrom<Family>(4, 6);

/** Addresses within 10.64.0.0/16 or fd00:64::/64. */
function hostIp(of: Family): fc.Arbitrary<Ip> {
  return fc
    .integer({ min: 1, max: 0xfffe })
    .map((low) =>
      of === 4
        ? { family: 4, value: 0x0a400000 + low }
        : { family: 6, value: (0xfd00006400000000n << 64n) + BigInt(low) },
    );
}

const addresses = (index: number) =>
  families.chain((of) =>
    fc
      .record(
        {
          ip: hostIp(of),
          length: of === 4 ? fc.integer({ min: 8, max: 32 }) : fc.integer({ min: 64, max: 128 }),
          protocol: fc.integer({ min: 4, max: 255 }),
          metric: fc.integer({ min: 1, max: 100000 }),
          noPrefixRoute: fc.boolean(),
        },
        { requiredKeys: ['ip', 'length', 'noPrefixRoute'] },
      )
      .map(({ ip: own, length, noPrefixRoute, ...more }) => {
        // Without duplicate address detection, so that an IPv6 address is at once what it stays.
        const flags = IFA_F.nodad | (noPrefixRoute ? IFA_F.noPrefixRoute : 0);
        return addressOf({ index, prefix: { ip: own, length }, flags, ...more });
      }),
  );

const addressKey = (one: Address) => formatPrefix(one.prefix);

async function addressCase(): Promise<void> {
  await withLink('sv-veth', { type: 'veth' }, async ({ index }) => {
    const set = fc.uniqueArray(addresses(index), {
      selector: ({ prefix: { ip: own } }) => formatIp(own),
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(set, async (wanted) => {
        mustAll(await netlink.batch(wanted.map((one) => create(address, one))));
        await compareAddresses(index, wanted);
        // With the first address of a subnet the kernel takes the others of it away, unless told to promote one.
        for (const result of await netlink.batch(wanted.map((one) => remove(address, one)))) {
          if (result.ok || result.error.code !== 'EADDRNOTAVAIL') must(result);
        }
        await compareAddresses(index, []);
      }),
      runs,
    );
  });
}

async function compareAddresses(index: number, wanted: readonly Address[]): Promise<void> {
  const all = must(await netlink.dump(address, { index }));
  // The kernel's own link-local address aside.
  const found = all.filter(({ scope }) => scope === 'universe');
  assert.deepEqual(sortBy(found.map(addressKey), String), sortBy(wanted.map(addressKey), String));
  const [json] = show('ip address show dev sv-veth');
  for (const one of wanted) {
    const dumped = found.find((other) => addressKey(other) === addressKey(one));
    const { flags, ...rest } = one;
    assertHas(dumped, rest);
    assert.equal((dumped?.flags ?? 0) & (flags & IFA_F.noPrefixRoute), flags & IFA_F.noPrefixRoute);
    const shown = json.addr_info.find(
      (other: { local: string }) => other.local === formatIp(one.prefix.ip),
    );
    assertHas(shown, {
      prefixlen: one.prefix.length,
      metric: one.metric,
      noprefixroute: (flags & IFA_F.noPrefixRoute) === 0 ? undefined : true,
    });
  }
}

/** The device is up, and 10.64.0.1/16 and fd00:64::1/64 on it make the gateways below reachable. */
async function withGateways(body: (index: number) => Promise<void>): Promise<void> {
  await withLink(
    'sv-veth',
    { type: 'veth', peer: linkOf({ name: ifName('sv-peer') }) },
    async ({ index }) => {
      must(await netlink.request(change(link, linkOf({ name: ifName('sv-peer'), ...up }))));
      const own = ['10.64.0.1/16', 'fd00:64::1/64'].map((text) =>
        create(address, addressOf({ index, prefix: prefix(text), flags: IFA_F.nodad })),
      );
      mustAll(await netlink.batch(own));
      await body(index);
    },
  );
}

function routes(oif: number): fc.Arbitrary<Route> {
  return families.chain((of) => {
    const hop = fc.oneof(
      fc.record({ type: fc.constantFrom('unreachable', 'blackhole', 'prohibit') }),
      fc.record({ gateway: hostIp(of).filter(({ value }) => BigInt(value) % 0x10000n !== 1n) }),
      fc.constant({ oif, ...(of === 4 ? { scope: 'link' } : {}) }),
      fc.record({
        multipath: fc
          .tuple(hostIp(of), fc.integer({ min: 1, max: 256 }))
          .filter(([{ value }]) => BigInt(value) % 0x10000n !== 1n)
          .map(([gateway, weight]) => [
            { index: oif, flags: 0, weight, gateway },
            {
              index: oif,
              flags: 0,
              weight: 1,
              gateway: ip(of === 4 ? '10.64.77.7' : 'fd00:64::7:7'),
            },
          ]),
      }),
    ) as fc.Arbitrary<Partial<Route>>;
    return fc
      .record({
        hop,
        network: fc.integer({ min: 1, max: 0xffff }),
        metric: fc.integer({ min: 1, max: 0xffffffff }),
        table: fc.constantFrom(7, 252, 256, 100007, 0xfffffffe).map(table),
        protocol: fc.integer({ min: 5, max: 255 }),
      })
      .map(({ hop: through, network, ...more }) => {
        const destination: Prefix =
          of === 4
            ? { ip: { family: 4, value: (0x64000000 + network * 256) >>> 0 }, length: 24 }
            : {
                ip: { family: 6, value: (0xfd01n << 112n) + (BigInt(network) << 64n) },
                length: 64,
              };
        return routeOf({ destination, ...more, ...through });
      });
  });
}

const routeKey = (one: Route) => `${one.table} ${formatPrefix(one.destination)}`;

async function routeCase(): Promise<void> {
  await withGateways(async (index) => {
    const set = fc.uniqueArray(routes(index), { selector: routeKey, minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(set, async (wanted) => {
        mustAll(await netlink.batch(wanted.map((one) => create(route, one))));
        try {
          for (const one of wanted) await compareRoute(one);
        } finally {
          mustAll(await netlink.batch(wanted.map((one) => remove(route, one))));
        }
        for (const one of wanted) {
          assert.deepEqual(must(await netlink.dump(route, { table: one.table })), []);
        }
      }),
      runs,
    );
  });
}

async function compareRoute(wanted: Route): Promise<void> {
  const of = wanted.destination.ip.family;
  const found = must(await netlink.dump(route, { family: of, table: wanted.table }));
  const dumped = found.find((one) => routeKey(one) === routeKey(wanted));
  assertHas(dumped, wanted);
  const shown = show(`ip -${of} route show table ${wanted.table}`);
  const json = shown.find((one) => one.dst === formatPrefix(wanted.destination));
  assertHas(json, {
    metric: wanted.metric,
    type: wanted.type,
    gateway: wanted.gateway === undefined ? undefined : formatIp(wanted.gateway),
    dev: wanted.oif === undefined ? undefined : 'sv-veth',
  });
  const hops = wanted.multipath?.map((one) => ({
    gateway: formatIp(one.gateway ?? ip('::')),
    weight: one.weight,
  }));
  const shownHops = json.nexthops?.map((one: { gateway: string; weight: number }) => ({
    gateway: one.gateway,
    weight: one.weight,
  }));
  assert.deepEqual(shownHops, hops);
}

const ruleSamples = (of: Family): fc.Arbitrary<Rule> =>
  fc
    .record(
      {
        priority: fc.integer({ min: 1000, max: 31000 }),
        protocol: fc.integer({ min: 5, max: 255 }),
        source: hostIp(of).map((own) => ({ ip: own, length: of === 4 ? 32 : 128 })),
        destination: hostIp(of).map((own) => ({ ip: own, length: of === 4 ? 32 : 128 })),
        iif: fc.constantFrom('lo', 'sv-none').map(ifName),
        oif: fc.constantFrom('lo', 'sv-none').map(ifName),
        fwmark: fc.record({
          mark: fc.integer({ min: 1, max: 0xffff }),
          mask: fc.constant(0xffff),
        }),
        ipProtocol: fc.constantFrom(6, 17),
        does: fc.oneof(
          fc.constantFrom(7, 100007).map((number) => ({ action: 'lookup', table: table(number) })),
          fc.record({ action: fc.constantFrom('unreachable', 'blackhole', 'prohibit') }),
        ) as fc.Arbitrary<Partial<Rule>>,
      },
      { requiredKeys: ['priority', 'protocol', 'does'] },
    )
    .map(({ fwmark, does, ...more }) => ruleOf({ family: of, ...more, ...fwmark, ...does }));

/** The kernel notes in them that a device which a rule names is not there. */
function withoutFlags({ flags: _flags, ...rest }: Rule): object {
  return rest;
}

async function ruleCase(): Promise<void> {
  const set = families.chain((of) =>
    fc.uniqueArray(ruleSamples(of), { selector: ({ priority }) => priority, minLength: 1 }),
  );
  await fc.assert(
    fc.asyncProperty(set, async (wanted) => {
      const of = wanted[0]?.family ?? 4;
      mustAll(await netlink.batch(wanted.map((one) => create(rule, one))));
      try {
        const dumped = must(await netlink.dump(rule, { family: of }));
        const shown = show(`ip -${of} rule show`);
        for (const one of wanted) {
          assertHas(
            dumped.find(({ priority }) => priority === one.priority),
            withoutFlags(one),
          );
          assertHas(
            shown.find(({ priority }) => priority === one.priority),
            {
              src: one.source === undefined ? 'all' : formatIp(one.source.ip),
              table: one.table === undefined ? undefined : String(one.table),
              action: one.action === 'lookup' ? undefined : one.action,
              iif: one.iif,
              fwmark: one.mark === undefined ? undefined : `0x${one.mark.toString(16)}`,
            },
          );
        }
      } finally {
        mustAll(await netlink.batch(wanted.map((one) => remove(rule, one))));
      }
    }),
    runs,
  );
}

const cases: Cases = {
  'addresses: added, shown, dumped, removed': addressCase,
  'a point-to-point address keeps its two ends apart': () =>
    withLink('sv-veth', { type: 'veth' }, async ({ index }) => {
      const four = addressOf({ index, prefix: prefix('10.3.0.1/31'), peer: ip('10.3.0.0') });
      const six = addressOf({ index, prefix: prefix('fd00:3::1/127'), peer: ip('fd00:3::') });
      mustAll(await netlink.batch([create(address, four), create(address, six)]));
      const found = must(await netlink.dump(address, { index }));
      assertHas(
        found.find(({ peer }) => peer?.family === 4),
        { prefix: four.prefix, peer: four.peer },
      );
      assertHas(
        found.find(({ peer }) => peer?.family === 6),
        { prefix: six.prefix, peer: six.peer },
      );
    }),
  'routes of every type: added, shown, dumped by table, removed': routeCase,
  'a route through a next hop of the other family': () =>
    withGateways(async (oif) => {
      const wanted = routeOf({
        destination: prefix('100.64.0.0/10'),
        table: table(100007),
        oif,
        via: ip('fd00:64::7'),
        flags: RTNH_F.onlink,
      });
      must(await netlink.request(create(route, wanted)));
      const [dumped] = must(await netlink.dump(route, { table: table(100007) }));
      assertHas(dumped, wanted);
      const [json] = show('ip route show table 100007');
      assertHas(json, { via: { family: 'inet6', host: 'fd00:64::7' }, flags: ['onlink'] });
    }),
  'a route with a tunnel encapsulation is read': () =>
    withLink('sv-vx', { type: 'vxlan', port: 4789, external: true }, async ({ index }) => {
      const encap = encodeIpEncap({ id: 1001n, destination: ip('10.255.1.2'), ttl: 64 });
      const wanted = routeOf({
        destination: prefix('100.65.0.0/16'),
        table: table(100007),
        scope: 'link',
        oif: index,
        encapType: 'ip',
        encap,
      });
      orSkip('lightweight tunnels', await netlink.request(create(route, wanted)));
      const [dumped] = must(await netlink.dump(route, { table: table(100007) }));
      assert.equal(dumped?.encapType, 'ip');
      assertHas(decodeIpEncap(dumped), { id: 1001n, destination: ip('10.255.1.2'), ttl: 64 });
    }),
  'a route is replaced in place, and its removal twice is an error with a name': () =>
    withGateways(async (oif) => {
      const base = { destination: prefix('100.66.0.0/16'), table: table(300), metric: 20 };
      must(await netlink.request(create(route, routeOf({ ...base, oif, scope: 'link' }))));
      const through = routeOf({ ...base, gateway: ip('10.64.0.9') });
      const again = await netlink.request(create(route, through));
      assert.equal(again.ok ? '' : again.error.code, 'EEXIST');
      must(await netlink.request(replace(route, through)));
      const dumped = must(await netlink.dump(route, { table: table(300) }));
      assert.deepEqual(
        dumped.map(({ gateway }) => gateway),
        [ip('10.64.0.9')],
      );
      must(await netlink.request(remove(route, through)));
      const gone = await netlink.request(remove(route, through));
      assert.equal(gone.ok ? '' : gone.error.code, 'ESRCH');
    }),
  'the route towards an address is looked up': () =>
    withGateways(async (oif) => {
      const asked = routeOf({ destination: prefix('10.64.0.9/32'), table: table(254) });
      assertHas(must(await netlink.get(route, asked)), { oif, prefSource: ip('10.64.0.1') });
    }),
  'a dump of routes is narrowed by family, table, protocol, type and device': () =>
    withGateways(async (oif) => {
      const base = { table: table(5000), protocol: 77 };
      const all = [
        routeOf({ ...base, destination: prefix('100.67.0.0/16'), type: 'blackhole' }),
        routeOf({ ...base, destination: prefix('100.68.0.0/16'), oif, scope: 'link' }),
        routeOf({ ...base, destination: prefix('fd01::/64'), oif, protocol: 78 }),
      ];
      mustAll(await netlink.batch(all.map((one) => create(route, one))));
      const found = async (filter: object) =>
        must(await netlink.dump(route, filter)).map((one) => formatPrefix(one.destination));
      assert.equal((await found({ table: table(5000) })).length, 3);
      assert.deepEqual(await found({ table: table(5000), family: 6 }), ['fd01::/64']);
      assert.deepEqual(await found({ table: table(5000), protocol: 78 }), ['fd01::/64']);
      assert.deepEqual(await found({ table: table(5000), type: 'blackhole' }), ['100.67.0.0/16']);
      assert.deepEqual(await found({ table: table(5000), family: 4, oif }), ['100.68.0.0/16']);
    }),
  'rules: added, shown, dumped, removed': ruleCase,
  'an l3mdev rule that makes the rest unreachable': async () => {
    for (const family of [4, 6] as const) {
      const wanted = ruleOf({
        family,
        priority: 2000,
        action: 'unreachable',
        l3mdev: true,
        protocol: 99,
      });
      orSkip('l3mdev rules', await netlink.request(create(rule, wanted)));
      const dumped = must(await netlink.dump(rule, { family }));
      assertHas(
        dumped.find(({ priority }) => priority === 2000),
        wanted,
      );
      const shown = show(`ip -${family} rule show`).find(({ priority }) => priority === 2000);
      assertHas(shown, { l3mdev: null, action: 'unreachable' });
      must(await netlink.request(remove(rule, wanted)));
    }
  },
  'per-device settings are told': () =>
    withLink('sv-veth', { type: 'veth' }, async ({ index }) => {
      const set = (path: string, value: number) =>
        writeFileSync(`/proc/sys/net/${path}`, `${value}`);
      set('ipv4/conf/sv-veth/forwarding', 1);
      set('ipv4/conf/sv-veth/rp_filter', 2);
      set('ipv4/conf/sv-veth/proxy_arp', 1);
      set('ipv6/conf/sv-veth/forwarding', 0);
      set('ipv6/conf/sv-veth/proxy_ndp', 1);
      const four = must(await netlink.dump(netconf, { family: 4 }));
      assertHas(
        four.find((one) => one.index === index),
        { family: 4, forwarding: 1, rpFilter: 2, proxyNeigh: 1 },
      );
      assert.ok(four.some((one) => one.index === -1) && four.some((one) => one.index === -2));
      const six = must(await netlink.dump(netconf, { family: 6 }));
      assertHas(
        six.find((one) => one.index === index),
        { family: 6, forwarding: 0, proxyNeigh: 1 },
      );
    }),
};

await runCases(cases);
netlink.close();
