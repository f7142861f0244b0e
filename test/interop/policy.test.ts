/**
 * Policies between real daemons: what an import policy rejects nobody has, what an export policy sets the daemon at the far end
 * shows, and a file with other policies ends no session, as the daemon tells it.
 */

import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { silentLog } from '../../src/base/ports.ts';
import { unwrap } from '../../src/base/result.ts';
import { parseBgpConfig } from '../../src/config/bgp/read.ts';
import { SpeakerProcess } from '../../src/speaker/process.ts';
import { summary } from '../../src/speaker/view.ts';
import { evpnExamples, unicastExamples } from './harness/examples.ts';
import { expectNothing, expectRoutes, freeAddress, startPeer } from './harness/fixture.ts';
import type { Peer } from './harness/peer.ts';
import { bgpPort } from './harness/router.ts';
import { type Attributes, type Family, familyOf, type Route } from './harness/routes.ts';
import { bird3, frr10, frr8, frrNew, gobgp4, type Software } from './harness/software.ts';
import { until } from './harness/until.ts';

const ourId = '192.0.2.254';
const ourAs = 65000;
const names = { ipv4: 'ipv4-unicast', ipv6: 'ipv6-unicast', evpn: 'l2vpn-evpn' } as const;

interface Policies {
  /** Tables of the file. */
  readonly text: string;
  readonly import?: string;
  readonly export?: string;
}

class World {
  readonly us: SpeakerProcess;
  readonly address: string;
  readonly from: Peer;
  readonly to: Peer;
  readonly #text: (policies: Policies) => string;

  constructor(
    us: SpeakerProcess,
    address: string,
    [from, to]: readonly [Peer, Peer],
    text: (policies: Policies) => string,
  ) {
    this.us = us;
    this.address = address;
    this.from = from;
    this.to = to;
    this.#text = text;
  }

  /** As a SIGHUP does. */
  reload(policies: Policies): void {
    assert.deepEqual(this.us.reload(unwrap(parseBgpConfig(this.#text(policies)))), []);
  }

  /** That both sessions are still the first. */
  assertNoneEnded(): void {
    const sessions = this.us.speaker.peers.map((peer) => peer.status.sessions);
    assert.deepEqual(sessions, [1, 1]);
    assert.ok(summary(this.us).peers.every(({ state }) => state === 'Established'));
  }
}

/** Us between one that announces, from which we import, and one to which we export. */
async function startWorld(
  t: TestContext,
  families: readonly Family[],
  [ofA, ofB]: readonly [Software, Software],
  asOfB: number,
  policies: Policies,
): Promise<World> {
  const address = freeAddress();
  const addresses = [freeAddress(), freeAddress()] as const;
  const ases = [ourAs, asOfB] as const;
  const text = ({ text: tables, import: imports = 'all', export: exports = 'all' }: Policies) => `
[global]
as = ${ourAs}
router_id = "${ourId}"
families = [${families.map((family) => `"${names[family]}"`).join(', ')}]
[[listen]]
address = "${address}"
port = ${bgpPort}
[policy.all]
default = "accept"
${tables}
[[peer]]
address = "${addresses[0]}"
as = "internal"
client = true
passive = true
import = "${imports}"
[[peer]]
address = "${addresses[1]}"
as = ${asOfB}
client = ${asOfB === ourAs}
passive = true
import = "all"
export = "${exports}"
`;
  const us = new SpeakerProcess(unwrap(parseBgpConfig(text(policies))), silentLog);
  t.after(() => us.stop());
  unwrap(us.start());
  const start = (software: Software, index: 0 | 1): Promise<Peer> =>
    startPeer(t, software, {
      as: ases[index],
      routerId: `192.0.2.${101 + index}`,
      address: addresses[index],
      neighbors: [{ address, as: ourAs, families }],
    });
  const peers = [await start(ofA, 0), await start(ofB, 1)] as const;
  for (const peer of peers) await peer.established(address);
  return new World(us, address, peers, text);
}

function examples(peer: Peer, families: readonly Family[]): readonly Route[] {
  return [...evpnExamples(peer.address), ...unicastExamples(peer.address)].filter(
    (route) => families.includes(familyOf(route.nlri)) && peer.cannotAnnounce(route) === undefined,
  );
}

/** RFC 4456 §8, and what a policy has made of it. */
function reflected(route: Route, from: Peer, changes: Partial<Attributes> = {}): Route {
  const { attributes, nlri } = route;
  const passed = { originatorId: from.config.routerId, clusterList: [ourId] };
  return { nlri, attributes: { ...attributes, ...passed, ...changes } };
}

/** FRR reckons the time at which a session came up from its age, and may be a second off. */
function assertSameTime(after: string | undefined, before: string | undefined): void {
  const [a, b] = [Number(after), Number(before)];
  if (Number.isInteger(a) && Number.isInteger(b)) assert.ok(Math.abs(a - b) <= 1, `${a} and ${b}`);
  else assert.equal(after, before);
}

const noHosts = `
[policy.some]
default = "accept"
[[policy.some.term]]
match.route_types = ["mac"]
action = "reject"
`;
const noPrefixes = `
[policy.some]
[[policy.some.term]]
match.prefixes = ["198.51.100.0/24 le 32", "2001:db8::/32 le 128"]
match.route_types = "mac"
action = "accept"
[[policy.some.term]]
match.communities = "rt:65000:100"
match.route_types = ["imet", "ead", "es"]
action = "accept"
`;

describe('an import policy', { concurrency: 3 }, () => {
  for (const [ofA, ofB] of [
    [gobgp4, frr8],
    [gobgp4, frrNew],
    [bird3, gobgp4],
  ] as const) {
    const skip = ofA.skip || ofB.skip;
    test(`holds off what ${ofA.name} announces from ${ofB.name}`, { skip }, async (t) => {
      const world = await startWorld(t, ['evpn'], [ofA, ofB], ourAs, {
        text: noHosts,
        import: 'some',
      });
      const { address, from, to } = world;
      const routes = examples(from, ['evpn']);
      const told = (isTold: (route: Route) => boolean) =>
        routes.filter(isTold).map((route) => reflected(route, from));
      await from.announce(...routes);
      await expectRoutes(
        to,
        address,
        told(({ nlri }) => nlri.type !== 'mac'),
      );
      // It may have told the others first.
      const held = () => summary(world.us).peers[0]?.families[0]?.rejectedIn ?? 0;
      await until('hosts are held off', () => held() > 0);

      // Another policy: the announcer is asked, and its session stays.
      const { upSince: before } = await from.session(address);
      world.reload({ text: noPrefixes, import: 'some' });
      const hasIp = ({ nlri }: Route) =>
        nlri.type === 'mac' ? nlri.ip !== undefined : nlri.type !== 'prefix';
      await expectRoutes(to, address, told(hasIp));
      world.reload({ text: '' });
      await expectRoutes(
        to,
        address,
        told(() => true),
      );
      assertSameTime((await from.session(address)).upSince, before);
      world.assertNoneEnded();
    });
  }
});

const louder = `
[policy.some]
[[policy.some.term]]
match.as_paths = "^65010 .* 4200000001$"
match.prefixes = "198.51.100.0/24 ge 25"
set.communities = ["65000:9", "65001:1"]
set.add_communities = "65000:7:8"
set.remove_communities = "65000:1:*"
set.prepend = [65000, 65000]
set.med = 77
action = "accept"
`;

describe('an export policy', { concurrency: 3 }, () => {
  for (const [ofA, ofB] of [
    [gobgp4, frr8],
    [gobgp4, frr10],
    [gobgp4, bird3],
    [bird3, gobgp4],
  ] as const) {
    const skip = ofA.skip || ofB.skip;
    test(`sets what ${ofB.name} in another AS is told`, { skip }, async (t) => {
      const world = await startWorld(t, ['ipv4'], [ofA, ofB], 65001, {
        text: louder,
        export: 'some',
      });
      const { address, from, to } = world;
      const routes = examples(from, ['ipv4']);
      assert.equal(routes.length, 1);
      await from.announce(...routes);
      const told = (changes: Partial<Attributes>, path: readonly number[]) =>
        routes.map(({ nlri, attributes }) => {
          const { localPref: _preference, med: _med, ...others } = attributes;
          // RFC 4271 §5.1.3: to another AS we are the next hop.
          return { nlri, attributes: { ...others, nextHop: address, asPath: path, ...changes } };
        });
      const [, ...path] = [ourAs, 65010, 4200000001];
      const changes = {
        med: 77,
        communities: ['65000:9', '65001:1'],
        largeCommunities: ['65000:7:8'],
      };
      await expectRoutes(to, address, told(changes, [ourAs, ourAs, ourAs, ...path]));

      // Other policies: what is told is another thing, then nothing, and the session is the first.
      const { upSince: before } = await to.session(address);
      world.reload({ text: '' });
      await expectRoutes(to, address, told({}, [ourAs, ...path]));
      world.reload({ text: '[policy.none]\n', export: 'none' });
      await expectNothing(to, address, routes);
      assertSameTime((await to.session(address)).upSince, before);
      world.assertNoneEnded();
    });
  }
});

test('an import policy changes what comes before others hear of it', {
  skip: gobgp4.skip || frr10.skip,
}, async (t) => {
  const marked = `
[policy.some]
[[policy.some.term]]
set.local_pref = 250
set.add_communities = ["rt:65000:200", "65000:42"]
action = "accept"
`;
  const policies = { text: marked, import: 'some' };
  const world = await startWorld(t, ['evpn'], [gobgp4, frr10], ourAs, policies);
  const { address, from, to } = world;
  const routes = examples(from, ['evpn']).filter(({ nlri }) => nlri.type === 'imet');
  await from.announce(...routes);
  const target = '0002fde8000000c8';
  await expectRoutes(
    to,
    address,
    routes.map((route) =>
      reflected(route, from, {
        localPref: 250,
        communities: ['65000:42'],
        extendedCommunities: [...(route.attributes.extendedCommunities ?? []), target],
      }),
    ),
  );
});

test('without policies another AS hears nothing, and nothing is heard of it (RFC 8212)', {
  skip: gobgp4.skip || frr10.skip,
}, async (t) => {
  const world = await startWorld(t, ['ipv4'], [gobgp4, frr10], 65001, { text: '' });
  const { address, from, to } = world;
  const routes = examples(from, ['ipv4']);
  await from.announce(...routes);
  const isThere = async () => (await to.routes('ipv4')).some((route) => route.from === address);
  await until('the route to be there', isThere);
  const text = `
[global]
as = ${ourAs}
router_id = "${ourId}"
families = ["ipv4-unicast"]
[[listen]]
address = "${address}"
port = ${bgpPort}
[[peer]]
address = "${from.address}"
as = "internal"
client = true
passive = true
[[peer]]
address = "${to.address}"
as = 65001
client = false
passive = true
`;
  world.us.reload(unwrap(parseBgpConfig(text)));
  await expectNothing(to, address, routes);
  world.assertNoneEnded();
});
