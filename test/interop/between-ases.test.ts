/**
 * What stands between ASes, with real daemons: roles and the mark that keeps leaks off (RFC 9234), confederations (RFC 5065),
 * and paths as fabrics of many ASes want them, changed while the sessions stand.
 */

import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { silentLog } from '../../src/base/ports.ts';
import { unwrap } from '../../src/base/result.ts';
import { parseBgpConfig } from '../../src/config/bgp/read.ts';
import { formatAsPath, valuesOf } from '../../src/protocols/bgp/index.ts';
import { neighborView } from '../../src/speaker/peers.ts';
import { SpeakerProcess } from '../../src/speaker/process.ts';
import { evpnExamples } from './harness/examples.ts';
import { expectNothing, expectRoutes, freeAddress, startPeer } from './harness/fixture.ts';
import type { Peer } from './harness/peer.ts';
import { Frr } from './harness/peers/frr.ts';
import { bgpPort, type NeighborConfig, type PeerConfig } from './harness/router.ts';
import { type Attributes, type Family, type Route } from './harness/routes.ts';
import { bird3, frr10, frr8, frrNew, gobgp4, type Software } from './harness/software.ts';
import { until } from './harness/until.ts';

const ourAs = 65000;
const names = { ipv4: 'ipv4-unicast', ipv6: 'ipv6-unicast', evpn: 'l2vpn-evpn' } as const;

/** A daemon beside us: its AS, and the lines of either configuration that are about the other. */
interface Beside {
  readonly software: Software;
  readonly as: number;
  readonly ours?: string;
  readonly neighbor?: Partial<NeighborConfig>;
  readonly config?: Partial<PeerConfig>;
}

interface World {
  readonly us: SpeakerProcess;
  readonly address: string;
  readonly peers: readonly Peer[];
  /** As a SIGHUP does, with other lines of ours about each. */
  readonly reload: (...ours: readonly string[]) => void;
}

interface Global {
  readonly as?: number;
  readonly lines?: string;
  readonly family?: Family;
}

/** Us among daemons that call. Whoever asks for no session waits for none. */
async function startWorld(
  t: TestContext,
  beside: readonly Beside[],
  { as = ourAs, family = 'ipv4', lines = '' }: Global = {},
): Promise<World> {
  const address = freeAddress();
  const addresses = beside.map(() => freeAddress());
  const text = (ours: readonly string[]): string => `
[global]
as = ${as}
router_id = "192.0.2.254"
families = ["${names[family]}"]
ebgp_requires_policy = false
${lines}
[[listen]]
address = "${address}"
port = ${bgpPort}
${beside.map((each, at) => peerText(each, addresses[at] ?? '', ours[at])).join('')}`;
  const us = new SpeakerProcess(unwrap(parseBgpConfig(text([]))), silentLog);
  t.after(() => us.stop());
  unwrap(us.start());
  const peers: Peer[] = [];
  for (const [at, { software, as: own, config = {}, neighbor = {} }] of beside.entries()) {
    const known = { address, as, families: [family], ...neighbor };
    const routerId = `192.0.2.${101 + at}`;
    const whole = { as: own, routerId, address: addresses[at] ?? '', neighbors: [known] };
    peers.push(await startPeer(t, software, { ...whole, ...config }));
  }
  const reload = (...ours: readonly string[]): void => {
    assert.deepEqual(us.reload(unwrap(parseBgpConfig(text(ours)))), []);
  };
  return { us, address, peers, reload };
}

function peerText({ as, ours = '' }: Beside, address: string, other = ours): string {
  return `
[[peer]]
address = "${address}"
as = ${as}
passive = true
${other}
`;
}

async function allUp({ address, peers }: World): Promise<void> {
  for (const peer of peers) await peer.established(address);
}

const prefix = '198.51.100.0/24';

function routeOf(nextHop: string, more: Partial<Attributes> = {}): Route {
  const attributes = { nextHop, origin: 'igp', asPath: [], ...more } as const;
  return { nlri: { type: 'ipv4', prefix }, attributes };
}

/** The one route that we have, as the rib holds it. */
function held(us: SpeakerProcess) {
  const rib = us.routing.rib('ipv4-unicast');
  assert.ok(rib !== undefined);
  return [...rib.destinations].flatMap((destination) => {
    const set = rib.attributes.get(rib.paths.attributes(rib.destinations.bestPath(destination)));
    return set === undefined ? [] : [valuesOf(set)];
  })[0];
}

function viewOf({ us }: World, index: number) {
  const peer = us.speaker.peers[index];
  assert.ok(peer !== undefined);
  return neighborView(us, peer);
}

type RoleWord = 'provider' | 'customer' | 'peer' | 'rs-server' | 'rs-client';

/** Lines of a daemon about us, which say what it is to us. */
function roleLines({ name }: Software, role: RoleWord, isStrict = false): readonly string[] {
  if (name.startsWith('FRR')) return [`local-role ${role}${isStrict ? ' strict-mode' : ''}`];
  const word = role === 'rs-server' ? 'rs_server' : role === 'rs-client' ? 'rs_client' : role;
  return [`local role ${word}`, `require roles ${isStrict ? 'on' : 'off'}`];
}

const withRoles = [frr10, frrNew, bird3];

describe('roles (RFC 9234)', { concurrency: 2 }, () => {
  for (const software of withRoles) {
    const skip = software.skip || gobgp4.skip;
    test(`${software.name} beside us, and one that knows none`, { skip }, async (t) => {
      const strict = 'role_strict = true';
      const world = await startWorld(t, [
        {
          software,
          as: 65001,
          ours: `role = "customer"\n${strict}`,
          neighbor: { lines: roleLines(software, 'provider', true) },
        },
        {
          software,
          as: 65002,
          ours: 'role = "peer"',
          neighbor: { lines: roleLines(software, 'peer') },
        },
        { software: gobgp4, as: 65003, ours: 'role = "provider"' },
      ]);
      const { address, peers, us } = world;
      const [above, beside, below] = peers;
      assert.ok(above !== undefined && beside !== undefined && below !== undefined);
      await allUp(world);
      const role = { local: 'customer', isStrict: true, remote: 'provider', leaks: 0 };
      assert.deepEqual(viewOf(world, 0).role, role);
      assert.deepEqual(viewOf(world, 2).role, {
        ...role,
        local: 'provider',
        isStrict: false,
        remote: undefined,
      });

      // From above: marked with that AS, by the one who sends it; told to the customer, and not across.
      const told = (of: Peer, onlyToCustomer: number) =>
        routeOf(address, { asPath: [ourAs, of.config.as], onlyToCustomer });
      await above.announce(routeOf(above.address));
      await expectRoutes(below, address, [told(above, 65001)]);
      assert.equal(held(us)?.onlyToCustomer, 65001);
      await expectNothing(beside, address, [routeOf(address)]);
      await above.withdraw(routeOf(above.address));

      // From below, where nothing is known of roles: without a mark it goes everywhere; we mark what goes across.
      const own = routeOf(below.address);
      await below.announce(own);
      await expectRoutes(beside, address, [told(below, ourAs)]);
      await until('it to be heard of above', async () =>
        (await above.routes('ipv4')).some((route) => route.from === address),
      );
      const [upwards] = (await above.routes('ipv4')).filter((route) => route.from === address);
      assert.deepEqual(upwards?.attributes.asPath, [ourAs, 65003]);
      assert.equal(upwards?.attributes.onlyToCustomer, undefined);
    });

    test(`${software.name} reads that its role is no counterpart of ours, and we that ours is none of its`, {
      skip: software.skip,
    }, async (t) => {
      const of = async (ours: string, lines: readonly string[]) => {
        const world = await startWorld(t, [{ software, as: 65001, ours, neighbor: { lines } }]);
        await until('a refusal', () => /Role Mismatch/.test(viewOf(world, 0).lastReason ?? ''));
        return viewOf(world, 0).lastReason ?? '';
      };
      const wrong = await of('role = "peer"', roleLines(software, 'customer'));
      assert.match(wrong, /2\/11|Role Mismatch/);
      assert.match(await of('role = "peer"\nrole_strict = true', []), /^sent.*tells no role/);
      assert.match(await of('', roleLines(software, 'peer', true)), /^received/);
    });
  }

  test('a leak through a daemon that knows no roles is held off', {
    skip: gobgp4.skip || frr8.skip,
  }, async (t) => {
    // Two speakers of ours are above one daemon: what the one tells it, it passes on to the other.
    const [first, second] = [freeAddress(), freeAddress()];
    const at = freeAddress();
    const file = (as: number, own: string, more = '') => `
[global]
as = ${as}
router_id = "192.0.2.${as % 100}"
families = ["ipv4-unicast"]
ebgp_requires_policy = false
[[listen]]
address = "${own}"
port = ${bgpPort}
[[peer]]
address = "${at}"
as = 65001
passive = true
role = "provider"
${more}`;
    const start = (text: string): SpeakerProcess => {
      const us = new SpeakerProcess(unwrap(parseBgpConfig(text)), silentLog);
      t.after(() => us.stop());
      unwrap(us.start());
      return us;
    };
    const source = freeAddress();
    const origin = `
[[peer]]
address = "${source}"
as = 65009
passive = true
`;
    start(file(65010, first, origin));
    const b = start(file(65020, second));
    const [families, neighbors] = [
      ['ipv4'] as const,
      [
        { address: first, as: 65010, families: ['ipv4'] as const },
        { address: second, as: 65020, families: ['ipv4'] as const },
      ],
    ];
    const through = { as: 65001, routerId: '192.0.2.1', address: at, neighbors };
    const leaky = await startPeer(t, frr8, through);
    const announcer = await startPeer(t, gobgp4, {
      as: 65009,
      routerId: '192.0.2.9',
      address: source,
      neighbors: [{ address: first, as: 65010, families }],
    });
    for (const each of [first, second]) await leaky.established(each);
    await announcer.established(first);
    await announcer.announce(routeOf(source));
    const [peer] = b.speaker.peers;
    assert.ok(peer !== undefined);
    await until('the leak to be seen', () => neighborView(b, peer).role?.leaks === 1);
    assert.equal(held(b), undefined);
    // The daemon has it, with the mark of the one who told it.
    await expectRoutes(leaky, first, [
      routeOf(first, { asPath: [65010, 65009], onlyToCustomer: 65010 }),
    ]);
  });
});

/** The path of the one route, segments of confederations and all, as FRR prints it. */
async function frrPath(of: Peer): Promise<unknown> {
  assert.ok(of instanceof Frr);
  const told: unknown = JSON.parse(await of.ask(`show bgp ipv4 unicast ${prefix} json`));
  const [path] = (told as { paths?: readonly Record<string, unknown>[] }).paths ?? [];
  const text = (path?.['aspath'] as { string?: string } | undefined)?.string;
  return text === undefined ? undefined : [text, path?.['locPrf'], path?.['metric']];
}

describe('a confederation (RFC 5065)', { concurrency: 2 }, () => {
  for (const software of [frr8, frrNew]) {
    test(`we and ${software.name} are members, and another AS is told of one`, {
      skip: software.skip || gobgp4.skip,
    }, async (t) => {
      const [ours, theirs, whole] = [64601, 64602, ourAs];
      const inside = {
        software,
        as: theirs,
        config: {
          lines: [`bgp confederation identifier ${whole}`, `bgp confederation peers ${ours}`],
        },
      };
      const outside = { software: gobgp4, as: 65010, neighbor: { as: whole } };
      const lines = `confederation = ${whole}\nconfederation_members = [${theirs}]`;
      const world = await startWorld(t, [inside, outside], { as: ours, lines });
      const { address, peers, us } = world;
      const [member, other] = peers;
      assert.ok(member !== undefined && other !== undefined);
      await allUp(world);
      assert.equal(viewOf(world, 0).kind, 'confederation');
      assert.equal(viewOf(world, 1).kind, 'external');

      // RFC 5065 §4.1 (c): without what is within.
      await member.announce(routeOf(member.address, { localPref: 300, med: 7, asPath: [64777] }));
      await expectRoutes(other, address, [routeOf(address, { asPath: [whole, 64777] })]);
      const of = held(us);
      assert.equal(formatAsPath(of?.asPath ?? []), `(${theirs}) 64777`);
      assert.deepEqual([of?.localPref, of?.med], [300, 7]);
      await member.withdraw(routeOf(member.address));
      await expectNothing(other, address, [routeOf(address)]);

      // §4.1 (b): our member AS in a segment of its own. The next hop stays, §5.1.
      await other.announce(routeOf(other.address, { med: 9 }));
      await until('the member to have it', async () => (await member.routes('ipv4')).length === 1);
      assert.deepEqual(await frrPath(member), [`(${ours}) 65010`, 100, 9]);
      const [heard] = await member.routes('ipv4');
      assert.equal(heard?.attributes.nextHop, other.address);
    });
  }
});

describe('two sites of one AS, and us between them', { concurrency: 2 }, () => {
  for (const software of [frr8, frr10, frrNew]) {
    test(`${software.name} hears of EVPN routes of the other one`, {
      skip: software.skip || gobgp4.skip,
    }, async (t) => {
      const site = 65001;
      const override = 'as_override = true';
      const world = await startWorld(
        t,
        [
          { software: gobgp4, as: site },
          { software, as: site, ours: override },
        ],
        { family: 'evpn' },
      );
      const { address, peers, reload } = world;
      const [from, to] = peers;
      assert.ok(from !== undefined && to !== undefined);
      await allUp(world);
      const routes = evpnExamples(from.address).filter(
        (each) => from.cannotAnnounce(each) === undefined,
      );
      await from.announce(...routes);
      // The next hop is the VTEP's own, without a word of ours.
      const told = (...asPath: readonly number[]) =>
        routes.map(({ nlri, attributes }) => {
          const { localPref: _preference, med: _med, ...others } = attributes;
          return { nlri, attributes: { ...others, asPath } };
        });
      await expectRoutes(to, address, told(ourAs, ourAs));

      // Its own AS in the path is a loop; and once more none, all in one session.
      reload('', '');
      await expectNothing(to, address, routes);
      reload('', `${override}\nnext_hop = "self"`);
      const led = told(ourAs, ourAs).map(({ nlri, attributes }) => {
        return { nlri, attributes: { ...attributes, nextHop: address } };
      });
      await expectRoutes(to, address, led);
      assert.deepEqual(
        world.us.speaker.peers.map(({ status }) => status.sessions),
        [1, 1],
      );
    });
  }
});

describe('private ASes', { concurrency: 2 }, () => {
  for (const software of [frr8, frrNew]) {
    test(`${software.name} is told of them or not, and its session stays`, {
      skip: software.skip || bird3.skip,
    }, async (t) => {
      const world = await startWorld(
        t,
        [
          { software: bird3, as: 3356 },
          { software, as: 3320 },
        ],
        { as: 64_900 },
      );
      const { address, peers, reload } = world;
      const [from, to] = peers;
      assert.ok(from !== undefined && to !== undefined);
      await allUp(world);
      const mixed = routeOf(from.address, { asPath: [64_601, 174, 4_200_000_001] });
      await from.announce(mixed);
      const tells = async (rule: string, ...asPath: readonly number[]): Promise<void> => {
        reload('', rule);
        await expectRoutes(to, address, [routeOf(address, { asPath: [64_900, ...asPath] })]);
      };
      const inFull = [3356, 64_601, 174, 4_200_000_001];
      await tells('remove_private_as = "all"', 3356, 174);
      await tells('remove_private_as = "private-only"', ...inFull);
      await tells('remove_private_as = "replace-all"', 3356, 64_900, 174, 64_900);
      await tells('', ...inFull);
      assert.deepEqual(
        world.us.speaker.peers.map(({ status }) => status.sessions),
        [1, 1],
      );
    });
  }

  test('our own in a path is a loop until it is allowed, whatever tells it', {
    skip: frrNew.skip,
  }, async (t) => {
    const world = await startWorld(t, [{ software: frrNew, as: 65001 }]);
    const { us, peers, reload } = world;
    const [from] = peers;
    assert.ok(from !== undefined);
    await allUp(world);
    const isHeard = () => held(us) !== undefined;
    await from.announce(routeOf(from.address, { asPath: [ourAs] }));
    reload('allow_own_as = 1');
    await until('it to be taken', isHeard);
    assert.equal(formatAsPath(held(us)?.asPath ?? []), `65001 ${ourAs}`);
    reload('');
    await until('it to be a loop again', () => !isHeard());
    assert.equal(us.speaker.peers[0]?.status.sessions, 1);
  });
});
