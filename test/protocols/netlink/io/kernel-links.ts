/** Cases of kernel.test.ts: every kind of device with random settings, members of bridges and VRFs, changes. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatMac, type Mac } from '../../../../src/net/mac.ts';
import {
  BRIDGE_VLAN_INFO,
  change,
  create,
  type Link,
  type LinkKind,
  link,
  linkOf,
  remove,
  vlan,
  vlanOf,
} from '../../../../src/protocols/netlink/index.ts';
import {
  assertHas,
  ifName,
  ip4,
  ip6,
  linkNamed,
  must,
  netlink,
  orSkip,
  show,
  table,
  vlanId,
  vni,
  withLink,
} from './kernel.ts';
import { type Cases, runCases } from './namespace.ts';

const runs = { numRuns: 8 };
const bool = fc.boolean();
const unicastMac = fc
  .integer({ min: 1, max: 0xffffff })
  .map((low) => (0x020000000000 + low) as Mac);
/** What any device can be given. */
const common = fc.record(
  {
    mtu: fc.integer({ min: 1280, max: 1500 }),
    txQueueLength: fc.integer({ min: 1, max: 5000 }),
    group: fc.integer({ min: 0, max: 100 }),
    address: unicastMac,
  },
  { requiredKeys: [] },
);

/** Makes a device from each sample and compares it with the dump and with `ip link`. */
function kindCase<K extends LinkKind>(
  samples: fc.Arbitrary<K>,
  shown: (is: K) => object | undefined = () => undefined,
  setUp: () => Promise<Partial<Link>> = async () => ({}),
): () => Promise<void> {
  return () =>
    fc.assert(
      fc.asyncProperty(samples, common, async (is, settings) => {
        const base = await setUp();
        const name = ifName('sv-test');
        const wanted = linkOf({ name, ...settings, ...base, info: { is } });
        orSkip(`device of this kind (${is.type})`, await netlink.request(create(link, wanted)));
        try {
          await compareLink(wanted);
          const [json] = show('ip link show dev sv-test');
          assertHas(json.linkinfo, { info_kind: is.type, info_data: shown(is) });
        } finally {
          must(await netlink.request(remove(link, linkOf({ name }))));
        }
        const gone = await netlink.get(link, linkOf({ name }));
        assert.equal(gone.ok ? 'still there' : gone.error.code, 'ENODEV');
      }),
      runs,
    );
}

async function compareLink(wanted: Link): Promise<void> {
  const { index: _index, flags: _flags, change: _change, hardware: _type, ...fields } = wanted;
  const { peer: _peer, ...is } = { peer: undefined, ...fields.info?.is };
  const expected = { ...fields, info: { is } };
  const all = must(await netlink.dump(link, {}));
  assertHas(
    all.find((one) => one.name === wanted.name),
    expected,
  );
  assertHas(await linkNamed(wanted.name ?? ifName('none')), expected);
  const [json] = show(`ip link show dev ${wanted.name}`);
  assertHas(json, {
    ifname: wanted.name,
    mtu: wanted.mtu,
    txqlen: wanted.txQueueLength,
    address: wanted.address === undefined ? undefined : formatMac(wanted.address),
    group: groupName(wanted.group),
  });
}

/** iproute2 names group 0 `default`. */
function groupName(group: number | undefined): string | undefined {
  if (group === undefined) return undefined;
  return group === 0 ? 'default' : String(group);
}

type Of<T extends LinkKind['type']> = LinkKind & { readonly type: T };

const vxlan = fc
  .record(
    {
      type: fc.constant('vxlan' as const),
      vni: fc.integer({ min: 1, max: 0xffffff }).map(vni),
      port: fc.integer({ min: 1024, max: 65535 }),
      learning: bool,
      ttl: fc.integer({ min: 0, max: 255 }),
      tos: fc.constantFrom(0, 1),
      // 0 is no time but the default, 300 s.
      ageing: fc.integer({ min: 1, max: 3600 }),
      limit: fc.integer({ min: 0, max: 1000 }),
      proxy: bool,
      l2miss: bool,
      l3miss: bool,
      udpChecksum: bool,
      df: fc.constantFrom('unset' as const, 'set' as const, 'inherit' as const),
      gbp: fc.constant(true as const),
    },
    { requiredKeys: ['type', 'vni', 'port'] },
  )
  .map((is): Of<'vxlan'> => is);

const bridge = fc
  .record(
    {
      type: fc.constant('bridge' as const),
      stp: fc.constantFrom(0, 1),
      // The kernel counts in its own ticks, of which whole seconds are a multiple.
      ageingTime: fc.integer({ min: 0, max: 1000 }).map((seconds) => seconds * 100),
      forwardDelay: fc.integer({ min: 2, max: 30 }).map((seconds) => seconds * 100),
      priority: fc.integer({ min: 0, max: 65535 }),
      multicastSnooping: bool,
      groupForwardMask: fc.constantFrom(0, 8, 0x4000),
    },
    { requiredKeys: ['type'] },
  )
  .map((is): Of<'bridge'> => is);

const portSettings = fc.record(
  {
    learning: bool,
    unicastFlood: bool,
    multicastFlood: bool,
    broadcastFlood: bool,
    neighSuppress: bool,
    isolated: bool,
    hairpin: bool,
    guard: bool,
    fastLeave: bool,
    cost: fc.integer({ min: 1, max: 65535 }),
    priority: fc.integer({ min: 0, max: 63 }),
  },
  { requiredKeys: [] },
);

/** iproute2 joins neighbours with equal options. */
function shownVlans(one: { readonly vlan: number; readonly vlanEnd?: number }): number[] {
  const length = (one.vlanEnd ?? one.vlan) - one.vlan + 1;
  return Array.from({ length }, (_, i) => one.vlan + i);
}

const cases: Cases = {
  'vrf: made, shown, dumped, removed': kindCase(
    fc
      .integer({ min: 1, max: 0x7fffffff })
      .map((number): Of<'vrf'> => ({ type: 'vrf', table: table(number) })),
    (is) => ({ table: is.table }),
  ),
  'vxlan over IPv4: made, shown, dumped, removed': kindCase(
    vxlan.map((is): Of<'vxlan'> => ({ ...is, local: ip4('10.255.1.1') })),
    (is) => ({
      id: is.vni,
      local: '10.255.1.1',
      port: is.port,
      ageing: is.ageing,
      ...(is.learning === undefined ? {} : { learning: is.learning }),
    }),
  ),
  'vxlan over IPv6: made, shown, dumped, removed': kindCase(
    vxlan.map((is): Of<'vxlan'> => ({ ...is, local6: ip6('fd00:255::1') })),
    (is) => ({ id: is.vni, local6: 'fd00:255::1', port: is.port }),
  ),
  'external vxlan with a VNI filter: made, shown, dumped, removed': kindCase(
    fc.constant<Of<'vxlan'>>({
      type: 'vxlan',
      port: 4789,
      external: true,
      vniFilter: true,
      learning: false,
    }),
    () => ({ external: true, port: 4789 }),
  ),
  'bridge: made, shown, dumped, removed': kindCase(bridge, (is) => ({
    stp_state: is.stp,
    ageing_time: is.ageingTime,
    priority: is.priority,
    mcast_snooping: is.multicastSnooping === undefined ? undefined : Number(is.multicastSnooping),
  })),
  'bridge with VLAN filtering: made, shown, dumped, removed': kindCase(
    bridge.map(
      (is): Of<'bridge'> => ({
        ...is,
        vlanFiltering: true,
        vlanProtocol: 0x8100,
        defaultPvid: 1,
      }),
    ),
    () => ({ vlan_filtering: 1, vlan_protocol: '802.1Q', vlan_default_pvid: 1 }),
  ),
  'veth: made, shown, dumped, removed': kindCase(
    fc.constant<Of<'veth'>>({ type: 'veth', peer: linkOf({ name: ifName('sv-peer'), mtu: 1400 }) }),
  ),
  'dummy: made, shown, dumped, removed': kindCase(fc.constant<Of<'dummy'>>({ type: 'dummy' })),
  'vlan: made, shown, dumped, removed': () =>
    withLink('sv-base', { type: 'veth' }, async (base) =>
      kindCase(
        fc.record({
          type: fc.constant('vlan' as const),
          id: fc.integer({ min: 1, max: 4094 }).map(vlanId),
          protocol: fc.constantFrom(0x8100, 0x88a8),
        }),
        (is) => ({ id: is.id, protocol: is.protocol === 0x8100 ? '802.1Q' : '802.1ad' }),
        async () => ({ link: base.index }),
      )(),
    ),
  'the ends of a veth point at each other': () =>
    withLink('sv-a', { type: 'veth', peer: linkOf({ name: ifName('sv-b') }) }, async (a) => {
      const b = await linkNamed(ifName('sv-b'));
      assert.equal(a.link, b.index);
      assert.equal(b.link, a.index);
      assert.equal(show('ip link show dev sv-b')[0].link, 'sv-a');
    }),
  'alias, address generation and flags are changed in place': () =>
    withLink('sv-br', { type: 'bridge' }, async ({ index }) => {
      const set = (fields: Partial<Link>) =>
        netlink.request(change(link, linkOf({ index, ...fields })));
      must(await set({ alias: 'selvedge: über vpn 7' }));
      must(await set({ families: { inet6: { addrGenMode: 'none' } } }));
      const changed = await linkNamed(ifName('sv-br'));
      assert.equal(changed.alias, 'selvedge: über vpn 7');
      assert.equal(changed.families?.inet6?.addrGenMode, 'none');
      const [json] = show('ip link show dev sv-br');
      assertHas(json, { ifalias: 'selvedge: über vpn 7', inet6_addr_gen_mode: 'none' });
      must(await set({ flags: 0, change: 1 }));
      assert.equal((await linkNamed(ifName('sv-br'))).flags & 1, 0);
    }),
  'a bridge port takes every setting, and the dump can be narrowed to it': () =>
    withLink('sv-br', { type: 'bridge' }, (br) =>
      withLink('sv-port', { type: 'veth' }, async ({ index }) => {
        const set = (fields: Partial<Link>) =>
          netlink.request(change(link, linkOf({ index, ...fields })));
        must(await set({ master: br.index }));
        await fc.assert(
          fc.asyncProperty(portSettings, async (settings) => {
            must(await set({ info: { member: { of: 'bridge', ...settings } } }));
            const [one, ...others] = must(await netlink.dump(link, { master: br.index }));
            assert.deepEqual(others, []);
            assertHas(one?.info?.member, { of: 'bridge', ...settings });
            const [json] = show('ip link show dev sv-port');
            assertHas(json.linkinfo.info_slave_data, {
              learning: settings.learning,
              neigh_suppress: settings.neighSuppress,
              isolated: settings.isolated,
              hairpin: settings.hairpin,
              flood: settings.unicastFlood,
            });
          }),
          runs,
        );
        must(await set({ master: 0 }));
        assert.deepEqual(must(await netlink.dump(link, { master: br.index })), []);
      }),
    ),
  'a member of a VRF tells the table': () =>
    withLink('sv-vrf', { type: 'vrf', table: table(70007) }, (vrf) =>
      withLink('sv-port', { type: 'veth' }, async ({ index }) => {
        must(await netlink.request(change(link, linkOf({ index, master: vrf.index }))));
        const [member] = must(await netlink.dump(link, { master: vrf.index }));
        assertHas(member?.info?.member, { of: 'vrf', table: 70007 });
      }),
    ),
  'a dump can be narrowed to one kind': () =>
    withLink('sv-br', { type: 'bridge' }, () =>
      withLink('sv-veth', { type: 'veth' }, async () => {
        const bridges = must(await netlink.dump(link, { kind: 'bridge' }));
        assert.deepEqual(
          bridges.map(({ name }) => name),
          ['sv-br'],
        );
      }),
    ),
  'VLANs and tunnel ids of a bridge port are added, shown, dumped and removed': () =>
    withLink('sv-br', { type: 'bridge', vlanFiltering: true }, (br) =>
      withLink(
        'sv-vx',
        { type: 'vxlan', port: 4789, external: true, learning: false },
        async ({ index }) => {
          const set = (fields: Partial<Link>) =>
            netlink.request(change(link, linkOf({ index, ...fields })));
          must(await set({ master: br.index }));
          must(await set({ info: { member: { of: 'bridge', vlanTunnel: true } } }));
          const ranges = [
            { first: vlanId(10), last: vlanId(20), flags: 0 },
            { first: vlanId(30), last: vlanId(30), flags: BRIDGE_VLAN_INFO.untagged },
          ];
          const tunnels = [{ first: vlanId(14), last: vlanId(16), vni: 1014 }];
          must(await netlink.request(change(vlan, vlanOf(index, { vlans: ranges }))));
          must(await netlink.request(change(vlan, vlanOf(index, { tunnels }))));
          const port = must(await netlink.dump(vlan, {})).find((one) => one.index === index);
          const byDefault = { first: 1, last: 1, flags: 6 };
          assert.deepEqual(port?.spec?.vlans, [byDefault, ...ranges]);
          assert.deepEqual(port?.spec?.tunnels, tunnels);
          const [json] = show('bridge vlan show dev sv-vx');
          assert.deepEqual(
            json.vlans.flatMap(shownVlans),
            [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 30],
          );
          const rest = [{ first: vlanId(10), last: vlanId(20), flags: 0 }];
          must(await netlink.request(remove(vlan, vlanOf(index, { vlans: rest }))));
          const left = must(await netlink.dump(vlan, {})).find((one) => one.index === index);
          assert.deepEqual(left?.spec?.vlans, [byDefault, ranges[1]]);
        },
      ),
    ),
  'a link of a kind that does not exist is refused with the kernel’s words': async () => {
    const wanted = linkOf({
      name: ifName('sv-none'),
      info: { is: { type: 'other', kind: 'no-such-kind' } },
    });
    const refused = await netlink.request(create(link, wanted));
    assert.ok(!refused.ok);
    assertHas(refused.error, {
      code: 'EOPNOTSUPP',
      errno: 95,
      message: 'cannot create link: EOPNOTSUPP, Unknown device type',
      kernelText: 'Unknown device type',
    });
  },
};

await runCases(cases);
netlink.close();
