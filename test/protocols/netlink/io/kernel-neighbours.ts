/** Cases of kernel.test.ts: neighbours, proxy entries, forwarding entries of VXLAN devices and bridges. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatIp, type Ip } from '../../../../src/net/ip.ts';
import { formatMac, type Mac } from '../../../../src/net/mac.ts';
import {
  append,
  change,
  create,
  type Fdb,
  fdb,
  fdbOf,
  link,
  linkOf,
  NTF,
  NUD,
  type Neigh,
  neigh,
  neighOf,
  remove,
} from '../../../../src/protocols/netlink/index.ts';
import {
  assertHas,
  ip,
  mac,
  must,
  mustAll,
  netlink,
  orSkip,
  show,
  sortBy,
  table,
  vlanId,
  vni,
  withLink,
} from './kernel.ts';
import { type Cases, runCases } from './namespace.ts';

const runs = { numRuns: 6 };
const low = fc.integer({ min: 1, max: 0xffff });
const hostIp: fc.Arbitrary<Ip> = fc.oneof(
  low.map((value): Ip => ({ family: 4, value: 0x0a400000 + value })),
  low.map((value): Ip => ({ family: 6, value: (0xfd00006400000000n << 64n) + BigInt(value) })),
);
const unicastMac = low.map((value) => (0x020000000000 + value) as Mac);

const neighs = (index: number) =>
  fc
    .record(
      {
        ip: hostIp,
        address: unicastMac,
        state: fc.constantFrom('permanent' as const, 'noarp' as const),
        protocol: fc.integer({ min: 1, max: 255 }),
        flags: fc.constantFrom(0, NTF.extLearned, NTF.router),
      },
      { requiredKeys: ['ip', 'address', 'state'] },
    )
    .filter(({ ip: of, flags }) => of.family === 6 || flags !== NTF.router)
    .map((one) => neighOf({ index, ...one }));

const neighKey = (one: Neigh) => formatIp(one.ip);

async function neighCase(): Promise<void> {
  await withLink('sv-veth', { type: 'veth' }, async ({ index }) => {
    const set = fc.uniqueArray(neighs(index), { selector: neighKey, minLength: 1 });
    await fc.assert(
      fc.asyncProperty(set, async (wanted) => {
        mustAll(await netlink.batch(wanted.map((one) => create(neigh, one))));
        try {
          await compareNeighs(index, wanted);
        } finally {
          mustAll(await netlink.batch(wanted.map((one) => remove(neigh, one))));
        }
        assert.deepEqual(await dumpedNeighs(index), []);
      }),
      runs,
    );
  });
}

async function compareNeighs(index: number, wanted: readonly Neigh[]): Promise<void> {
  const dumped = await dumpedNeighs(index);
  const shown = show('ip neigh show dev sv-veth nud all');
  assert.deepEqual(sortBy(dumped.map(neighKey), String), sortBy(wanted.map(neighKey), String));
  for (const one of wanted) {
    assertHas(
      dumped.find((other) => neighKey(other) === neighKey(one)),
      toldBack(one),
    );
    const json = shown.find(({ dst }) => dst === formatIp(one.ip));
    const state = [one.state.toString().toUpperCase()];
    assertHas(json, { lladdr: formatMac(one.address ?? mac('00:00:00:00:00:00')), state });
  }
}

/** The type of a neighbour is the kernel's to say: that of a route to it. */
function toldBack({ type: _type, ...rest }: Neigh | Fdb): object {
  return rest;
}

/** Without what the kernel notes by itself: its multicast groups, and entries that failed. */
async function dumpedNeighs(index: number): Promise<readonly Neigh[]> {
  const all = must(await netlink.dump(neigh, { index }));
  return all.filter(({ ip: of, state }) => {
    const isMulticast = of.family === 6 ? of.value >> 120n === 0xffn : of.value >>> 28 === 14;
    return !isMulticast && state !== 'failed';
  });
}

async function proxyCase(): Promise<void> {
  await withLink('sv-veth', { type: 'veth' }, async ({ index }) => {
    const wanted = ['10.64.0.9', 'fd00:64::9'].map((text) =>
      neighOf({ index, ip: ip(text), flags: NTF.proxy, protocol: 99 }),
    );
    mustAll(await netlink.batch(wanted.map((one) => create(neigh, one))));
    const found = must(await netlink.dump(neigh, { proxy: true }));
    assert.deepEqual(found.map(neighKey), ['10.64.0.9', 'fd00:64::9']);
    for (const one of found) assertHas(one, { index, flags: NTF.proxy, protocol: 99 });
    assert.deepEqual(
      show('ip neigh show proxy').map(({ dst }) => dst),
      ['10.64.0.9', 'fd00:64::9'],
    );
    mustAll(await netlink.batch(wanted.map((one) => remove(neigh, one))));
    assert.deepEqual(must(await netlink.dump(neigh, { proxy: true })), []);
  });
}

const remotes = (index: number) =>
  fc
    .record(
      {
        mac: unicastMac,
        destination: low.map((value): Ip => ({ family: 4, value: 0x0aff0000 + value })),
        vni: fc.integer({ min: 1, max: 0xffffff }).map(vni),
        port: fc.integer({ min: 1024, max: 65535 }),
        state: fc.constantFrom(NUD.permanent | NUD.noarp, NUD.noarp | NUD.reachable),
        flags: fc.constantFrom(NTF.self, NTF.self | NTF.extLearned),
      },
      { requiredKeys: ['mac', 'destination', 'flags'] },
    )
    .map((one) => fdbOf({ index, ...one }));

async function vxlanCase(): Promise<void> {
  await withLink('sv-vx', { type: 'vxlan', vni: vni(1001), port: 4789 }, async ({ index }) => {
    const set = fc.uniqueArray(remotes(index), { selector: (one) => one.mac, minLength: 1 });
    await fc.assert(
      fc.asyncProperty(set, async (wanted) => {
        mustAll(await netlink.batch(wanted.map((one) => create(fdb, one))));
        try {
          await compareRemotes(index, wanted);
        } finally {
          mustAll(await netlink.batch(wanted.map((one) => remove(fdb, one))));
        }
        assert.deepEqual(must(await netlink.dump(fdb, { index })), []);
      }),
      runs,
    );
  });
}

async function compareRemotes(index: number, wanted: readonly Fdb[]): Promise<void> {
  const dumped = must(await netlink.dump(fdb, { index }));
  const shown = show('bridge fdb show dev sv-vx');
  assert.equal(dumped.length, wanted.length);
  for (const one of wanted) {
    assertHas(
      dumped.find((other) => other.mac === one.mac),
      toldBack(one),
    );
    assertHas(
      shown.find((other) => other.mac === formatMac(one.mac)),
      { dst: formatIp(one.destination ?? ip('::')), vni: one.vni, port: one.port },
    );
  }
}

const cases: Cases = {
  'neighbours: added, shown, dumped by device, removed': neighCase,
  'proxy entries: added, shown, dumped apart from neighbours, removed': proxyCase,
  'a dump of neighbours is narrowed to the members of a VRF or bridge': () =>
    withLink('sv-br', { type: 'bridge' }, (br) =>
      withLink('sv-port', { type: 'veth' }, async ({ index }) => {
        must(await netlink.request(change(link, linkOf({ index, master: br.index }))));
        const one = { address: mac('02:00:00:00:00:07'), ip: ip('10.64.0.7') };
        mustAll(
          await netlink.batch([
            create(neigh, neighOf({ index: br.index, ...one })),
            create(neigh, neighOf({ index, ...one })),
          ]),
        );
        const found = must(await netlink.dump(neigh, { family: 4, master: br.index }));
        assert.deepEqual(
          found.map((other) => other.index),
          [index],
        );
      }),
    ),
  'one neighbour and one forwarding entry are asked for by their identity': () =>
    withLink('sv-br', { type: 'bridge' }, (br) =>
      withLink('sv-port', { type: 'veth' }, async ({ index }) => {
        must(await netlink.request(change(link, linkOf({ index, master: br.index }))));
        const one = neighOf({ index, ip: ip('10.64.0.7'), address: mac('02:00:00:00:00:07') });
        const entry = fdbOf({ index, mac: mac('02:00:00:00:00:08'), flags: NTF.master });
        mustAll(await netlink.batch([create(neigh, one), create(fdb, entry)]));
        assertHas(must(await netlink.get(neigh, one)), toldBack(one));
        assertHas(must(await netlink.get(fdb, entry)), { mac: entry.mac, master: br.index });
        const other = await netlink.get(neigh, { ...one, ip: ip('10.64.0.8') });
        assert.equal(other.ok ? '' : other.error.code, 'ENOENT');
      }),
    ),
  'remote MACs of a VXLAN device: added, shown, dumped, removed': vxlanCase,
  'flooding to several remote VTEPs is several entries of the zero MAC': () =>
    withLink('sv-vx', { type: 'vxlan', vni: vni(1001), port: 4789 }, async ({ index }) => {
      const entries = ['10.255.1.2', '10.255.1.3'].map((text) =>
        fdbOf({ index, mac: mac('00:00:00:00:00:00'), destination: ip(text), flags: NTF.self }),
      );
      mustAll(await netlink.batch(entries.map((one) => append(fdb, one))));
      const found = must(await netlink.dump(fdb, { index }));
      assert.deepEqual(
        sortBy(
          found.map(({ destination }) => formatIp(destination ?? ip('::'))),
          String,
        ),
        ['10.255.1.2', '10.255.1.3'],
      );
    }),
  'an external VXLAN device has its entries by VNI': () =>
    withLink('sv-vx', { type: 'vxlan', port: 4789, external: true }, async ({ index }) => {
      const wanted = fdbOf({
        index,
        mac: mac('02:00:00:00:00:09'),
        destination: ip('10.255.1.3'),
        sourceVni: vni(9),
        flags: NTF.self,
      });
      must(await netlink.request(create(fdb, wanted)));
      const found = must(await netlink.dump(fdb, { index }));
      assertHas(
        found.find((one) => one.mac === wanted.mac),
        toldBack(wanted),
      );
      assertHas(
        show('bridge fdb show dev sv-vx').find((one) => one.mac === '02:00:00:00:00:09'),
        { dst: '10.255.1.3', src_vni: 9 },
      );
    }),
  'entries of a bridge: static, sticky and learned by someone else': () =>
    withLink('sv-br', { type: 'bridge' }, (br) =>
      withLink('sv-port', { type: 'veth' }, async ({ index }) => {
        must(await netlink.request(change(link, linkOf({ index, master: br.index }))));
        const entry = (last: number, flags: number): Fdb =>
          fdbOf({
            index,
            mac: mac(`02:00:00:00:00:0${last}`),
            state: NUD.noarp | NUD.reachable,
            flags: NTF.master | flags,
          });
        const wanted = [entry(1, 0), entry(2, NTF.sticky), entry(3, NTF.extLearned)];
        mustAll(await netlink.batch(wanted.map((one) => create(fdb, one))));
        const found = must(await netlink.dump(fdb, { index, master: br.index }));
        for (const one of wanted) {
          const dumped = found.find((other) => other.mac === one.mac);
          const flags = one.flags & ~NTF.master;
          // What is learned by someone else is never static: the kernel shows it as reachable for ever.
          const state = flags === NTF.extLearned ? NUD.reachable : NUD.noarp;
          assertHas(dumped, { index, master: br.index, state });
          assert.equal((dumped?.flags ?? 0) & flags, flags);
        }
        const shown = show('bridge fdb show br sv-br');
        assertHas(
          shown.find((one) => one.mac === '02:00:00:00:00:02'),
          { ifname: 'sv-port', state: 'static', flags: ['sticky'] },
        );
        mustAll(await netlink.batch(wanted.map((one) => remove(fdb, one))));
      }),
    ),
  'entries of a bridge with VLANs': () =>
    withLink('sv-br', { type: 'bridge', vlanFiltering: true }, (br) =>
      withLink('sv-port', { type: 'veth' }, async ({ index }) => {
        must(await netlink.request(change(link, linkOf({ index, master: br.index }))));
        const wanted = fdbOf({
          index,
          mac: mac('02:00:00:00:00:01'),
          vlan: vlanId(1),
          state: NUD.noarp,
          flags: NTF.master,
        });
        must(await netlink.request(create(fdb, wanted)));
        const found = must(await netlink.dump(fdb, { index }));
        assertHas(
          found.find((one) => one.mac === wanted.mac),
          { vlan: 1, master: br.index },
        );
      }),
    ),
  'neighbours on a device in a VRF': () =>
    withLink('sv-vrf', { type: 'vrf', table: table(70007) }, (vrf) =>
      withLink('sv-port', { type: 'veth' }, async ({ index }) => {
        must(await netlink.request(change(link, linkOf({ index, master: vrf.index }))));
        const one = neighOf({ index, ip: ip('10.64.0.7'), address: mac('02:00:00:00:00:07') });
        orSkip('neighbours', await netlink.request(create(neigh, one)));
        const found = must(await netlink.dump(neigh, { family: 4, master: vrf.index }));
        assertHas(found[0], toldBack(one));
      }),
    ),
};

await runCases(cases);
netlink.close();
